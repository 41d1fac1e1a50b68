import { createLayer, type Config, type CreateLayer, type Layer, type Variables } from '@snn/nn'
import { createNeuron, type AnyNeuronModel } from '@snn/neuron'
import { sampleParameter } from './sample-parameter.js'
import { accumulate, difference, gate, runningMean, spikingMaxPool, type GateConfig } from './spiking-layers.js'

/** Makes a layer of a network again from what it says of itself; undefined for an unknown kind. `neurons`: models of somebody else. */
export function layerFrom(kind: string, config: Config, variables: Variables, neurons: readonly AnyNeuronModel[] = []): Layer | undefined {
  switch (kind) {
    case 'spikingMaxPool':
    case 'spikingGlobalMaxPool':
      return spikingMaxPool(kind, config)
    case 'runningMean':
      return runningMean(config as { readonly delay: number })
    case 'accumulate':
      return accumulate()
    case 'difference':
      return difference()
    case 'sampleParameter':
      return sampleParameter(variables)
    case 'gate':
      return gate(config as unknown as GateConfig, variables)
    default: {
      const inner: CreateLayer = (innerKind, innerConfig, arrays) => layerFrom(innerKind, innerConfig, arrays, neurons)
      return createNeuron(kind, config, variables, neurons) ?? createLayer(kind, config, variables, inner)
    }
  }
}

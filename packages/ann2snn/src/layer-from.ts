import { createLayer, type Config, type Layer, type Variables } from '@snn/nn'
import {
  bipolarIntegrateAndFire, burstNeuron, deltaNeuron, differentialNeuron, drivenIntegrateAndFire, integrateAndFire, multiThresholdNeuron, phaseNeuron, signedIntegrateAndFire, windowedIntegrateAndFire,
  type Cell,
} from '@snn/neuron'
import { sigmoid } from '@snn/surrogate'
import { sampleParameter } from './sample-parameter.js'
import { accumulate, difference, gate, runningMean, spikingMaxPool, type GateConfig } from './spiking-layers.js'

const neurons: readonly { readonly kind: string }[] = [
  bipolarIntegrateAndFire, burstNeuron, deltaNeuron, differentialNeuron, drivenIntegrateAndFire, integrateAndFire, multiThresholdNeuron, phaseNeuron, signedIntegrateAndFire, windowedIntegrateAndFire,
]

/** Makes a layer of a converted network again from what it says of itself; undefined for an unknown kind. */
export function layerFrom(kind: string, config: Config, variables: Variables): Layer | undefined {
  const model = neurons.find((candidate) => candidate.kind === kind)
  if (model) return neuronFrom(model as unknown as (options: object) => Cell, config as unknown as NeuronConfig, variables)
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
    default:
      return createLayer(kind, config, variables)
  }
}

interface NeuronConfig {
  readonly surrogate: { readonly name: string; readonly alpha: number }
  readonly initial: Readonly<Record<string, number>>
}

/** Options are what the config says, and arrays in their place. */
function neuronFrom(model: (options: object) => Cell, { surrogate, initial, ...config }: NeuronConfig, variables: Variables): Layer {
  const arrays = Object.entries(variables)
  const prefix = 'initial.'
  return model({
    ...config,
    ...Object.fromEntries(arrays.filter(([name]) => !name.startsWith(prefix))),
    surrogate: sigmoid({ alpha: surrogate.alpha }),
    initial: { ...initial, ...Object.fromEntries(arrays.filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value])) },
  })
}

import { createLayer, type Config, type CreateLayer, type Layer, type Variables } from '@snn/nn'
import { createNeuron, type AnyNeuronModel } from '@snn/neuron'

/**
 * Makes a layer of a network again from what it says of itself; undefined for an unknown kind. `neurons`: models of
 * somebody else.
 */
export function layerFrom(
  kind: string,
  config: Config,
  variables: Variables,
  neurons: readonly AnyNeuronModel[] = [],
): Layer | undefined {
  const inner: CreateLayer = (innerKind, innerConfig, arrays) => layerFrom(innerKind, innerConfig, arrays, neurons)
  return createNeuron(kind, config, variables, neurons) ?? createLayer(kind, config, variables, inner)
}

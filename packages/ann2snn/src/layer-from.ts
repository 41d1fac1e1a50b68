import { createLayer, type Config, type Layer, type Variables } from '@snn/nn'
import { integrateAndFire, type CommonOptions } from '@snn/neuron'
import { sigmoid } from '@snn/surrogate'
import type { Variable } from '@snn/tensor'
import { runningMean, spikingMaxPool } from './spiking-layers.js'

/** Makes a layer of a converted network again from what it says of itself; undefined for an unknown kind. */
export function layerFrom(kind: string, config: Config, variables: Variables): Layer | undefined {
  switch (kind) {
    case 'integrateAndFire':
      return neuronFrom(config as unknown as NeuronConfig, variables)
    case 'spikingMaxPool':
    case 'spikingGlobalMaxPool':
      return spikingMaxPool(kind, config)
    case 'runningMean':
      return runningMean(config as { readonly delay: number })
    default:
      return createLayer(kind, config, variables)
  }
}

interface NeuronConfig {
  readonly threshold?: number
  readonly reset: NonNullable<CommonOptions['reset']>
  readonly surrogate: { readonly name: string; readonly alpha: number }
  readonly detachReset: boolean
  readonly amplitude: NonNullable<CommonOptions['amplitude']>
  readonly initial: { readonly v?: number }
}

function neuronFrom(config: NeuronConfig, variables: Variables): Layer {
  const { reset, surrogate, detachReset, amplitude } = config
  const threshold = (variables['threshold'] ?? config.threshold) as number | Variable
  const v = (variables['initial.v'] ?? config.initial.v) as number | Variable
  return integrateAndFire({ threshold, reset, surrogate: sigmoid({ alpha: surrogate.alpha }), detachReset, amplitude, initial: { v } })
}

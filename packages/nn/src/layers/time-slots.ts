import { iota, type Padding } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkSequence } from '../axes.js'
import { checkSizes } from '../check.js'
import { defineLayer, type StatelessLayer } from '../layer.js'

export interface TimeSlotsConfig {
  /** Slots of each step. */
  readonly slots: number
  /** Also in training, where the layer otherwise hands its input on. */
  readonly always: boolean
}

/**
 * Whole numbers of spikes as spikes: step t becomes `slots` steps, the first x[t] of which carry a spike,
 *
 *   y[t slots + k] = 1 where k < x[t], else 0,   dy/dx = 1 / slots
 *
 * [T, N, ..] -> [T slots, N, ..].
 */
export const spikeCountToBinaryLayer = defineLayer<TimeSlotsConfig, 'spikeCountToBinary'>(
  'spikeCountToBinary',
  ([x], { slots, always }, _, context) => {
    if (context.training && !always) return x
    checkSequence('spikeCountToBinary', context)
    const counts = x.expandDims(1)
    const hard = iota([slots, ...x.shape.slice(1).map(() => 1)], 0, { dtype: x.dtype })
      .lt(counts)
      .cast(x.dtype)
    const through = counts.div(slots)
    return hard.add(through.sub(through.stopGradient())).reshape([-1, ...x.shape.slice(1)])
  },
)

/** Sums each `slots` steps, the last ones filled up with zeros: [T, N, ..] -> [ceil(T / slots), N, ..]. */
export const temporalBinSumLayer = defineLayer<TimeSlotsConfig, 'temporalBinSum'>(
  'temporalBinSum',
  ([x], { slots, always }, _, context) => {
    if (context.training && !always) return x
    checkSequence('temporalBinSum', context)
    const missing = (slots - (x.shape[0]! % slots)) % slots
    const whole = x.pad(x.shape.map((_, axis): Padding => [0, axis === 0 ? missing : 0]))
    return whole.reshape([-1, slots, ...x.shape.slice(1)]).sum(1)
  },
)

export interface TimeSlotsOptions {
  /** Also in training, where the layer otherwise hands its input on. Default false. */
  readonly always?: boolean
}

/**
 * Before a layer of weights without bias, makes binary spikes of the whole numbers that a graded neuron (`ilif`) has
 * learnt with;
 * `temporalBinSum` behind it makes the sum the same again. It works on whole sequences: stepwise it is the error
 * `NEEDS_SEQUENCE`. See `spikeCountToBinaryLayer`. Throws `ARGUMENT` unless slots is a positive whole number.
 */
export function spikeCountToBinary(slots: number, options: TimeSlotsOptions = {}): StatelessLayer {
  checkOptions('spikeCountToBinary', options, ['always'])
  const { always = false } = options
  checkSizes('spikeCountToBinary', { slots })
  return spikeCountToBinaryLayer({ slots, always })
}

/**
 * The counterpart of `spikeCountToBinary`: sums each `slots` steps. Throws `ARGUMENT` unless slots is a positive whole
 * number.
 */
export function temporalBinSum(slots: number, options: TimeSlotsOptions = {}): StatelessLayer {
  checkOptions('temporalBinSum', options, ['always'])
  const { always = false } = options
  checkSizes('temporalBinSum', { slots })
  return temporalBinSumLayer({ slots, always })
}

import { concat, where, zeros, type Tensor } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkSize } from '../axes.js'
import { check, checkSizes } from '../check.js'
import { drawnWeights } from '../initialize.js'
import { constant, type Initializer } from '../initializers.js'
import { defineStatefulLayer, type StatefulLayer } from '../layer.js'

/** Settings of a delay: the output of step t is the input of step t - steps. */
export interface DelayConfig {
  readonly steps: number
}

/** y[t] = x[t - steps], zeros before. The inputs on their way, [steps, N, ..], are state. */
export const delayLayer = defineStatefulLayer<DelayConfig, 'delay'>('delay', ({ steps }) => ({
  initialState: (shape, dtype) => ({ queue: zeros([steps, ...shape], { dtype }) }),
  sequence(x, { queue }) {
    const all = concat([queue!, x], 0)
    return { output: all.slice(0, 0, x.shape[0]), state: { queue: all.slice(0, x.shape[0]!) } }
  },
}))

/**
 * Shifts its input by whole steps: y[t] = x[t - steps], zeros before. Throws `ARGUMENT` unless steps is a positive
 * whole number.
 */
export function delay(steps: number): StatefulLayer {
  checkSizes('delay', { steps })
  return delayLayer({ steps })
}

export interface LearnableDelayConfig {
  /** The longest delay, in steps. */
  readonly max: number
}

/**
 * A delay of each channel that training changes, by linear interpolation between steps (as in dilated convolutions with
 * learnable spacings, Khalfaoui-Hassani et al., ICLR 2023):
 *
 *   d    = delay[c], kept within [0, max]
 *   y[t] = (1 - f) x[t - i] + f x[t - i - 1], i = floor(d), f = d - i, zeros before
 *
 * so that dy/d delay = x[t - i - 1] - x[t - i], also where the bound holds it. `delay` [C], for x [.., C, ..]; the last
 * `max` inputs are state.
 */
export const learnableDelayLayer = defineStatefulLayer<LearnableDelayConfig, 'learnableDelay'>(
  'learnableDelay',
  ({ max }, { delay: steps }) => ({
    initialState: (shape, dtype) => ({ queue: zeros([max, ...shape], { dtype }) }),
    sequence(x, { queue }) {
      const C = steps!.shape[0]!
      checkSize('learnableDelay', x, 2, C)
      const T = x.shape[0]!
      const all = concat([queue!, x], 0)
      const free = steps!
        .read()
        .cast(x.dtype)
        .reshape([C, ...x.shape.slice(3).map(() => 1)])
      const d = free.add(free.clip(0, max).sub(free).stopGradient())
      const whole = d
        .floor()
        .clip(0, max - 1)
        .stopGradient()
      const f = d.sub(whole)
      let y: Tensor | undefined
      for (let k = 0; k <= max; k++) {
        const weight = where(whole.eq(k), f.neg().add(1), where(whole.eq(k - 1), f, 0))
        const part = all.slice(0, max - k, max - k + T).mul(weight)
        y = y ? y.add(part) : part
      }
      return { output: y!, state: { queue: all.slice(0, T) } }
    },
  }),
)

export interface LearnableDelayOptions {
  /** The longest delay, in steps. */
  readonly max: number
  /** First delay of all channels; default: drawn uniformly from [0, max). */
  readonly initial?: number
}

/**
 * Delays each of `channels` channels by a learnable number of steps. See `learnableDelayLayer`.
 *
 * @throws `ARGUMENT` for sizes that are not positive whole numbers, and an initial delay outside of [0, max]
 */
export function learnableDelay(channels: number, options: LearnableDelayOptions): StatefulLayer {
  checkOptions('learnableDelay', options, ['max', 'initial'])
  const { max, initial } = options
  checkSizes('learnableDelay', { channels, max })
  if (initial !== undefined)
    check('learnableDelay', 'initial', initial, initial >= 0 && initial <= max, `a number from 0 to ${max}`)
  const first: Initializer =
    initial === undefined ? (shape, _, { uniform }) => uniform(shape).mul(max) : constant(initial)
  const { variables, initialize } = drawnWeights('learnableDelay', { delay: [channels] }, 1, {
    initializers: { delay: first },
  })
  return { ...learnableDelayLayer({ max }, variables), initialize }
}

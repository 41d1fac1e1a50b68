import { uniform, zerosVariable } from '@snn/tensor'
import { checkProbability } from '../check.js'
import { defineStatefulLayer, type StatefulLayer } from '../layer.js'

export interface DropoutConfig {
  /** Probability of being dropped, in [0, 1). */
  readonly p: number
  /** Whole channels [.., C, spatial] are dropped rather than single values. */
  readonly channels: boolean
}

/**
 * Dropout whose mask stays the same for all steps of a sequence, so that it does not average out over time (Lee et al. 2020):
 *
 *   y = x mask / (1 - p), mask = 1 with probability 1 - p, else 0, in training;  y = x otherwise
 *
 * The mask is drawn by the layer's key and the number of the draw: state that stays the same from the first step to the last.
 * `counter` is the number of the next draw.
 */
export const dropoutLayer = defineStatefulLayer<DropoutConfig>(
  'dropout',
  ({ p, channels }, { counter }) => {
    let seed = 0
    return {
      initialize(key) {
        seed = key
      },
      initialState: () => ({ draw: counter!.read() }),
      sequence(x, state, { training }) {
        if (!training) return { output: x, state }
        counter!.assign(state['draw']!.add(1))
        const own = x.shape.slice(1)
        const kept = uniform(channels ? own.map((n, axis) => (axis < 2 ? n : 1)) : own, { seed, offset: state['draw']! }).ge(p)
        return { output: x.mul(kept.cast(x.dtype).mul(1 / (1 - p))), state }
      },
    }
  },
  [],
)

function drop(operation: string, p: number, channels: boolean): StatefulLayer {
  checkProbability(operation, p)
  return dropoutLayer({ p, channels }, { counter: zerosVariable([], { name: 'dropout.counter', dtype: 'int32' }) })
}

/** Drops values with probability `p`, the same ones at all steps. See `dropoutLayer`. Throws `ARGUMENT` unless p lies in [0, 1). */
export function dropout(p = 0.5): StatefulLayer {
  return drop('dropout', p, false)
}

/** Drops whole channels of [.., C, H, W] with probability `p`, the same ones at all steps. See `dropoutLayer`. Throws `ARGUMENT` unless p lies in [0, 1). */
export function dropout2d(p = 0.2): StatefulLayer {
  return drop('dropout2d', p, true)
}

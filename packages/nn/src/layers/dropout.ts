import { uniform, zerosVariable, type Shape, type Tensor } from '@snn/tensor'
import { checkProbability } from '../check.js'
import { defineStatefulLayer, type StatefulLayer } from '../layer.js'

export interface DropoutConfig {
  /** Probability of being dropped, in [0, 1). */
  readonly p: number
  /** Whole channels [.., C, spatial] are dropped rather than single values. */
  readonly channels: boolean
  /** One mask for all steps of a sequence; false: a new one every step. Default true. */
  readonly invariant?: boolean
}

/**
 * Dropout whose mask stays the same for all steps of a sequence, so that it does not average out over time (Lee et al.
 * 2020):
 *
 *   y = x mask / (1 - p), mask = 1 with probability 1 - p, else 0, in training;  y = x otherwise
 *
 * The mask is drawn by the layer's key and the number of the draw: state that stays the same from the first step to the
 * last.
 * `counter` is the number of the next draw. Without `invariant` the state counts on with every step.
 */
export const dropoutLayer = defineStatefulLayer<DropoutConfig, 'dropout'>(
  'dropout',
  ({ p, channels, invariant = true }, { counter }) => {
    let seed = 0
    /** x times the mask of the draw, for samples of the shape `own` [N, ..]. */
    const masked = (x: Tensor, own: Shape, draw: Tensor): Tensor => {
      counter!.assign(draw.add(1))
      const kept = uniform(channels ? own.map((n, axis) => (axis < 2 ? n : 1)) : own, { seed, offset: draw }).ge(p)
      return x.mul(kept.cast(x.dtype).mul(1 / (1 - p)))
    }
    const shared = {
      initialize(key: number) {
        seed = key
      },
      initialState: () => ({ draw: counter!.read() }),
    }
    if (!invariant) {
      return {
        ...shared,
        step: (x, { draw }, { training }) =>
          training
            ? { output: masked(x, x.shape, draw!), state: { draw: draw!.add(1) } }
            : { output: x, state: { draw: draw! } },
      }
    }
    return {
      ...shared,
      sequence: (x, state, { training }) => ({
        output: training ? masked(x, x.shape.slice(1), state['draw']!) : x,
        state,
      }),
    }
  },
  [],
)

/** Dropout with a counter of its own. */
export function drop(operation: string, config: DropoutConfig): StatefulLayer {
  checkProbability(operation, config.p)
  return dropoutLayer(config, { counter: zerosVariable([], { name: 'dropout.counter', dtype: 'int32' }) })
}

/**
 * Drops values with probability `p`, the same ones at all steps. See `dropoutLayer`. Throws `ARGUMENT` unless p lies in
 * [0, 1).
 */
export function dropout(p = 0.5): StatefulLayer {
  return drop('dropout', { p, channels: false })
}

/**
 * Drops whole channels of [.., C, H, W] with probability `p`, the same ones at all steps. See `dropoutLayer`. Throws
 * `ARGUMENT` unless p lies in [0, 1).
 */
export function dropout2d(p = 0.2): StatefulLayer {
  return drop('dropout2d', { p, channels: true })
}

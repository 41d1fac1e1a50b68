import { SnnError, uniform, zerosVariable } from '@snn/tensor'
import type { StatefulLayer } from '../layer.js'

/**
 * Dropout between recurrent layers: in training y = x mask / (1 - p), mask = 1 with probability 1 - p, else 0; y = x otherwise. The
 * mask is a new one every step, or with `invariant` the same for all steps of a sequence (Gal and Ghahramani 2016).
 *
 * The mask is drawn by the layer's key and the number of the draw, which is its state; `counter` is the number of the next draw.
 */
export function dropoutBetween(p: number, invariant: boolean, counter = zerosVariable([], { name: 'dropoutBetween.counter', dtype: 'int32' })): StatefulLayer {
  let seed = 0
  return {
    contract: 1,
    kind: 'dropoutBetween',
    config: { p, invariant },
    variables: { counter },
    trainable: [],
    initialize(key) {
      seed = key
    },
    initialState: () => ({ draw: counter.read() }),
    step(x, { draw }, { training }) {
      if (!training) return { output: x, state: { draw: draw! } }
      const next = draw!.add(1)
      counter.assign(next)
      const kept = uniform(x.shape, { seed, offset: draw! }).ge(p)
      return { output: x.mul(kept.cast(x.dtype).mul(1 / (1 - p))), state: { draw: invariant ? draw! : next } }
    },
  }
}

/** Throws `ARGUMENT` unless p lies in [0, 1). */
export function checkDropout(operation: string, p: number): void {
  if (p >= 0 && p < 1) return
  throw new SnnError('ARGUMENT', `[${operation}] dropout ${p}, expected a probability of at least 0 and below 1. Correct it.`, { name: 'dropout', value: p })
}

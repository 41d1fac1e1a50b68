import { zeros } from '@snn/tensor'
import { defineStatefulLayer } from '../layer.js'

/** The sum of all that came in: y[t] = x[0] + .. + x[t]. Where changes become values. */
export const accumulateLayer = defineStatefulLayer<object, 'accumulate'>('accumulate', () => ({
  initialState: (shape, dtype) => ({ sum: zeros(shape, { dtype }) }),
  step(x, { sum }) {
    const after = sum!.add(x)
    return { output: after, state: { sum: after } }
  },
}))

/** The change: y[t] = x[t] - x[t - 1], with x[-1] = 0. Where values become changes again. */
export const differenceLayer = defineStatefulLayer<object, 'difference'>('difference', () => ({
  initialState: (shape, dtype) => ({ before: zeros(shape, { dtype }) }),
  step: (x, { before }) => ({ output: x.sub(before!), state: { before: x } }),
}))

import { averagePool, concat, conv, ones, sizeOf, where, zeros, type Tensor } from '@snn/tensor'
import { defineLayer, defineStatefulLayer } from '@snn/nn'

// Layers that NIR has and `@snn/nn` has not.

/**
 * y = W x + b over the last axis, with a matrix for each place of the axes before it: x [.., L, in] -> [.., L, out],
 * `weight` [L.., out, in], `bias` [L.., out].
 */
export const batchedLinearLayer = defineLayer<object>('batchedLinear', ([x], _, { weight, bias }) => {
  const w = weight!.read()
  const y = w.mul(x.expandDims(-2)).sum(-1)
  return bias ? y.add(bias.read()) : y
})

export interface SumPoolConfig {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
}

/** Sum of each window of x [.., C, H, W], exact for numbers of spikes. */
export const sumPoolLayer = defineLayer<SumPoolConfig>('sumPool', ([x], { kernel, stride, padding }) => {
  const count = sizeOf(kernel)
  // A mean is exact to the bit only where it divides by a power of two.
  if (Number.isInteger(Math.log2(count)))
    return averagePool(x, kernel, { stride, padding, countIncludePad: true }).mul(count)
  return conv(x.expandDims(-3), ones([1, 1, ...kernel], { dtype: x.dtype }), { stride, padding }).squeeze(-3)
})

export interface ElementwiseDelayConfig {
  /** The longest delay, in steps. */
  readonly max: number
}

/**
 * y[t] = x[t - steps], each value by a whole number of steps of its own, zeros before; `steps` has the shape of a
 * sample. The last `max` inputs are state.
 */
export const elementwiseDelayLayer = defineStatefulLayer<ElementwiseDelayConfig>(
  'elementwiseDelay',
  ({ max }, { steps }) => ({
    initialState: (shape, dtype) => ({ queue: zeros([max, ...shape], { dtype }) }),
    sequence(x, { queue }) {
      const T = x.shape[0]!
      const all = concat([queue!, x], 0)
      const late = (k: number): Tensor => where(steps!.read().eq(k), all.slice(0, max - k, max - k + T), 0)
      const output = Array.from({ length: max + 1 }, (_, k) => late(k)).reduce((a, b) => a.add(b))
      return { output, state: { queue: all.slice(0, T) } }
    },
  }),
  [],
)

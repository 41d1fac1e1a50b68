import { averagePool, conv, ones, sizeOf } from '@snn/tensor'
import { defineLayer } from '@snn/nn'

// Layers that NIR has and `@snn/nn` has not.

/** y = W x + b over the last axis, with a matrix for each place of the axes before it: x [.., L, in] -> [.., L, out], `weight` [L.., out, in], `bias` [L.., out]. */
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
  if (Number.isInteger(Math.log2(count))) return averagePool(x, kernel, { stride, padding, countIncludePad: true }).mul(count)
  return conv(x.expandDims(-3), ones([1, 1, ...kernel], { dtype: x.dtype }), { stride, padding }).squeeze(-3)
})

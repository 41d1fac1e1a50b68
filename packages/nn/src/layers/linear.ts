import type { Tensor } from '@snn/tensor'
import { defineLayer } from '../layer.js'

/** Fully connected: x [.., in] -> x W^T + b [.., out], with `weight` [out, in] and optional `bias` [out]. */
export const linearLayer = defineLayer<object>('linear', ([x], _, { weight, bias }) => {
  const y = x.matmul(weight!.read().transpose())
  return bias ? y.add(bias.read()) : y
})

/** Product of two inputs over their last two axes: [.., M, K] x [.., K, N]. */
export const matmulLayer = defineLayer<object>('matmul', ([a, b]) => a.matmul(b as Tensor))

import type { Tensor } from '@snn/tensor'
import { checkSize } from '../axes.js'
import { defineLayer } from '../layer.js'

/** x [.., in] -> x W^T + b [.., out] for W [out, in], b [out]. */
export function affine(kind: string, x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  checkSize(kind, x, -1, weight.shape[1]!)
  const y = x.matmul(weight.transpose())
  return bias ? y.add(bias) : y
}

/** Fully connected: x [.., in] -> x W^T + b [.., out], with `weight` [out, in] and optional `bias` [out]. */
export const linearLayer = defineLayer<object, 'linear'>('linear', ([x], _, { weight, bias }) =>
  affine('linear', x, weight!.read(), bias?.read()),
)

/** Product of two inputs over their last two axes: [.., M, K] x [.., K, N]. */
export const matmulLayer = defineLayer<object, 'matmul'>('matmul', ([a, b]) => a.matmul(b as Tensor))

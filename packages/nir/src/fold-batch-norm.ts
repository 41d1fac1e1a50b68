import { nirArray } from './array.js'
import type { Arrays, DescribedLayer } from './described-layer.js'

/**
 * The arrays of a linear layer or convolution that does what it and the batch normalisation behind it do once training
 * is over:
 *
 *   W' = g W, b' = g (b - mean) + bias, with g = weight / sqrt(variance + epsilon) of each output
 */
export function foldedArrays({ arrays }: DescribedLayer, norm: DescribedLayer): Arrays {
  const { weight: scale, bias: shift, mean, variance } = norm.arrays
  const epsilon = Number(norm.layer.config['epsilon'])
  const gain = Float64Array.from(scale!.data, (own, i) => own / Math.sqrt(variance!.data[i]! + epsilon))
  const { shape, data } = arrays['weight']!
  const each = data.length / shape[0]!
  const weight = Float32Array.from(data, (own, i) => own * gain[Math.floor(i / each)]!)
  const bias = Float32Array.from(
    gain,
    (own, i) => own * ((arrays['bias']?.data[i] ?? 0) - mean!.data[i]!) + shift!.data[i]!,
  )
  return { weight: nirArray(weight, shape), bias: nirArray(bias) }
}

import type { Tensor } from '@snn/tensor'
import { drawnWeights, keyOf, type Weights } from '../initialize.js'
import type { Variables } from '../layer.js'

/**
 * One factor for each sample and each index along `axis`, from all other axes (squeeze and excitation, Hu et al. 2018,
 * with both poolings of Woo et al. 2018):
 *
 *   g = sigma(W2 relu(W1 mean) + W2 relu(W1 max)), with `squeeze` W1 [S / reduction, S] and `excite` W2 [S, S /
 *   reduction]
 *
 * x [T, N, C, ..] -> x g
 */
export function gated(x: Tensor, axis: number, { squeeze, excite }: Variables): Tensor {
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis && i !== 1)
  const perSample = (pooled: Tensor): Tensor => (axis === 0 ? pooled.transpose() : pooled) // [N, S]
  const mlp = (pooled: Tensor): Tensor =>
    perSample(pooled).matmul(squeeze!.read().transpose()).relu().matmul(excite!.read().transpose())
  const gate = perSample(
    mlp(x.mean(others))
      .add(mlp(x.max(others)))
      .sigmoid(),
  )
  return x.mul(gate.reshape(x.shape.map((n, i) => (i === axis || i === 1 ? n : 1))))
}

/** `squeeze` and `excite` for an axis of `size`, drawn as those of `linear`. */
export function gateWeights(kind: string, size: number, reduction: number): Weights {
  const inner = Math.floor(size / reduction)
  const [squeeze, excite] = [
    drawnWeights(kind, { squeeze: [inner, size] }, size),
    drawnWeights(kind, { excite: [size, inner] }, inner),
  ]
  return {
    variables: { ...squeeze.variables, ...excite.variables },
    initialize(key) {
      squeeze.initialize(keyOf(key, 'squeeze'))
      excite.initialize(keyOf(key, 'excite'))
    },
  }
}

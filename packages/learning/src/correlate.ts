import { conv, formatShape, grad, sameShape, SnnError, type Tensor } from '@snn/tensor'
import type { Synapse } from './rule.js'

/** How a change depends on the weight, element by element; or a constant. */
export type WeightDependence = number | ((weight: Tensor) => Tensor)

/** Spikes and traces of one step on both sides of a connection. */
export interface Pairing {
  readonly pre: Tensor
  readonly post: Tensor
  readonly tracePre: Tensor
  readonly tracePost: Tensor
}

/**
 * The change that pairs of spikes call for, in the shape of the weight and summed over the batch, and for convolutions
 * over all positions:
 *
 *   fPost(w) (post x tracePre) - fPre(w) (tracePost x pre)
 */
export function pairUpdate(
  kind: string,
  synapse: Synapse,
  { pre, post, tracePre, tracePost }: Pairing,
  fPre: WeightDependence,
  fPost: WeightDependence,
): Tensor {
  const weight = synapse.weight.stopGradient()
  const own = { ...synapse, weight }
  const scaled = (pairs: Tensor, f: WeightDependence): Tensor => pairs.mul(typeof f === 'number' ? f : f(weight))
  return scaled(correlate(kind, own, tracePre, post), fPost)
    .sub(scaled(correlate(kind, own, pre, tracePost), fPre))
    .stopGradient()
}

/**
 * For each weight, the sum of post times pre over all the places where the connection makes pre meet post through it:
 * the gradient of sum(post current(pre, weight)), for the current of a connection is linear in its weight.
 */
function correlate(kind: string, { weight, ...window }: Synapse, pre: Tensor, post: Tensor): Tensor {
  const current =
    weight.shape.length === 2 ? pre.stopGradient().matmul(weight.transpose()) : conv(pre.stopGradient(), weight, window)
  if (!sameShape(current.shape, post.shape)) {
    throw new SnnError(
      'SHAPE',
      `[${kind}] spikes of shape ${formatShape(post.shape)} behind a connection that makes ${formatShape(current.shape)} of ${formatShape(pre.shape)}, expected equal shapes. Give the spikes of the neurons that the connection feeds.`,
      { shapes: [pre.shape, weight.shape, post.shape] },
    )
  }
  return grad(current.mul(post.stopGradient()).sum(), weight)
}

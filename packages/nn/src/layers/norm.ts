import type { Tensor } from '@snn/tensor'
import { defineLayer } from '../layer.js'

export interface BatchNormConfig {
  readonly epsilon: number
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum: number
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) over all axes but the channel, T included:
 *
 *   y = (x - mean) / sqrt(var + epsilon) weight + bias
 *
 * with `weight`, `bias`, `mean`, `variance` [C]. In training the batch's statistics are used, and the running ones move by
 * `momentum` towards them (the variance unbiased).
 */
export const batchNormLayer = defineLayer<BatchNormConfig>('batchNorm', ([x], { epsilon, momentum }, { weight, bias, mean, variance }, { training, lead }) => {
  const perChannel = (t: Tensor): Tensor => t.reshape([-1, ...x.shape.slice(lead + 1).map(() => 1)])
  let [m, v] = [mean!.read(), variance!.read()]
  if (training) {
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== lead)
    const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1)
    const [runningMean, runningVariance] = [m, v]
    m = x.mean(axes)
    v = x.sub(perChannel(m)).square().mean(axes)
    const move = (running: Tensor, now: Tensor): Tensor => running.mul(1 - momentum).add(now.stopGradient().mul(momentum))
    mean!.assign(move(runningMean, m))
    variance!.assign(move(runningVariance, v.mul(count / Math.max(1, count - 1))))
  }
  const scale = weight!.read().div(v.add(epsilon).sqrt())
  return x.sub(perChannel(m)).mul(perChannel(scale)).add(perChannel(bias!.read()))
}, ['weight', 'bias'])

export interface LayerNormConfig {
  readonly epsilon: number
  /** How many of the last axes are normalised together. */
  readonly axes: number
}

/**
 * Layer normalisation (Ba et al. 2016) over the last axes of each sample:
 *
 *   y = (x - mean) / sqrt(var + epsilon) weight + bias
 *
 * with `weight` and optional `bias` of the shape of these axes.
 */
export const layerNormLayer = defineLayer<LayerNormConfig>('layerNorm', ([x], { epsilon, axes }, { weight, bias }) => {
  const last = Array.from({ length: axes }, (_, i) => i - axes)
  const centred = x.sub(x.mean(last, { keepDims: true }))
  const y = centred.div(centred.square().mean(last, { keepDims: true }).add(epsilon).sqrt()).mul(weight!.read())
  return bias ? y.add(bias.read()) : y
})

import type { Tensor } from '@snn/tensor'
import { asOneOperation } from '@snn/tensor/library'
import { checkSampleRank, checkSize } from '../axes.js'
import { defineLayer, type Context, type Variables } from '../layer.js'

/** Settings of batch normalisation: (x - mean) / sqrt(variance + epsilon). */
export interface BatchNormConfig {
  readonly epsilon: number
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum: number
  /** How many spatial axes x may have; any number when left out. */
  readonly spatial?: readonly number[]
}

/** Throws `SHAPE` unless x [.., C, spatial] has as many axes and channels as the layer. */
export function checkChannels(
  kind: string,
  x: Tensor,
  channels: number,
  { spatial }: BatchNormConfig,
  context: Context,
): void {
  if (spatial)
    checkSampleRank(
      kind,
      x,
      spatial.map((n) => n + 1),
      context,
    )
  checkSize(kind, x, context.lead, channels)
}

/** Mean, variance and number of values over `axes`, which disappear. */
export function moments(
  x: Tensor,
  axes: readonly number[],
): { readonly mean: Tensor; readonly variance: Tensor; readonly count: number } {
  const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1)
  const centred = x.sub(x.mean(axes, { keepDims: true }))
  return { mean: x.mean(axes), variance: centred.square().mean(axes), count }
}

/** What a running statistic becomes: the new values carry no gradient. */
export function moved(running: Tensor, now: Tensor, momentum: number): Tensor {
  return running.mul(1 - momentum).add(now.stopGradient().mul(momentum))
}

/** The unbiased variance of a sample. */
export function unbiased(variance: Tensor, count: number): Tensor {
  return variance.mul(count / Math.max(1, count - 1))
}

/** Batch normalisation of `batchNormLayer`, in the name of `kind`. */
export function batchNormalize(
  kind: string,
  x: Tensor,
  config: BatchNormConfig,
  { weight, bias, mean, variance }: Variables,
  context: Context,
): Tensor {
  const [{ epsilon, momentum }, { training, lead }] = [config, context]
  checkChannels(kind, x, mean!.shape[0]!, config, context)
  const perChannel = (t: Tensor): Tensor => t.reshape([-1, ...x.shape.slice(lead + 1).map(() => 1)])
  let [m, v] = [mean!.read(), variance!.read()]
  if (training) {
    const now = moments(
      x,
      [...x.shape.keys()].filter((axis) => axis !== lead),
    )
    mean!.assign(moved(m, now.mean, momentum))
    variance!.assign(moved(v, unbiased(now.variance, now.count), momentum))
    ;[m, v] = [now.mean, now.variance]
  }
  const scale = weight!.read().div(v.add(epsilon).sqrt())
  return x.sub(perChannel(m)).mul(perChannel(scale)).add(perChannel(bias!.read()))
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) over all axes but the channel, T included:
 *
 *   y = (x - mean) / sqrt(var + epsilon) weight + bias
 *
 * with `weight`, `bias`, `mean`, `variance` [C]. In training the batch's statistics are used, and the running ones move
 * by
 * `momentum` towards them (the variance unbiased).
 */
export const batchNormLayer = defineLayer<BatchNormConfig, 'batchNorm'>(
  'batchNorm',
  ([x], config, variables, context) => asOneOperation(() => batchNormalize('batchNorm', x, config, variables, context)),
  ['weight', 'bias'],
)

/** (x - mean) / sqrt(var + epsilon) over the axes from `from` on. */
function standardize(x: Tensor, from: number, epsilon: number): Tensor {
  const axes = [...x.shape.keys()].slice(from)
  const centred = x.sub(x.mean(axes, { keepDims: true }))
  return centred.div(centred.square().mean(axes, { keepDims: true }).add(epsilon).sqrt())
}

/** Settings of layer normalisation. */
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
export const layerNormLayer = defineLayer<LayerNormConfig, 'layerNorm'>(
  'layerNorm',
  ([x], { epsilon, axes }, { weight, bias }) => {
    weight!.shape.forEach((size, i) => checkSize('layerNorm', x, i - axes, size))
    const y = standardize(x, x.shape.length - axes, epsilon).mul(weight!.read())
    return bias ? y.add(bias.read()) : y
  },
)

/** Settings of group normalisation: the channels in `groups` equal parts. */
export interface GroupNormConfig {
  readonly epsilon: number
  readonly groups: number
}

/**
 * Group normalisation (Wu and He 2018): the channels of each sample in `groups` equal groups, each normalised over its
 * channels and places,
 *
 *   y = (x - mean) / sqrt(var + epsilon) weight + bias
 *
 * with `weight` and `bias` [C], for x [.., C, spatial].
 */
export const groupNormLayer = defineLayer<GroupNormConfig, 'groupNorm'>(
  'groupNorm',
  ([x], { epsilon, groups }, { weight, bias }, { lead }) => {
    checkSize('groupNorm', x, lead, weight!.shape[0]!)
    const perChannel = (t: Tensor): Tensor => t.reshape([-1, ...x.shape.slice(lead + 1).map(() => 1)])
    const grouped = x.reshape([...x.shape.slice(0, lead), groups, -1])
    return standardize(grouped, lead + 1, epsilon)
      .reshape(x.shape)
      .mul(perChannel(weight!.read()))
      .add(perChannel(bias!.read()))
  },
)

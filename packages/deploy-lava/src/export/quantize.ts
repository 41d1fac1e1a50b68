import { optimizeWeights } from '../netx/optimize-weights.js'
import { actingWeights } from '../sim/synapse-weights.js'
import type { LinearMap } from './linear-map.js'
import { cannotExport } from './refuse.js'

/** The chip's limits: 13 bits with sign, 17 bits. */
const [largestBias, largestThreshold] = [4095, 131071]

export interface QuantizedStage {
  /** Of each input. */
  readonly inputs: readonly QuantizedInput[]
  readonly bias: Float64Array
  readonly vThMant: number
  /** Weight 1 of the network, with the threshold at 1, is so much on the chip. */
  readonly scale: number
  /** What keeps the scale from being larger. */
  readonly limitedBy: 'weights' | 'bias' | 'threshold' | 'range'
  /** Largest difference of a weight, as a part of the largest weight. */
  readonly weightError: number
  /** Weights that were clipped. */
  readonly clipped: number
}

export interface QuantizedInput {
  /** Whole numbers, of as many synapses as `copies` says together. */
  readonly weight: Float64Array
  /**
   * Synapses side by side that share a weight: a shortcut with one weight a neuron, which is large beside those of the
   * layer that it goes past, would else leave few bits to them.
   */
  readonly copies: number
}

export interface QuantizeOptions {
  readonly weightBits: number
  readonly percentile: number
  /** Whether the membrane holds whole numbers only, so that `>=` can be had exactly. */
  readonly exactThreshold: boolean
  /** Never fires. */
  readonly silent: boolean
  /** Largest magnitude that the membrane is to reach, in units of the network: it ends at 2^17. */
  readonly range?: number | undefined
}

/** What weights are too small beside, by what limits their scale. */
const smallBeside: Readonly<Record<QuantizedStage['limitedBy'], { readonly reason: string; readonly fix: string }>> = {
  weights: { reason: 'few of them are far larger than the others', fix: 'Use more weightBits, or a lower percentile.' },
  bias: { reason: 'they are small beside the bias, which has 13 bits', fix: 'Use more weightBits, or a smaller bias.' },
  threshold: {
    reason:
      'they are small beside the threshold, which has 17 bits (a leaky neuron that takes in 1 / tau of its input makes them so)',
    fix: 'Use a smaller tau, decayInput: false, a lower threshold, or more weightBits.',
  },
  range: {
    reason: 'they are small beside readoutRange, and the membrane ends at 2^17',
    fix: 'Give the range that the outputs reach, or leave it out.',
  },
}

/** Most synapses that share a weight. */
const mostCopies = 8

/**
 * lava-dl's rule with a scale of its own for each layer: w -> clamp(round half even(w S / q) q, -256, 256 - q), q =
 * 2^(9 - bits), with the largest S for which weights (up to a percentile of their magnitudes), bias (13 bits) and
 * threshold (17 bits) fit. All inputs of a layer have one scale.
 *
 * @throws `CONVERT_UNSUPPORTED` for weights that are all zero afterwards
 */
export function quantize(
  name: string,
  maps: readonly LinearMap[],
  biases: Float64Array,
  { weightBits, percentile, exactThreshold, silent, range = 0 }: QuantizeOptions,
): QuantizedStage {
  const step = 2 ** (9 - weightBits)
  const most = 256 - step
  const largest = maps.map(({ weight }) => largestOf(weight, percentile))
  const copies = copiesOf(maps, largest)
  const bias = biases.reduce((max, b) => Math.max(max, Math.abs(b)), 0)
  const limits = {
    weights: Math.min(...largest.map((w, i) => (most * copies[i]!) / w)),
    bias: largestBias / bias,
    threshold: silent ? Infinity : largestThreshold,
    range: largestThreshold / range,
  }
  const limitedBy = (Object.keys(limits) as (keyof typeof limits)[]).reduce((least, key) =>
    limits[key] < limits[least] ? key : least,
  )
  const scale = limits[limitedBy]
  if (!Number.isFinite(scale))
    throw cannotExport(name, maps[0]!.kind, 'all weights are zero', 'Leave the layer out, or train it on.')
  let clipped = 0
  const inputs = maps.map((map, i): QuantizedInput => {
    const shares = copies[i]!
    const rounded = map.weight.map((w) => roundHalfEven((w * scale) / step) * step)
    // -256 beside no positive weight acts as something else (see optimizeWeights and actingWeights), and is not shared
    // out
    const least = shares > 1 || rounded.every((w) => w <= 0) ? -most : -256
    const weight = rounded.map((w) => Math.max(shares * least, Math.min(shares * most, w)))
    if (weight.every((w) => w === 0))
      throw cannotExport(
        name,
        map.kind,
        `all weights are zero in ${weightBits} bits, on which Lava's loader fails: ${smallBeside[limitedBy].reason}`,
        smallBeside[limitedBy].fix,
      )
    for (let part = 0; part < shares && map.kind === 'dense'; part++)
      checkActing(name, shareOf({ weight, copies: shares }, part, step))
    clipped += rounded.filter((w, at) => w !== weight[at]).length
    return { weight, copies: shares }
  })
  // a scale that rounding has put just above a whole number would miss what is exactly at the threshold
  const vThMant = silent ? largestThreshold : exactThreshold ? Math.ceil(scale * (1 - 2 ** -40)) - 1 : Math.round(scale)
  const worst = maps.reduce(
    (max, { weight }, i) =>
      weight.reduce((error, w, at) => Math.max(error, Math.abs(inputs[i]!.weight[at]! / scale - w)), max),
    0,
  )
  return {
    inputs,
    bias: biases.map((b) => roundHalfEven(b * scale)),
    vThMant,
    scale,
    limitedBy,
    weightError: worst / (Math.max(...maps.map(({ weight }) => largestOf(weight, 100))) || 1),
    clipped,
  }
}

/** The weights of one of the synapses that share them: whole multiples of the step, which add up. */
export function shareOf({ weight, copies }: QuantizedInput, part: number, step: number): Float64Array {
  return copies === 1
    ? weight
    : weight.map((w) => (Math.floor(((part + 1) * w) / step / copies) - Math.floor((part * w) / step / copies)) * step)
}

/** The magnitude that `percentile` of the weights do not exceed. */
function largestOf(weight: Float64Array, percentile: number): number {
  const magnitudes = weight.map(Math.abs).sort()
  return magnitudes[Math.min(magnitudes.length - 1, Math.ceil((percentile / 100) * magnitudes.length) - 1)] ?? 0
}

/** How many synapses an input with one weight a neuron gets, so that it leaves its bits to the others. */
function copiesOf(maps: readonly LinearMap[], largest: readonly number[]): readonly number[] {
  const others = maps
    .flatMap((map, i) => (isOneWeight(map) ? [] : [largest[i]!]))
    .reduce((max, w) => Math.max(max, w), 0)
  return maps.map((map, i) =>
    others > 0 && isOneWeight(map) ? Math.max(1, Math.min(mostCopies, Math.ceil(largest[i]! / others))) : 1,
  )
}

const isOneWeight = (map: LinearMap): boolean => map.kind === 'conv' && map.weight.length === map.bias.length

/** That the synapse acts with the weights of the file. */
function checkActing(name: string, weight: Float64Array): void {
  const loaded = optimizeWeights(weight)!
  const acting = actingWeights(loaded.weights, loaded.num_weight_bits, null)
  const wrong = acting.findIndex((w, i) => w * 2 ** loaded.weight_exp !== weight[i])
  if (wrong >= 0)
    throw cannotExport(
      name,
      'dense',
      `Lava would act with ${acting[wrong]! * 2 ** loaded.weight_exp} for the weight ${weight[wrong]}`,
      'Use fewer weightBits, or give the layer a positive weight.',
    )
}

export function roundHalfEven(x: number): number {
  const low = Math.floor(x)
  const rest = x - low
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1
}

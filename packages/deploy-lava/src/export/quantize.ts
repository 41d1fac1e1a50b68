import { optimizeWeights } from '../netx/optimize-weights.js'
import { actingWeights } from '../sim/synapse-weights.js'
import type { LinearMap } from './linear-map.js'
import { cannotExport } from './refuse.js'

/** The chip's limits: 13 bits with sign, 17 bits. */
const [largestBias, largestThreshold] = [4095, 131071]

export interface QuantizedStage {
  readonly weight: Float64Array
  readonly bias: Float64Array
  readonly vThMant: number
  /** Weight 1 of the network, with the threshold at 1, is so much in the file. */
  readonly scale: number
  /** What keeps the scale from being larger. */
  readonly limitedBy: 'weights' | 'bias' | 'threshold' | 'range'
  /** Largest difference of a weight, as a part of the largest weight. */
  readonly weightError: number
  /** Weights that were clipped. */
  readonly clipped: number
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

/**
 * lava-dl's rule with a scale of its own for each layer: w -> clamp(round half even(w S / q) q, -256, 256 - q), q = 2^(9 - bits), with the
 * largest S for which weights (up to a percentile of their magnitudes), bias (13 bits) and threshold (17 bits) fit.
 *
 * @throws `CONVERT_UNSUPPORTED` for weights that are all zero afterwards
 */
export function quantize(name: string, map: LinearMap, { weightBits, percentile, exactThreshold, silent, range = 0 }: QuantizeOptions): QuantizedStage {
  const step = 2 ** (9 - weightBits)
  const most = 256 - step
  const magnitudes = map.weight.map(Math.abs).sort()
  const largest = magnitudes[Math.min(magnitudes.length - 1, Math.ceil((percentile / 100) * magnitudes.length) - 1)] ?? 0
  const bias = map.bias.reduce((max, b) => Math.max(max, Math.abs(b)), 0)
  const limits = { weights: most / largest, bias: largestBias / bias, threshold: silent ? Infinity : largestThreshold, range: largestThreshold / range }
  const limitedBy = (Object.keys(limits) as (keyof typeof limits)[]).reduce((least, key) => (limits[key] < limits[least] ? key : least))
  const scale = limits[limitedBy]
  if (!Number.isFinite(scale)) throw cannotExport(name, map.kind, 'all weights are zero', 'Leave the layer out, or train it on.')
  const rounded = map.weight.map((w) => roundHalfEven((w * scale) / step) * step)
  let weight = rounded.map((w) => Math.max(-256, Math.min(most, w)))
  if (weight.every((w) => w === 0)) throw cannotExport(name, map.kind, `all weights are zero in ${weightBits} bits, on which Lava's loader fails`, 'Use more weightBits, or a smaller bias or percentile.')
  // -256 beside no positive weight acts as something else (see optimizeWeights and actingWeights).
  if (weight.every((w) => w <= 0)) weight = weight.map((w) => Math.max(-most, w))
  if (map.kind === 'dense') checkActing(name, weight)
  // a scale that rounding has put just above a whole number would miss what is exactly at the threshold
  const vThMant = silent ? largestThreshold : exactThreshold ? Math.ceil(scale * (1 - 2 ** -40)) - 1 : Math.round(scale)
  return {
    weight,
    bias: map.bias.map((b) => roundHalfEven(b * scale)),
    vThMant,
    scale,
    limitedBy,
    weightError: weight.reduce((max, w, i) => Math.max(max, Math.abs(w / scale - map.weight[i]!)), 0) / (magnitudes.at(-1) || 1),
    clipped: rounded.filter((w, i) => w !== weight[i]).length,
  }
}

/** That the synapse acts with the weights of the file. */
function checkActing(name: string, weight: Float64Array): void {
  const loaded = optimizeWeights(weight)!
  const acting = actingWeights(loaded.weights, loaded.num_weight_bits, null)
  const wrong = acting.findIndex((w, i) => w * 2 ** loaded.weight_exp !== weight[i])
  if (wrong >= 0) throw cannotExport(name, 'dense', `Lava would act with ${acting[wrong]! * 2 ** loaded.weight_exp} for the weight ${weight[wrong]}`, 'Use fewer weightBits, or give the layer a positive weight.')
}

export function roundHalfEven(x: number): number {
  const low = Math.floor(x)
  const rest = x - low
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1
}

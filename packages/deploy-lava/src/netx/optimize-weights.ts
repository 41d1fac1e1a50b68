import { leftShift } from '../sim/integers.js'

export interface OptimizedWeights {
  readonly weights: Int32Array
  readonly num_weight_bits: number
  readonly weight_exp: number
}

/**
 * What lava-dl's loader makes of the weights of a dense layer, so that they fill the 8 bits of a synapse
 * (`netx.utils.optimize_weight_bits`):
 *
 *   mixed weights beyond [-256, 254] are clipped to it
 *   s = floor(log2 scale) + mixed,
 *       scale = min(127 / max, -128 / min) mixed,  -256 / min where max < 0,  255 / max where min >= 0
 *   n = the largest k <= 8 with all weights divisible by 2^k, minus mixed
 *   bits = 8 - s - n,   exponent = -s,   weights << s
 *
 * `mixed` is 1 also where max is exactly 0. A negative s leaves nothing of the weights. undefined: all are zero, for
 * which the loader fails.
 */
export function optimizeWeights(given: Float64Array): OptimizedWeights | undefined {
  let [least, most] = range(given)
  let weights = given
  if ((most > 254 && least < 0) || (least < -256 && most > 0)) {
    weights = given.map((w) => Math.max(-256, Math.min(254, w)))
    ;[least, most] = range(weights)
  }
  const mixed = most >= 0 && least < 0 ? 1 : 0
  const scale = mixed ? Math.min(127 / most, -128 / least) : most < 0 ? -256 / least : 255 / most
  if (scale === Infinity) return undefined
  const shift = Math.floor(Math.log2(scale)) + mixed
  const shifted = new Int32Array(weights.length)
  let set = 0 // the bits that are set in any weight
  for (let i = 0; i < weights.length; i++) {
    set |= weights[i]!
    shifted[i] = leftShift(weights[i]!, shift)
  }
  let common = 8
  while (common > 0 && set % 2 ** common !== 0) common--
  return { weights: shifted, num_weight_bits: 8 - shift - (common - mixed), weight_exp: 0 - shift }
}

function range(values: Float64Array): [number, number] {
  let [least, most] = [Infinity, -Infinity]
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return [least, most]
}

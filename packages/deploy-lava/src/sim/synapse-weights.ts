import { leftShift, rightShift } from './integers.js'

/** Which signs the weights of a synapse may have: both, none below 0, or none above 0; NULL acts as EXCITATORY. */
export type SignMode = 'NULL' | 'MIXED' | 'EXCITATORY' | 'INHIBITORY'

/** Excitatory where no weight is negative, else inhibitory where none is positive. */
function signModeOf(weights: ArrayLike<number>): SignMode {
  let [least, most] = [Infinity, -Infinity]
  for (let i = 0; i < weights.length; i++) {
    least = Math.min(least, weights[i]!)
    most = Math.max(most, weights[i]!)
  }
  return least >= 0 ? 'EXCITATORY' : most <= 0 ? 'INHIBITORY' : 'MIXED'
}

/**
 * The weights that a dense synapse acts with, as `lava.utils.weightutils` clips and truncates them at the start of a
 * run:
 *
 *   mixed        w = clip(w, -256, 255),   the low 9 - bits cleared, rounding down
 *   excitatory   w = clip(w, 0, 255),      the low 8 - bits cleared
 *   inhibitory   the same of -w
 */
export function actingWeights(weights: ArrayLike<number>, bits: number, mode: SignMode | null | undefined): Int32Array {
  const sign = mode ?? signModeOf(weights)
  const least = sign === 'MIXED' ? -256 : 0
  const truncated = 8 - bits + (sign === 'MIXED' ? 1 : 0)
  const acting = new Int32Array(weights.length)
  const turned = sign === 'INHIBITORY' ? -1 : 1
  for (let i = 0; i < acting.length; i++)
    acting[i] =
      turned * leftShift(rightShift(Math.max(least, Math.min(255, turned * weights[i]!)), truncated), truncated)
  return acting
}

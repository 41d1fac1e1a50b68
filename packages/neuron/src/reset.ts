import type { Tensor } from '@snn/tensor'
import { checkTensor } from '@snn/tensor/library'

/** What happens to the membrane after a spike: subtract the threshold, nothing, or set it to a value. */
export type Reset = 'soft' | 'none' | { readonly to: number }

/** Kinds of reset: `zero` is `{ to: 0 }` alone, `to` any value. */
export type ResetName = 'soft' | 'none' | 'zero' | 'to'

export function isAmong(reset: Reset, names: readonly ResetName[]): boolean {
  return names.includes(typeof reset === 'string' ? reset : reset.to === 0 && !names.includes('to') ? 'zero' : 'to')
}

/** The reset that a name stands for. */
export function resetNamed(name: ResetName | undefined): Reset {
  return name === 'soft' || name === 'none' ? name : { to: 0 }
}

/** soft: v - s threshold;  to: (1 - s) v + s to;  none: v */
export function resetMembrane(v: Tensor, s: Tensor, threshold: Tensor, reset: Reset): Tensor {
  checkTensor('resetMembrane', v, 'v')
  checkTensor('resetMembrane', s, 's')
  if (reset === 'none') return v
  if (reset === 'soft') return v.sub(s.mul(threshold))
  const kept = s.neg().add(1).mul(v)
  return reset.to === 0 ? kept : kept.add(s.mul(reset.to))
}

/** Where a leaky membrane rests: the value that a hard reset sets it to, else 0. */
export function restOf(reset: Reset): number {
  return typeof reset === 'object' ? (reset?.to ?? 0) : 0
}

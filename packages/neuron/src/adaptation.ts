import type { Tensor } from '@snn/tensor'
import { resetMembrane, type Reset } from './reset.js'

// The adaptation `w` of two-variable neurons (Gerstner et al., Neuronal Dynamics, 2014, chapter 6), after the new
// membrane h and after a spike.

/** w + (a (h - vRest) - w) / tauW */
export function adapt(
  w: Tensor,
  h: Tensor,
  { a, vRest, tauW }: Readonly<Record<'a' | 'vRest' | 'tauW', Tensor>>,
): Tensor {
  return w.add(h.sub(vRest).mul(a).sub(w).div(tauW))
}

/** The membrane by the option `reset`, and w + b s. */
export function resetAdaptive(
  { v, w }: Readonly<Record<'v' | 'w', Tensor>>,
  s: Tensor,
  { threshold, b }: Readonly<Record<'threshold' | 'b', Tensor>>,
  { reset }: { readonly reset: Reset },
) {
  return { v: resetMembrane(v, s, threshold, reset), w: w.add(s.mul(b)) }
}

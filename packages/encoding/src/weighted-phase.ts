import { stack, type Tensor } from '@snn/tensor'
import { checkTensor, checkOptions } from '@snn/tensor/library'
import { checkFloat, checkWhole } from './check.js'

/**
 * Weighted phase code (Kim et al., Neurocomputing 2018): x [N, ..] in [0, 1 - 2^-K] -> [K, N, ..], the binary digits of
 * x, the first of weight 1/2, the next 1/4, ..:
 *
 *   s[k] = floor(2^(k + 1) x) mod 2
 *
 * Values outside count as the nearest within. `periodic` repeats the K phases.
 *
 * @throws `DTYPE` unless x is of a floating-point type, `ARGUMENT` unless K is a whole number from 1 to 24
 */
export function weightedPhase(x: Tensor, options: { readonly K: number }): Tensor {
  checkTensor('weightedPhase', x, 'x')
  checkOptions('weightedPhase', options, ['K'])
  const { K } = options
  checkFloat('weightedPhase', x)
  checkWhole('weightedPhase', 'K', K, 1, 24)
  const within = x.clip(0, 1 - 2 ** -K)
  return stack(
    Array.from({ length: K }, (_, k) =>
      within
        .mul(2 ** (k + 1))
        .floor()
        .mod(2),
    ),
  )
}

import { SnnError, where, type Tensor } from '@snn/tensor'
import { checkTensor } from '@snn/tensor/library'

/**
 * One value of a membrane over time, v [T, ..] -> [..]: its maximum, the value furthest from 0 (of a tie the lower),
 * its mean, or its last value.
 *
 * @throws `ARGUMENT` for another name
 */
export function decodeMembrane(v: Tensor, by: 'max' | 'maxAbsolute' | 'mean' | 'last'): Tensor {
  checkTensor('decodeMembrane', v, 'v')
  if (by === 'max') return v.max(0)
  if (by === 'mean') return v.mean(0)
  if (by === 'last') return v.at(0, v.shape[0]! - 1)
  if (by !== 'maxAbsolute')
    throw new SnnError(
      'ARGUMENT',
      `[decodeMembrane] ${String(by)}, expected 'max', 'maxAbsolute', 'mean' or 'last'. Correct the name.`,
      { name: 'by', value: by },
    )
  const [high, low] = [v.max(0), v.min(0)]
  return where(high.gt(low.neg()), high, low)
}

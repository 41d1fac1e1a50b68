import { iota, take, type Tensor } from '@snn/tensor'
import { checkTensor, checkOptions } from '@snn/tensor/library'
import { checkRank, checkWhole } from './check.js'

/**
 * A pattern over and over: spikes [P, N, ..] -> [T, N, ..], out[t] = spikes[t mod P].
 *
 * @throws `SHAPE` when there is no axis of time, `ARGUMENT` unless T is a positive whole number
 */
export function periodic(spikes: Tensor, options: { readonly T: number }): Tensor {
  checkTensor('periodic', spikes, 'spikes')
  checkOptions('periodic', options, ['T'])
  const { T } = options
  checkRank('periodic', spikes, 1, '[P, N, ..]')
  checkWhole('periodic', 'T', T, 1)
  return take(spikes, iota([T], 0).mod(spikes.shape[0]!), 0)
}

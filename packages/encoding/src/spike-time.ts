import { iota, where, type Tensor } from '@snn/tensor'
import { checkTensor, checkObject } from '@snn/tensor/library'
import { checkFloat, checkRank, checkWhole } from './check.js'

/**
 * One spike at each time: times [..] in steps -> [T, ..], 1 at the nearest step (ties to even), else 0. A time outside
 * of [0, T - 1] gives no spike.
 *
 * @throws `DTYPE` unless the times are of a floating-point type, `ARGUMENT` unless T is a positive whole number
 */
export function spikesAt(times: Tensor, options: { readonly T: number }): Tensor {
  checkTensor('spikesAt', times, 'times')
  checkObject('spikesAt', options)
  const { T } = options
  checkFloat('spikesAt', times)
  checkWhole('spikesAt', 'T', T, 1)
  return iota([T, ...times.shape], 0)
    .cast(times.dtype)
    .eq(times.round())
    .cast(times.dtype)
}

/**
 * The first spike of each neuron, and no other: spikes [T, ..] -> [T, ..] (Van Rullen and Thorpe, Neural Computation
 * 2001).
 *
 * @throws `SHAPE` when there is no axis of time
 */
export function firstSpikes(spikes: Tensor): Tensor {
  checkTensor('firstSpikes', spikes, 'spikes')
  checkRank('firstSpikes', spikes, 1, '[T, ..]')
  const first = spikes.gt(0).cast('int32').argmax(0)
  return where(iota(spikes.shape, 0).eq(first), spikes, 0)
}

/** `spikes` [T, ..] with 0 before step `first`. */
export function fromStep(spikes: Tensor, first: number): Tensor {
  return first === 0 ? spikes : where(iota(spikes.shape, 0).ge(first), spikes, 0)
}

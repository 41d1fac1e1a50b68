import { customGradient, iota, stack, where, type Tensor } from '@snn/tensor'
import { checkTensor } from '@snn/tensor/library'

/**
 * The steps of the first `count` spikes, 0 to T - 1, of spikes [T, ..]: [count, ..]. A spike that does not come counts
 * as one at the last step. The gradient is the estimate d time / d s = -1 at the spike and 0 elsewhere: more drive, an
 * earlier spike.
 */
export function spikeTimes(spikes: Tensor, count: number): Tensor {
  checkTensor('spikeTimes', spikes, 'spikes')
  const last = spikes.shape[0]! - 1
  const steps = iota(spikes.shape, 0, { dtype: spikes.dtype })
  const fired = spikes.gt(0)
  const times: Tensor[] = []
  for (let f = 0; f < count; f++) {
    const fresh = f === 0 ? fired : fired.and(steps.gt(times[f - 1]!))
    times.push(where(fresh, steps, last).min(0))
  }
  return customGradient(stack(times), [spikes], (dy) => [
    times.map((time, f) => where(steps.eq(time), dy.at(0, f).neg(), 0)).reduce((a, b) => a.add(b)),
  ])
}

/** The step of the first spike of each neuron, of spikes [T, ..]: [..]. See `spikeTimes`. */
export function firstSpikeTime(spikes: Tensor): Tensor {
  checkTensor('firstSpikeTime', spikes, 'spikes')
  return spikeTimes(spikes, 1).at(0, 0)
}

import { scan, where, zeros, type Tensor } from '@snn/tensor'
import { checkTensor } from '@snn/tensor/library'
import { checkFloat, checkRank } from './check.js'

/**
 * A ramp from 0 to 1 up to each spike, as a target for membranes: spikes [T, ..] of 0 and 1 -> [T, ..]. Between a spike
 * at a (-1 before the first) and the next at b:
 *
 *   y[t] = (t - a - 1) / (b - a - 1),  1 at the spike itself, 0 after the last one
 *
 * @throws `SHAPE` when there is no axis of time, `DTYPE` unless the spikes are of a floating-point type
 */
export function interpolate(spikes: Tensor): Tensor {
  checkTensor('interpolate', spikes, 'spikes')
  checkRank('interpolate', spikes, 1, '[T, ..]')
  checkFloat('interpolate', spikes)
  const none = zeros(spikes.shape.slice(1), { dtype: spikes.dtype })
  const [, since] = scan((count: Tensor, s: Tensor) => [where(s.gt(0), 0, count.add(1)), count] as const, none, spikes)
  const backwards = ({ count, more }: { count: Tensor; more: Tensor }, s: Tensor) => {
    const next = { count: where(s.gt(0), 0, count.add(1)), more: more.maximum(s) }
    return [next, next] as const
  }
  const [, until] = scan(backwards, { count: none, more: none }, spikes, { reverse: true })
  const ramp = where(until.more.gt(0), since.div(since.add(until.count).maximum(1)), 0)
  return where(spikes.gt(0), 1, ramp)
}

import { SnnError } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkEvents, type Events } from '../events.js'
import type { FloatTensor } from './float-tensor.js'
import { emptyFrames } from './frames.js'

export interface VoxelGridOptions {
  /** Number of bins in time. */
  readonly n: number
}

/**
 * Events spread over bins in time (Zhu et al. 2019), float32 [n, 1, H, W]:
 *
 *   s = n (t - t_0) / (t_last - t_0)
 *   V[floor s]     += (2 p - 1) (1 - (s - floor s))
 *   V[floor s + 1] += (2 p - 1) (s - floor s)          where these bins are; the very last event (s = n) has none
 */
export function toVoxelGrid(options: VoxelGridOptions): (events: Events) => FloatTensor {
  checkOptions('toVoxelGrid', options, ['n'])
  const { n } = options
  if (!Number.isInteger(n) || n < 1)
    throw new SnnError('ARGUMENT', `[voxelGrid] n ${n}, expected a whole number of at least 1.`, {
      name: 'n',
      value: n,
    })
  return (events) => {
    checkEvents('voxelGrid', events)
    const { t, x, y, p, sensor } = events
    const { data, size } = emptyFrames('voxelGrid', n, { ...sensor, polarities: 1 })
    const first = t[0] ?? 0
    const span = (t.at(-1) ?? 0) - first || 1
    for (let i = 0; i < t.length; i++) {
      const place = (n * (t[i]! - first)) / span
      const bin = Math.floor(place)
      if (bin < 0 || bin >= n) continue
      const at = bin * size + y[i]! * sensor.width + x[i]!
      const sign = p[i] === 0 ? -1 : 1
      data[at] = data[at]! + sign * (1 - (place - bin))
      if (bin + 1 < n) data[at + size] = data[at + size]! + sign * (place - bin)
    }
    return { data, shape: [n, 1, sensor.height, sensor.width], dtype: 'float32' }
  }
}

import { SnnError } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkEvents, type Events } from '../events.js'
import type { FloatTensor } from './float-tensor.js'
import { emptyFrames } from './frames.js'
import { sliceBounds } from './slices.js'

export interface TimeSurfaceOptions {
  /** Length of a part, in the recording's unit of time. */
  readonly dt: number
  /** Time constant of the decay. */
  readonly tau: number
}

/**
 * How long ago each pixel had an event at the end of each part (Lagorce et al. 2017), float32 [n, P, H, W]:
 *
 *   S_i = exp(-((i + 1) dt + t_0 - last[p, y, x]) / tau)       0 where there was none yet
 */
export function toTimeSurfaces(options: TimeSurfaceOptions): (events: Events) => FloatTensor {
  checkOptions('toTimeSurfaces', options, ['dt', 'tau'])
  const { dt, tau } = options
  for (const [name, value] of Object.entries({ dt, tau })) {
    if (!(value > 0))
      throw new SnnError('ARGUMENT', `[timeSurfaces] ${name} ${value}, expected a number above 0.`, { name, value })
  }
  return (events) => {
    checkEvents('timeSurfaces', events)
    const { t, x, y, p, sensor } = events
    // `end`: an event at the end of the last part comes after it, as that of any other.
    const bounds = t.length === 0 ? [] : sliceBounds(events, { by: 'timeWindow', window: dt, end: t.at(-1)! })
    const { data, shape, size } = emptyFrames('timeSurfaces', bounds.length, sensor)
    const plane = sensor.width * sensor.height
    const last = new Float64Array(size).fill(-Infinity)
    bounds.forEach(([from, to], part) => {
      for (let i = from; i < to; i++) last[p[i]! * plane + y[i]! * sensor.width + x[i]!] = t[i]!
      const end = (part + 1) * dt + t[0]!
      for (let i = 0; i < size; i++) data[part * size + i] = Math.exp((last[i]! - end) / tau)
    })
    return { data, shape, dtype: 'float32' }
  }
}

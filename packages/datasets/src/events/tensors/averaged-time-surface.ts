import { SnnError } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { checkEvents, type Events } from '../events.js'
import { isSorted } from '../select.js'
import type { FloatTensor } from './float-tensor.js'

/** Options of `toAveragedTimeSurfaces`. */
export interface AveragedTimeSurfaceOptions {
  /** Side of a cell in pixels. */
  readonly cellSize: number
  /** Side of a surface in pixels, odd. */
  readonly surfaceSize: number
  /** How far back events count, in the recording's unit of time. */
  readonly timeWindow: number
  readonly tau: number
  /** `exp`: e^(-d / tau), `lin`: 1 - d / (3 tau), not below 0, for an event d ago. Default `lin`. */
  readonly decay?: 'lin' | 'exp'
}

/**
 * Histograms of averaged time surfaces (Sironi et al. 2018), float32 [cells, P, surfaceSize, surfaceSize]; cells row by
 * row:
 *
 *   T_e(z)  = sum of decay(t_e - t) over earlier events of the same polarity and cell at offset z from e, within
 *             timeWindow
 *   H[c, p] = mean of T_e over the events e of cell c and polarity p
 */
export function toAveragedTimeSurfaces(options: AveragedTimeSurfaceOptions): (events: Events) => FloatTensor {
  checkObject('toAveragedTimeSurfaces', options)
  const { cellSize, surfaceSize, timeWindow, tau, decay = 'lin' } = options
  const wrong = (name: string, value: unknown, expected: string): never => {
    throw new SnnError('ARGUMENT', `[averagedTimeSurfaces] ${name} ${String(value)}, expected ${expected}.`, {
      name,
      value,
    })
  }
  if (!Number.isInteger(cellSize) || cellSize < 1) wrong('cellSize', cellSize, 'a whole number of at least 1')
  if (!Number.isInteger(surfaceSize) || surfaceSize < 1 || surfaceSize % 2 === 0 || surfaceSize > 255)
    wrong('surfaceSize', surfaceSize, 'an odd whole number from 1 to 255')
  if (!(timeWindow > 0)) wrong('timeWindow', timeWindow, 'a number above 0')
  if (!(tau > 0)) wrong('tau', tau, 'a number above 0')
  if (decay !== 'lin' && decay !== 'exp') wrong('decay', decay, "'lin' or 'exp'")
  const radius = (surfaceSize - 1) / 2
  const weight =
    decay === 'exp' ? (d: number): number => Math.exp(-d / tau) : (d: number): number => Math.max(0, 1 - d / (3 * tau))
  return (events) => {
    checkEvents('averagedTimeSurfaces', events)
    if (!isSorted(events)) wrong('events', 'that fall in time', 'events in order. Use sortEvents')
    const { t, x, y, p, sensor } = events
    const columns = Math.ceil(sensor.width / cellSize)
    const groups = columns * Math.ceil(sensor.height / cellSize) * sensor.polarities
    const area = surfaceSize * surfaceSize
    const sums = new Float64Array(groups * area)
    const counts = new Float64Array(groups)
    // The events of a cell and polarity form a chain from each to the one before it.
    const newest = new Int32Array(groups).fill(-1)
    const before = new Int32Array(t.length)
    for (let i = 0; i < t.length; i++) {
      const group = (Math.floor(y[i]! / cellSize) * columns + Math.floor(x[i]! / cellSize)) * sensor.polarities + p[i]!
      counts[group] = counts[group]! + 1
      for (let j = newest[group]!; j >= 0 && t[i]! - t[j]! <= timeWindow; j = before[j]!) {
        const dx = x[j]! - x[i]! + radius
        const dy = y[j]! - y[i]! + radius
        if (dx < 0 || dy < 0 || dx >= surfaceSize || dy >= surfaceSize || t[j] === t[i]) continue
        const at = group * area + dy * surfaceSize + dx
        sums[at] = sums[at]! + weight(t[i]! - t[j]!)
      }
      before[i] = newest[group]!
      newest[group] = i
    }
    const data = Float32Array.from(sums, (sum, i) => sum / (counts[Math.floor(i / area)]! || 1))
    return { data, shape: [groups / sensor.polarities, sensor.polarities, surfaceSize, surfaceSize], dtype: 'float32' }
  }
}

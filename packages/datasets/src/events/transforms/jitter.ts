import { checkObject } from '@snn/tensor/library'
import { normalFrom } from '../../random.js'
import { concatEvents, keepEvents, sortEvents } from '../select.js'
import { expectOption, randomTransform, type EventTransform, type Seeded } from './transform.js'

/** Options of `spatialJitter`. */
export interface SpatialJitterOptions extends Seeded {
  /** Variances and covariance of the shift in pixels. Default 1, 1, 0. */
  readonly varX?: number
  readonly varY?: number
  readonly sigmaXY?: number
  /** What becomes of events that leave the sensor: `drop` (default), or `clamp` to its edge. */
  readonly outside?: 'drop' | 'clamp'
}

/** (x, y) -> (x, y) + N(0, [[varX, sigmaXY], [sigmaXY, varY]]) for each event, cut to whole numbers. */
export function spatialJitter(options: SpatialJitterOptions = {}): EventTransform {
  checkObject('spatialJitter', options)
  const { varX = 1, varY = 1, sigmaXY = 0, outside = 'drop', ...seeded } = options
  const positive = varX >= 0 && varY >= 0 && sigmaXY * sigmaXY <= varX * varY
  expectOption('spatialJitter', 'varX, varY, sigmaXY', [varX, varY, sigmaXY], positive, 'a covariance matrix')
  expectOption('spatialJitter', 'outside', outside, outside === 'drop' || outside === 'clamp', "'drop' or 'clamp'")
  // Cholesky factor [[a, 0], [b, c]]
  const a = Math.sqrt(varX)
  const b = a === 0 ? 0 : sigmaXY / a
  const c = Math.sqrt(Math.max(0, varY - b * b))
  return randomTransform('spatialJitter', seeded, (events, random) => {
    const normal = normalFrom(random)
    const { width, height } = events.sensor
    const length = events.t.length
    const [x, y, kept] = [new Uint16Array(length), new Uint16Array(length), new Uint8Array(length)]
    for (let i = 0; i < length; i++) {
      const u = normal()
      const column = Math.trunc(events.x[i]! + a * u)
      const row = Math.trunc(events.y[i]! + b * u + c * normal())
      const inside = column >= 0 && column < width && row >= 0 && row < height
      kept[i] = inside || outside === 'clamp' ? 1 : 0
      x[i] = Math.min(Math.max(column, 0), width - 1)
      y[i] = Math.min(Math.max(row, 0), height - 1)
    }
    return keepEvents({ ...events, x, y }, kept)
  })
}

export interface UniformNoiseOptions extends Seeded {
  /** Number of events to add. */
  readonly n: number
}

/** Adds n events at even places and times between the first and the last, in order. */
export function uniformNoise(options: UniformNoiseOptions): EventTransform {
  checkObject('uniformNoise', options)
  const { n, ...seeded } = options
  expectOption('uniformNoise', 'n', n, Number.isInteger(n) && n >= 0, 'a whole number of at least 0')
  return randomTransform('uniformNoise', seeded, (events, random) => {
    const { sensor } = events
    const first = events.t[0] ?? 0
    const span = (events.t.at(-1) ?? 0) - first
    const whole = events.t.every((t) => Math.floor(t) === t)
    const t = new Float64Array(n)
    const x = new Uint16Array(n)
    const y = new Uint16Array(n)
    const p = new Uint8Array(n)
    for (let i = 0; i < n; i++) {
      const time = first + random() * span
      t[i] = whole ? Math.floor(time) : time
      x[i] = random() * sensor.width
      y[i] = random() * sensor.height
      p[i] = random() * sensor.polarities
    }
    return sortEvents(concatEvents([events, { ...events, t, x, y, p }]))
  })
}

import type { TensorLike } from '@snn/tensor'
import type { LabelledDataset } from '../dataset.js'
import type { Events, Sensor, TimeUnit } from '../events/events.js'

/** A recording and its class. */
export interface EventSample {
  readonly events: Events
  /** Index of the class, from 0. */
  readonly label: number
  /** The file it comes from, and the part of it where there are several, relative to the set's folder. */
  readonly name: string
  /** What is to be found in it, where the set says that: float64 [rows, columns], see `targetColumns`. */
  readonly target?: TensorLike
}

/** Recordings of one event camera or silicon cochlea, each with its class. */
export interface EventDataset extends LabelledDataset<EventSample> {
  readonly sensor: Sensor
  readonly timeUnit: TimeUnit
  readonly classes: readonly string[]
  readonly names: readonly string[]
  readonly split: string
  /** What the columns of `target` are, in sets that have targets. */
  readonly targetColumns?: readonly string[]
}

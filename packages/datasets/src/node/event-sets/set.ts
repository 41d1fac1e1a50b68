import type { TensorLike } from '@snn/tensor'
import type { LabelledDataset } from '../../dataset.js'
import type { Events, Sensor, TimeUnit } from '../../events/events.js'
import type { DownloadOptions } from '../download/download-set.js'

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

export interface EventDataset extends LabelledDataset<EventSample> {
  readonly sensor: Sensor
  readonly timeUnit: TimeUnit
  readonly classes: readonly string[]
  readonly names: readonly string[]
  readonly split: string
  /** What the columns of `target` are, in sets that have targets. */
  readonly targetColumns?: readonly string[]
}

/** A file of a set as its authors offer it. */
export interface RemoteFile {
  readonly name: string
  readonly md5?: string
  /** Absent where it can only be had through a page (a log-in, a form, a shared folder). */
  readonly url?: string
  /** Splits that need it; absent: all. */
  readonly splits?: readonly string[]
}

/** What is known of a set. */
export interface SetInfo {
  readonly id: string
  readonly title: string
  readonly sensor: Sensor
  readonly timeUnit: TimeUnit
  readonly classes: number
  /** Names and official sizes of the splits. */
  readonly splits: Readonly<Record<string, number>>
  readonly licence: string
  readonly citation: string
  /** The page to read and, where `url` is absent, to download from. */
  readonly page: string
  readonly files: readonly RemoteFile[]
}

/** Sets by id. */
export type Sets = Readonly<Record<string, Omit<SetInfo, 'id'>>>

/** Each with its key as its id. */
export function withIds<const T extends Sets>(sets: T): { readonly [K in keyof T]: T[K] & { readonly id: K } } {
  return Object.fromEntries(Object.entries(sets).map(([id, set]) => [id, { id, ...set }])) as { readonly [K in keyof T]: T[K] & { readonly id: K } }
}

export interface SetOptions<S extends string = string> extends DownloadOptions {
  /** The folder of the data, as the authors' archives unpack: itself, or a few folders above. */
  readonly root: string
  readonly split: S
  /** Download, check and unpack what is missing first. Default false. */
  readonly download?: boolean
}

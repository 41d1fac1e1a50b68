import { checkObject } from '@snn/tensor/library'
import type { ImageDataset } from '../dataset.js'
import type { Sensor, TimeUnit } from '../events/events.js'
import type { AudioDataset } from './audio-dataset.js'
import type { DownloadOptions } from './download/download-set.js'
import type { RemoteSet } from './download/remote-set.js'
import type { EventDataset } from './event-dataset.js'

/** What is known of a set of any kind. */
interface SetFacts extends RemoteSet {
  readonly id: string
  readonly classes: number
  /** Names and official sizes of the splits; 0 where there is no official size. */
  readonly splits: Readonly<Record<string, number>>
}

/** What is known of a set of event recordings. */
export interface EventSetInfo extends SetFacts {
  readonly kind: 'events'
  readonly sensor: Sensor
  readonly timeUnit: TimeUnit
}

/** What is known of a set of pictures. */
export interface ImageSetInfo extends SetFacts {
  readonly kind: 'images'
  /** [C, H, W] of a picture. */
  readonly shape: readonly [channels: number, height: number, width: number]
}

/** What is known of a set of sounds. */
export interface AudioSetInfo extends SetFacts {
  readonly kind: 'audio'
  /** Samples a second. */
  readonly rate: number
}

/** What is known of a set; `kind` says of which kind it is. */
export type AnySetInfo = EventSetInfo | ImageSetInfo | AudioSetInfo

/**
 * What is known of a set of events, before there was `kind`.
 * @deprecated `EventSetInfo`, or `AnySetInfo` for sets of any kind.
 */
export type SetInfo = Omit<EventSetInfo, 'kind'>

/** What the sets of a kind open to. */
interface DatasetOfKind {
  readonly events: EventDataset
  readonly images: ImageDataset
  readonly audio: AudioDataset
}

/** What every published set takes: where it lies, which part, and how it gets there. */
export interface SetOptions<S extends string = string> extends DownloadOptions {
  /** The folder of the data, as the authors' archives unpack: itself, or a few folders above. */
  readonly root: string
  readonly split: S
  /** Download, check and unpack what is missing first. Default false. */
  readonly download?: boolean
}

type SplitOf<I extends AnySetInfo> = keyof I['splits'] & string

/** A data set: the function that opens it, with what is known of it as `info`. */
export interface DefinedSet<I extends AnySetInfo, O, D> {
  (options: O): Promise<D>
  readonly info: I
}

/**
 * A data set. `open` gets the options, whose `split` is one of `info.splits`, and `info`, and gives the data set of
 * that kind. The set throws `ARGUMENT` for what are no options, and what `open` throws.
 */
export function defineSet<
  const I extends AnySetInfo,
  D extends DatasetOfKind[I['kind']],
  O extends { readonly split: SplitOf<I> } = SetOptions<SplitOf<I>>,
>({ info, open }: { readonly info: I; readonly open: (options: O, info: I) => Promise<D> }): DefinedSet<I, O, D> {
  const set = async (options: O): Promise<D> => {
    checkObject(info.id, options)
    return open(options, info)
  }
  return Object.assign(set, { info })
}

import { SnnError, type TensorLike } from '@snn/tensor'
import { checkFunction, checkMembers } from '@snn/tensor/library'
import { checkIndex, type Dataset } from './dataset.js'
import type { Events } from './events/events.js'
import { sliceEvents } from './events/select.js'
import { sliceBounds, type Bounds, type SliceSpec } from './events/tensors/slices.js'

/** What a loader stacks: a tensor, and a target or the index of a class. */
export type Pair = readonly [x: TensorLike, y: TensorLike | number]

/**
 * A data set whose samples are those of another, changed when they are read. `draw` is for changes at random (see
 * `EventTransform`).
 */
export function mapSamples<S, R>(dataset: Dataset<S>, change: (sample: S, draw: number) => R): Dataset<R> {
  checkMembers('mapSamples', dataset, 'dataset', ['length', 'get()'], 'a data set such as await openDataset(..)')
  checkFunction('mapSamples', change, 'change')
  return {
    length: dataset.length,
    description: dataset.description,
    get: async (index, draw = index) => change(await dataset.get(index, draw), draw),
  }
}

/** Options of `sliceDataset`. */
export interface SliceDatasetOptions {
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
  /** Is told how far the work is. */
  readonly onProgress?: (progress: { readonly stage: string; readonly done: number; readonly total: number }) => void
}

/**
 * A data set whose samples are the parts of the recordings of another. Reads every recording once, to know its parts
 * (`parts` of an earlier call saves that). Throws `ARGUMENT` for parts that belong to another data set.
 */
export async function sliceDataset<S extends { readonly events: Events }>(
  dataset: Dataset<S>,
  spec: SliceSpec,
  options: SliceDatasetOptions & { readonly parts?: readonly (readonly Bounds[])[] } = {},
): Promise<Dataset<S> & { readonly parts: readonly (readonly Bounds[])[] }> {
  checkMembers('sliceDataset', dataset, 'dataset', ['length', 'get()'], 'a data set such as await openDataset(..)')
  const parts: (readonly Bounds[])[] = [...(options.parts ?? [])]
  if (options.parts && parts.length !== dataset.length) {
    throw new SnnError(
      'ARGUMENT',
      `[sliceDataset] parts of ${parts.length} recordings for ${dataset.length}, expected those of this data set.`,
      { name: 'parts', value: parts.length },
    )
  }
  for (let index = parts.length; index < dataset.length; index++) {
    options.signal?.throwIfAborted()
    parts.push(sliceBounds((await dataset.get(index)).events, spec))
    options.onProgress?.({ stage: 'slice', done: index + 1, total: dataset.length })
  }
  const places = parts.flatMap((bounds, recording) => bounds.map((bound) => [recording, bound] as const))
  return {
    length: places.length,
    description: `${places.length} parts of ${dataset.description}`,
    parts,
    async get(index, draw) {
      checkIndex(index, places.length)
      const [recording, [from, to]] = places[index]!
      const sample = await dataset.get(recording, draw)
      return { ...sample, events: sliceEvents(sample.events, from, to) }
    },
  }
}

import type { TensorLike } from '@snn/tensor'

/** Samples stacked along a new first axis N. Number labels become int32 [N]. */
export type Batch = readonly [x: TensorLike, y: TensorLike]

/** Makes of a sample what is stacked into a batch. */
export type Transform<S> = (sample: S) => readonly [x: TensorLike, y: TensorLike | number]

export interface LoaderOptions<S> {
  /** Samples in a batch. */
  readonly batch: number
  /** A new order in every pass, derived from `seed` and the number of the pass. Default false. */
  readonly shuffle?: boolean
  /** Default 0. */
  readonly seed?: number
  /** For an ImageDataset the default is `preprocess({})` for pixels, and the values as they are for float32. */
  readonly transform?: Transform<S>
  /** Leave out a last batch that is not full. Default false. */
  readonly dropLast?: boolean
  /** Ends a pass by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

/** Batches; each `for await` reads the data set anew. */
export interface Loader extends AsyncIterable<Batch> {
  /** Number of batches in a pass. */
  readonly length: number
  /** Number of samples in a pass. */
  readonly samples: number
}

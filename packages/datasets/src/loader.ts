import { SnnError, allocate, formatShape, hostTensor, sameShape, type TensorLike } from '@snn/tensor'
import type { Dataset, ImageDataset, ImageSample } from './dataset.js'
import { preprocess } from './preprocess.js'
import { permutation } from './random.js'

/** Samples stacked along a new first axis N. Number labels become int32 [N]. */
export type Batch = readonly [x: TensorLike, y: TensorLike]

/** Makes of a sample what is stacked into a batch. */
export type Transform<S> = (sample: S) => readonly [x: TensorLike, y: TensorLike | number]

export interface LoaderOptions<S> {
  /** Samples in a batch. */
  readonly batch: number
  /** A new order in every pass, fixed by `seed` and the number of the pass. Default false. */
  readonly shuffle?: boolean
  /** Default 0. */
  readonly seed?: number
  /** For an ImageDataset the default is `preprocess({})` for pixels (0..1), and float32 data as they are. */
  readonly transform?: Transform<S>
  /** Leave out a last batch that is not full. Default false. */
  readonly dropLast?: boolean
  /** Ends a pass by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

/** Batches; each `for await` is one pass over the data from their start. */
export interface Loader extends AsyncIterable<Batch> {
  /** Number of batches in a pass. */
  readonly length: number
  /** Number of samples in a pass. */
  readonly samples: number
}

/** Samples read at the same time: enough to hide the disk, few enough for open files and memory. */
const window = 32

/**
 * Reads a data set in batches, one at a time and only as far as the loop goes:
 *
 *   for await (const [x, y] of loader(train, { batch: 64, shuffle: true })) ...
 *
 * Throws `ARGUMENT` for a wrong batch size at once; a pass throws `SHAPE` where samples of one batch differ.
 */
export function loader(dataset: ImageDataset, options: LoaderOptions<ImageSample>): Loader
export function loader<S>(dataset: Dataset<S>, options: LoaderOptions<S> & { readonly transform: Transform<S> }): Loader
export function loader<S>(dataset: Dataset<S>, options: LoaderOptions<S>): Loader {
  const { batch, shuffle = false, seed = 0, dropLast = false, signal } = options
  if (!Number.isInteger(batch) || batch < 1) {
    throw new SnnError('ARGUMENT', `[loader] batch ${batch}, expected a whole number of at least 1.`, { name: 'batch', value: batch })
  }
  const transform = options.transform ?? (defaultTransform(dataset as unknown as ImageDataset) as unknown as Transform<S>)
  const length = dropLast ? Math.floor(dataset.length / batch) : Math.ceil(dataset.length / batch)
  const samples = Math.min(length * batch, dataset.length)
  let passes = 0
  return {
    length,
    samples,
    async *[Symbol.asyncIterator]() {
      const pass = passes++
      const order = shuffle ? permutation(dataset.length, seed, pass) : undefined
      for (let start = 0; start < samples; start += batch) {
        const end = Math.min(start + batch, samples)
        const rows: (readonly [TensorLike, TensorLike | number])[] = []
        for (let at = start; at < end; at += window) {
          signal?.throwIfAborted()
          const reads = Array.from({ length: Math.min(window, end - at) }, (_, i) => dataset.get(order ? order[at + i]! : at + i))
          for (const sample of await Promise.all(reads)) rows.push(transform(sample))
        }
        signal?.throwIfAborted()
        yield [stack(rows.map(([x]) => x)), stackLabels(rows.map(([, y]) => y))]
      }
    },
  }
}

function defaultTransform(dataset: ImageDataset): Transform<ImageSample> {
  return dataset.dtype === 'uint8' ? preprocess({}) : ({ image, label }) => [image, label]
}

/** Tensors of one shape and dtype along a new first axis. */
function stack(rows: readonly TensorLike[]): TensorLike {
  const first = hostTensor(rows[0]!, 'loader')
  const size = first.data.length
  const data = allocate(first.dtype, rows.length * size)
  rows.forEach((row, i) => {
    const { dtype, shape, data: elements } = hostTensor(row, 'loader')
    if (!sameShape(shape, first.shape) || dtype !== first.dtype) {
      throw new SnnError(
        'SHAPE',
        `[loader] samples ${first.dtype} ${formatShape(first.shape)} and ${dtype} ${formatShape(shape)} in one batch, expected equal ones. For pictures that differ give { transform: preprocess({ size, channels }) }.`,
        { shapes: [first.shape, shape] },
      )
    }
    data.set(elements, i * size)
  })
  return { data, shape: [rows.length, ...first.shape], dtype: first.dtype }
}

function stackLabels(rows: readonly (TensorLike | number)[]): TensorLike {
  return stack(rows.map((row) => (typeof row === 'number' ? labelTensor(row) : row)))
}

function labelTensor(label: number): TensorLike {
  const data = Int32Array.of(label)
  if (data[0] === label) return { data, shape: [], dtype: 'int32' }
  throw new SnnError('ARGUMENT', `[loader] label ${label}, expected a whole number of 32 bits. Return a float32 tensor for other targets.`, { name: 'label', value: label })
}

import { SnnError, formatShape, hostTensor, sameShape, sizeOf, type TensorLike } from '@snn/tensor'
import { checkArrayLike, checkMembers, checkObject, allocate } from '@snn/tensor/library'
import type { Dataset, ImageDataset, ImageSample } from './dataset.js'
import { preprocess } from './preprocess.js'
import { permutation } from './random.js'
import type { Pair } from './sample-pairs.js'

/** Samples stacked along a new first axis N. Number labels become int32 [N]. */
export type Batch = readonly [x: TensorLike, y: TensorLike]

/**
 * Samples [T_i, ...] of different length, with zeros after their ends, as [N, T, ...]; `lengths` are the T_i, int32
 * [N].
 */
export type PaddedBatch = readonly [x: TensorLike, y: TensorLike, lengths: TensorLike]

/**
 * Makes of a sample what is stacked into a batch. `draw` is another number for each sample of each pass, for changes at
 * random.
 */
export type Transform<S> = (sample: S, draw: number) => Pair

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
  /** Batches made ready while the loop is busy with one, which bounds the memory. Default 0. */
  readonly prefetch?: number
  /**
   * `stack` (default) wants equal shapes; `pad` fills samples up to the longest along their first axis and gives
   * `PaddedBatch`.
   */
  readonly collate?: 'stack' | 'pad'
  /** Ends a pass by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

/** Batches; each `for await` is one pass over the data from their start. */
export interface Loader<B = Batch> extends AsyncIterable<B> {
  /** Samples in a batch; the last one may have fewer. */
  readonly batch: number
  /** Number of batches in a pass. */
  readonly length: number
  /** Number of samples in a pass. */
  readonly samples: number
  /**
   * The pass of this number, from 0, whatever passes there were before; without its first `from` batches, which are not
   * read. A loop that was interrupted goes on so.
   */
  pass(number: number, from?: number): AsyncIterable<B>
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
export function loader<S>(
  dataset: Dataset<S>,
  options: LoaderOptions<S> & { readonly transform: Transform<S>; readonly collate: 'pad' },
): Loader<PaddedBatch>
export function loader(
  dataset: Dataset<Pair>,
  options: LoaderOptions<Pair> & { readonly collate: 'pad' },
): Loader<PaddedBatch>
export function loader(dataset: ImageDataset, options: LoaderOptions<ImageSample>): Loader
export function loader(dataset: Dataset<Pair>, options: LoaderOptions<Pair>): Loader
export function loader<S>(dataset: Dataset<S>, options: LoaderOptions<S> & { readonly transform: Transform<S> }): Loader
export function loader<S>(dataset: Dataset<S>, options: LoaderOptions<S>): Loader<Batch | PaddedBatch> {
  checkMembers('loader', dataset, 'dataset', ['length', 'get()'], 'a data set such as await openDataset(..)')
  checkObject('loader', options)
  const { batch, shuffle = false, seed = 0, dropLast = false, prefetch = 0, collate = 'stack', signal } = options
  whole('batch', batch, 1)
  whole('prefetch', prefetch, 0)
  refuseWorkers(options)
  const transform =
    options.transform ?? (defaultTransform(dataset as unknown as ImageDataset) as unknown as Transform<S>)
  const length = dropLast ? Math.floor(dataset.length / batch) : Math.ceil(dataset.length / batch)
  const samples = Math.min(length * batch, dataset.length)
  let passes = 0
  async function* read(number: number, from: number): AsyncGenerator<Batch | PaddedBatch, void, undefined> {
    const order = shuffle ? permutation(dataset.length, seed, number) : undefined
    for (let start = from * batch; start < samples; start += batch) {
      const end = Math.min(start + batch, samples)
      const rows: Pair[] = []
      for (let at = start; at < end; at += window) {
        signal?.throwIfAborted()
        const indices = Array.from({ length: Math.min(window, end - at) }, (_, i) => (order ? order[at + i]! : at + i))
        const draw = (index: number): number => number * dataset.length + index
        const reads = indices.map((index) => dataset.get(index, draw(index)))
        for (const [i, sample] of (await Promise.all(reads)).entries()) rows.push(transform(sample, draw(indices[i]!)))
      }
      signal?.throwIfAborted()
      const y = stackLabels(rows.map(([, y]) => y))
      const x = rows.map(([x]) => x)
      if (collate === 'stack') yield [stack(x), y]
      else {
        const { data, lengths } = pad(x)
        yield [data, y, lengths]
      }
    }
  }
  const pass = (number: number, from = 0): AsyncGenerator<Batch | PaddedBatch, void, undefined> => {
    whole('pass', number, 0)
    whole('from', from, 0)
    return prefetch === 0 ? read(number, from) : ahead(read(number, from), prefetch)
  }
  return { batch, length, samples, pass, [Symbol.asyncIterator]: () => pass(passes++) }
}

/** The items of `source`, up to `count` of them made while the one before is in use. */
async function* ahead<T>(
  source: AsyncGenerator<T, void, undefined>,
  count: number,
): AsyncGenerator<T, void, undefined> {
  const queue: Promise<IteratorResult<T, void>>[] = []
  try {
    for (;;) {
      while (queue.length <= count) {
        const next = source.next()
        next.catch(() => {}) // it is thrown when its turn comes
        queue.push(next)
      }
      const item = await queue.shift()!
      if (item.done) return
      yield item.value
    }
  } finally {
    await source.return()
  }
}

/**
 * Other loaders take a number of workers beside a function, which cannot be sent to them: that must not pass unseen.
 */
function refuseWorkers(options: object): void {
  const { workers } = options as { readonly workers?: number }
  if (workers === undefined || workers === 0) return
  throw new SnnError(
    'ARGUMENT',
    `[loader] workers ${workers}, but a transform given here is a function, which cannot be sent to a thread. Give a data set of workerDataset (@snn/datasets/node), which takes named transforms or the URL of a module.`,
    { name: 'workers', value: workers },
  )
}

function whole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new SnnError('ARGUMENT', `[loader] ${name} ${value}, expected a whole number of at least ${least}.`, {
    name,
    value,
  })
}

function defaultTransform(dataset: ImageDataset): Transform<ImageSample> {
  if (dataset.dtype === 'uint8') return preprocess({})
  return dataset.dtype === 'float32'
    ? ({ image, label }) => [image, label]
    : (((pair: unknown) => pair) as Transform<ImageSample>)
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

/** Tensors [T_i, ...] as [N, max T_i, ...] with zeros, and the T_i. */
function pad(rows: readonly TensorLike[]): { data: TensorLike; lengths: TensorLike } {
  const hosts = rows.map((row) => hostTensor(row, 'loader'))
  const first = hosts[0]!
  const inner = first.shape.slice(1)
  for (const { shape, dtype } of hosts) {
    if (shape.length > 0 && sameShape(shape.slice(1), inner) && dtype === first.dtype) continue
    throw new SnnError(
      'SHAPE',
      `[loader] samples ${first.dtype} ${formatShape(first.shape)} and ${dtype} ${formatShape(shape)} to pad, expected equal ones but for the first axis.`,
      { shapes: [first.shape, shape] },
    )
  }
  const longest = Math.max(...hosts.map(({ shape }) => shape[0]!))
  const stride = longest * sizeOf(inner)
  const data = allocate(first.dtype, rows.length * stride)
  hosts.forEach((host, i) => data.set(host.data, i * stride))
  const lengths: TensorLike = {
    data: Int32Array.from(hosts, ({ shape }) => shape[0]!),
    shape: [rows.length],
    dtype: 'int32',
  }
  return { data: { data, shape: [rows.length, longest, ...inner], dtype: first.dtype }, lengths }
}

/** Which steps of a padded batch are there: bool [T, N], true where t < lengths[n]. */
export function lengthMask(lengths: TensorLike, T: number): TensorLike {
  checkMembers('lengthMask', lengths, 'lengths', ['data', 'shape'], '{ data, shape }')
  checkArrayLike('lengthMask', lengths.data, 'lengths.data')
  const n = lengths.data.length
  return {
    data: Uint8Array.from({ length: T * n }, (_, i) => (Math.floor(i / n) < lengths.data[i % n]! ? 1 : 0)),
    shape: [T, n],
    dtype: 'bool',
  }
}

function stackLabels(rows: readonly (TensorLike | number)[]): TensorLike {
  return stack(rows.map((row) => (typeof row === 'number' ? labelTensor(row) : row)))
}

function labelTensor(label: number): TensorLike {
  const data = Int32Array.of(label)
  if (data[0] === label) return { data, shape: [], dtype: 'int32' }
  throw new SnnError(
    'ARGUMENT',
    `[loader] label ${label}, expected a whole number of 32 bits. Return a float32 tensor for other targets.`,
    { name: 'label', value: label },
  )
}

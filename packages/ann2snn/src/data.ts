import { checkMembers, wrongArgument, SnnError, type TensorLike } from '@snn/tensor'

/** Inputs [N, ..], alone or with labels [N]. */
export type Batch = TensorLike | readonly [x: TensorLike, y: TensorLike]

/** Batches that can be gone through more than once: an array, or a loader. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>

/** Throws `CALIBRATION` for data that can be gone through only once, such as a generator. */
export function checkReiterable(data: Batches, operation: string): void {
  checkBatches(operation, data)
  const iterator: unknown = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]()
  if (iterator === data) {
    throw new SnnError(
      'CALIBRATION',
      `[${operation}] the data are a generator or iterator that can be gone through once, expected an array of batches or a loader. Collect the batches: const batches = []; for await (const b of data) batches.push(b).`,
      { reason: 'one-shot' },
    )
  }
}

function checkBatches(operation: string, data: unknown): void {
  if (typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)) return
  const fix = typeof data === 'string' ? `Open it first: loader(await openDataset('${data}'), { batch: 64 }), of @snn/datasets.` : undefined
  throw wrongArgument(operation, 'data', data, 'batches: an array of { data, shape } or of [x, labels], or a loader', fix)
}

function checkBatch(operation: string, batch: unknown): void {
  for (const [i, part] of (Array.isArray(batch) ? batch.slice(0, 2) : [batch]).entries()) {
    if (i === 1 && part === undefined) continue
    checkMembers(operation, part, i === 1 ? 'the labels of a batch' : 'a batch', ['data', 'shape'], '{ data, shape }, or [x, labels]')
  }
}

export interface LabelledBatch {
  readonly x: TensorLike
  readonly labels: ArrayLike<number> | undefined
  /** Number of samples. */
  readonly size: number
}

/** Batches one by one; checks each, and the signal before it. */
export async function* eachBatch(data: Batches, operation: string, signal?: AbortSignal): AsyncGenerator<LabelledBatch> {
  checkBatches(operation, data)
  for await (const batch of data) {
    signal?.throwIfAborted()
    checkBatch(operation, batch)
    const [x, y] = isPair(batch) ? batch : [batch, undefined]
    const size = x.shape[0] ?? 0
    if (size === 0) continue
    if (y && y.data.length !== size) {
      throw new SnnError('SHAPE', `[${operation}] ${size} inputs with ${y.data.length} labels, expected one label each.`, { shapes: [x.shape, y.shape] })
    }
    yield { x, labels: y?.data, size }
  }
}

function isPair(batch: Batch): batch is readonly [TensorLike, TensorLike] {
  return Array.isArray(batch)
}

/** Index of the largest of `data[start], .., data[start + count - 1]`, counted from start; the first of equals. */
export function argmax(data: ArrayLike<number>, start: number, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++) if (data[start + i]! > data[start + best]!) best = i
  return best
}

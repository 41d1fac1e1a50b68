import { SnnError, type TensorLike } from '@snn/tensor'
import { checkMembers, indexOfNotFinite, wrongArgument } from '@snn/tensor/library'

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

/** The first `count` samples of the data, in the same batches. Throws `ARGUMENT` for a count below 1. */
export function firstSamples(data: Batches, count: number): Batches {
  if (!(Number.isSafeInteger(count) && count >= 1))
    throw new SnnError('ARGUMENT', `[convert] samples ${count}, expected a whole number of at least 1.`, {
      name: 'samples',
      value: count,
    })
  return {
    async *[Symbol.asyncIterator]() {
      let left = count
      for await (const { x, labels, size } of eachBatch(data, 'convert')) {
        const taken = Math.min(size, left)
        const head = firstRows(x, taken)
        yield labels
          ? ([head, { data: Float32Array.from({ length: taken }, (_, n) => labels[n]!), shape: [taken] }] as const)
          : head
        left -= taken
        if (left === 0) return
      }
    },
  }
}

/** The first rows of a batch; no data are copied. */
export function firstRows(x: TensorLike, rows: number): TensorLike {
  const [size = 0, ...sample] = x.shape
  return { ...x, data: x.data.subarray(0, (x.data.length / size) * rows), shape: [rows, ...sample] }
}

function checkBatches(operation: string, data: unknown): void {
  if (typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)) return
  const fix =
    typeof data === 'string'
      ? `Open it first: loader(await openDataset('${data}'), { batch: 64 }), of @snn/datasets.`
      : undefined
  throw wrongArgument(
    operation,
    'data',
    data,
    'batches: an array of { data, shape } or of [x, labels], or a loader',
    fix,
  )
}

export function checkBatch(operation: string, batch: unknown): void {
  for (const [i, part] of (Array.isArray(batch) ? [batch[0] as unknown, batch[1] as unknown] : [batch]).entries()) {
    if (i === 1 && part === undefined) continue
    checkMembers(
      operation,
      part,
      i === 1 ? 'the labels of a batch' : 'a batch',
      ['data', 'shape'],
      '{ data, shape }, or [x, labels]',
    )
  }
}

export interface LabelledBatch {
  readonly x: TensorLike
  readonly labels: ArrayLike<number> | undefined
  /** Number of samples. */
  readonly size: number
}

/** What goes through data that thresholds are chosen by. */
const calibrating: ReadonlySet<string> = new Set(['convert', 'search'])

/**
 * Throws for samples x [N, ..] with a value that is not finite, `before` of which came in earlier batches:
 * `CALIBRATION` where they calibrate ('convert', 'search'), else `ARGUMENT`.
 */
export function checkFinite(operation: string, x: TensorLike, before = 0): void {
  checkMembers(operation, x, 'x', ['data', 'shape'], '{ data, shape }')
  const { data, shape } = x
  const wrong = indexOfNotFinite(data)
  if (wrong < 0) return
  const perSample = data.length / (shape[0] ?? 1)
  const text = `[${operation}] sample ${before + Math.floor(wrong / perSample)} of the data has ${data[wrong]} at place ${wrong % perSample}, expected finite numbers. Check the preprocessing, or leave the sample out.`
  throw calibrating.has(operation)
    ? new SnnError('CALIBRATION', text, { reason: 'not-finite' })
    : new SnnError('ARGUMENT', text, { name: 'data', value: data[wrong] })
}

/**
 * Batches one by one; checks each, and the signal before it.
 *
 * @throws `SHAPE` for labels that do not fit; for values that are not finite, and for calibration data that are all
 * zero, `CALIBRATION`, or
 *   `ARGUMENT` where nothing is calibrated
 */
export async function* eachBatch(
  data: Batches,
  operation: string,
  signal?: AbortSignal,
): AsyncGenerator<LabelledBatch> {
  checkBatches(operation, data)
  const calibrates = calibrating.has(operation)
  let before = 0
  let allZero = true
  for await (const batch of data) {
    signal?.throwIfAborted()
    checkBatch(operation, batch)
    const [x, y] = isPair(batch) ? batch : [batch, undefined]
    const size = x.shape[0] ?? 0
    if (size === 0) continue
    if (y && y.data.length !== size) {
      throw new SnnError(
        'SHAPE',
        `[${operation}] ${size} inputs with ${y.data.length} labels, expected one label each.`,
        { shapes: [x.shape, y.shape] },
      )
    }
    checkFinite(operation, x, before)
    allZero &&= x.data.every((value) => value === 0)
    before += size
    yield { x, labels: y?.data, size }
  }
  if (calibrates && before > 0 && allZero) {
    throw new SnnError(
      'CALIBRATION',
      `[${operation}] all ${before} calibration samples are nothing but zeros, expected typical inputs. Check the data and the preprocessing.`,
      { reason: 'zero' },
    )
  }
}

export function isPair(batch: Batch): batch is readonly [TensorLike, TensorLike] {
  return Array.isArray(batch)
}

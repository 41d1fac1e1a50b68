import { SnnError, type TensorLike } from '@snn/tensor'
import { indexOfNotFinite } from './not-finite.js'

/** Inputs [N, ..], alone or with labels [N]. */
export type Batch = TensorLike | readonly [x: TensorLike, y: TensorLike]

/** Batches that can be gone through more than once: an array, or a loader. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>

/** Throws `CALIBRATION` for data that can be gone through only once, such as a generator. */
export function checkReiterable(data: Batches, operation: string): void {
  const iterator: unknown = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]()
  if (iterator === data) {
    throw new SnnError(
      'CALIBRATION',
      `[${operation}] the data are a generator or iterator that can be gone through once, expected an array of batches or a loader. Collect the batches: const batches = []; for await (const b of data) batches.push(b).`,
      { reason: 'one-shot' },
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
 * Batches one by one; checks each, and the signal before it.
 *
 * @throws `SHAPE` for labels that do not fit; for values that are not finite, and for calibration data that are all zero, `CALIBRATION`, or
 *   `ARGUMENT` where nothing is calibrated
 */
export async function* eachBatch(data: Batches, operation: string, signal?: AbortSignal): AsyncGenerator<LabelledBatch> {
  const calibrates = calibrating.has(operation)
  let before = 0
  let allZero = true
  for await (const batch of data) {
    signal?.throwIfAborted()
    const [x, y] = isPair(batch) ? batch : [batch, undefined]
    const size = x.shape[0] ?? 0
    if (size === 0) continue
    if (y && y.data.length !== size) {
      throw new SnnError('SHAPE', `[${operation}] ${size} inputs with ${y.data.length} labels, expected one label each.`, { shapes: [x.shape, y.shape] })
    }
    const wrong = indexOfNotFinite(x.data)
    if (wrong >= 0) {
      const perSample = x.data.length / size
      const text = `[${operation}] sample ${before + Math.floor(wrong / perSample)} of the data has ${x.data[wrong]} at place ${wrong % perSample}, expected finite numbers. Check the preprocessing, or leave the sample out.`
      throw calibrates ? new SnnError('CALIBRATION', text, { reason: 'not-finite' }) : new SnnError('ARGUMENT', text, { name: 'data', value: x.data[wrong] })
    }
    allZero &&= x.data.every((value) => value === 0)
    before += size
    yield { x, labels: y?.data, size }
  }
  if (calibrates && before > 0 && allZero) {
    throw new SnnError('CALIBRATION', `[${operation}] all ${before} calibration samples are nothing but zeros, expected typical inputs. Check the data and the preprocessing.`, { reason: 'zero' })
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

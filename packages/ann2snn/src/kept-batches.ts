import { hostTensor, type TensorLike } from '@snn/tensor'
import { checkBatch, eachBatch, isPair, type Batch, type Batches } from './data.js'

/** Batches that are counted. */
export interface KeptBatches extends AsyncIterable<Batch> {
  /** Number of samples. */
  count(): Promise<number>
}

/** Bytes of batches that are kept. */
const mostBytes = 2 ** 30

/**
 * The same batches, made once: decoding and resizing photographs takes longer than a network. Copies of those that were
 * gone through are kept for later passes, as long as they fit into 1 GiB; else all are made again in every pass.
 */
export function keptBatches(data: Batches): KeptBatches {
  const kept: Batch[] = []
  let bytes = 0
  let isWhole = false
  let keeps = !Array.isArray(data)
  let samples: number | undefined
  return {
    async *[Symbol.asyncIterator]() {
      let index = 0
      let count = 0
      for (; index < kept.length; index++) {
        count += sizeOf(kept[index]!)
        yield kept[index]!
      }
      if (isWhole) return
      let skipped = 0
      for await (const batch of data) {
        if (skipped++ < index) continue
        checkBatch('convert', batch)
        bytes += inputsOf(batch).data.byteLength
        if (bytes > mostBytes) keeps = false
        if (!keeps) kept.length = 0
        else if (kept.length === index) kept.push(copyOf(batch))
        index++
        count += sizeOf(batch)
        yield batch
      }
      samples = count
      isWhole = keeps
    },
    async count() {
      if (samples === undefined) for await (const _ of eachBatch(this, 'convert')) continue
      return samples!
    },
  }
}

function inputsOf(batch: Batch): TensorLike {
  return isPair(batch) ? batch[0] : batch
}

function sizeOf(batch: Batch): number {
  return inputsOf(batch).shape[0] ?? 0
}

/** Whoever makes batches may use their memory again. */
function copyOf(batch: Batch): Batch {
  const copy = (x: TensorLike): TensorLike => ({ ...x, data: hostTensor(x, 'convert').data.slice() })
  return isPair(batch) && batch[1] ? [copy(batch[0]), copy(batch[1])] : copy(inputsOf(batch))
}

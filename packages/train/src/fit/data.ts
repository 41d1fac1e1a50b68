import { formatShape, hostTensor, sizeOf, SnnError, type TensorLike } from '@snn/tensor'
import { allocate } from '@snn/tensor/library'

/** A batch: inputs [N, ..] and targets [N, ..], as a rule class indices. More entries are left alone. */
export type TrainingBatch = readonly [x: TensorLike, y: TensorLike, ...unknown[]]

/** Data in numbered passes, as the `loader` of @snn/datasets gives them. */
export interface TrainingData {
  /** Samples in a batch; the last one of a pass may have fewer. */
  readonly batch: number
  /** Samples in a pass. */
  readonly samples: number
  /** The pass of this number without its first `from` batches: always the same ones in the same order. */
  pass(number: number, from?: number): AsyncIterable<TrainingBatch>
}

/** `x` with zeros after its end, so that it has `batch` samples. Throws `SHAPE` when it has more. */
export function padBatch(x: TensorLike, batch: number): TensorLike {
  const { data, shape, dtype } = hostTensor(x, 'evaluate')
  const [n = 0, ...sample] = shape
  if (n === batch) return x
  if (n > batch || shape.length === 0) {
    throw new SnnError(
      'SHAPE',
      `[evaluate] a batch of shape ${formatShape(shape)}, expected at most ${batch} samples, as the data say.`,
      { shapes: [shape, [batch, ...sample]] },
    )
  }
  const padded = allocate(dtype, batch * sizeOf(sample))
  padded.set(data)
  return { data: padded, shape: [batch, ...sample], dtype }
}

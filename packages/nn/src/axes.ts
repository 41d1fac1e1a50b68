import { formatShape, SnnError, type Tensor } from '@snn/tensor'
import type { Context } from './layer.js'

/** An axis of a sample as an axis of [.., sample]; negative ones count from the back. */
export function sampleAxis(axis: number, { lead }: Context): number {
  return axis < 0 ? axis : axis + lead
}

/** Throws `SHAPE` unless a sample of `x` has `rank` axes. */
export function checkSampleRank(kind: string, x: Tensor, rank: number, { lead }: Context): void {
  if (x.shape.length === lead + rank) return
  const names = [...(lead === 2 ? ['T', 'N'] : ['N']), ...['C', 'H', 'W'].slice(0, rank)]
  throw new SnnError('SHAPE', `[${kind}] input of shape ${formatShape(x.shape)}, expected [${names.join(',')}]. Reshape it, or run the network over ${lead === 2 ? 'one step' : 'a sequence'}.`, {
    shapes: [x.shape],
  })
}

/** Throws `NEEDS_SEQUENCE` unless `x` is a whole sequence [T, N, ..]. */
export function checkSequence(kind: string, { lead }: Context): void {
  if (lead === 2) return
  throw new SnnError('NEEDS_SEQUENCE', `[${kind}] one step, expected all steps [T,N,..] at once. Run the network with forward(), not stepwise or as a stream.`, { layer: kind })
}

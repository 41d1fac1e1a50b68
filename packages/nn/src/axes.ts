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

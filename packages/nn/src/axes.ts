import { formatShape, SnnError, type Tensor } from '@snn/tensor'
import type { Context } from './layer.js'

/** An axis of a sample as an axis of [.., sample]; negative ones count from the back. */
export function sampleAxis(axis: number, { lead }: Context): number {
  return axis < 0 ? axis : axis + lead
}

/** Throws `SHAPE` unless a sample of `x` has `rank` axes, or as many as one of the ranks. */
export function checkSampleRank(kind: string, x: Tensor, rank: number | readonly number[], { lead }: Context): void {
  const ranks = typeof rank === 'number' ? [rank] : rank
  if (ranks.includes(x.shape.length - lead)) return
  const front = lead === 2 ? ['T', 'N'] : ['N']
  const expected = ranks
    .map((n) => `[${[...front, 'C', ...(n === 4 ? ['D', 'H', 'W'] : ['H', 'W'])].slice(0, lead + n).join(',')}]`)
    .join(' or ')
  throw new SnnError(
    'SHAPE',
    `[${kind}] input of shape ${formatShape(x.shape)}, expected ${expected}. Reshape it, or run the network over ${lead === 2 ? 'one step' : 'a sequence'}.`,
    { shapes: [x.shape] },
  )
}

/** Throws `SHAPE` unless `x` has `size` values along `axis`; negative ones count from the back. */
export function checkSize(kind: string, x: Tensor, axis: number, size: number): void {
  if (x.shape.at(axis) === size && x.shape.length > Math.max(axis, 1)) return
  const at = axis < 0 ? axis + x.shape.length : axis
  const expected = x.shape.map((n, i) => (i === at ? size : n))
  const wanted = at >= 0 && at < x.shape.length ? formatShape(expected) : `at least ${at + 1} axes`
  throw new SnnError(
    'SHAPE',
    `[${kind}] input of shape ${formatShape(x.shape)}, expected ${wanted}. Correct the sizes of this layer, or those before it.`,
    { shapes: [x.shape] },
  )
}

/** Throws `NEEDS_SEQUENCE` unless `x` is a whole sequence [T, N, ..]. */
export function checkSequence(kind: string, { lead }: Context): void {
  if (lead === 2) return
  throw new SnnError(
    'NEEDS_SEQUENCE',
    `[${kind}] one step, expected all steps [T,N,..] at once, for it looks at steps to come or makes another number of steps. Run the network with forward(), not stepwise or as a stream, or leave the layer out.`,
    { layer: kind },
  )
}

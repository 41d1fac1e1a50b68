import type { LayerOf } from '@snn/nn'
import { compile, reference, zeros } from '@snn/tensor'

/** y = scale x + shift, element by element of a sample. */
export interface Affine {
  readonly scale: Float64Array
  readonly shift: Float64Array
}

/** `first`, then `next`. */
export function thenAffine(first: Affine | undefined, next: Affine): Affine {
  if (!first) return next
  return {
    scale: next.scale.map((a, i) => a * first.scale[i]!),
    shift: next.shift.map((b, i) => next.scale[i]! * first.shift[i]! + b),
  }
}

/**
 * What a layer with a constant (`constantLayer`) does to a sample of `shape`: x + c, c + x, x - c, c - x, x c, c x or x
 * / c. Undefined for what is not affine in x.
 */
export async function affineOf(
  { config: { function: operation, swap }, variables }: LayerOf<'constant'>,
  shape: readonly number[],
): Promise<Affine | undefined> {
  const operand = variables['operand']!
  await using broadcast = compile(() => operand.read().add(zeros(shape)), { backend: reference() })
  const c = Float64Array.from((await broadcast()).data)
  const all = (value: number): Float64Array => new Float64Array(c.length).fill(value)
  if (operation === 'add') return { scale: all(1), shift: c }
  if (operation === 'sub')
    return swap ? { scale: all(-1), shift: c } : { scale: all(1), shift: c.map((value) => -value) }
  if (operation === 'mul') return { scale: c, shift: all(0) }
  if (operation === 'div' && !swap) return { scale: c.map((value) => 1 / value), shift: all(0) }
  return undefined
}

/** The value of each channel of [C, ..], where it is the same all over the channel. */
export function byChannel(values: Float64Array, channels: number): Float64Array | undefined {
  const area = values.length / channels
  return values.every((value, i) => value === values[Math.floor(i / area) * area])
    ? Float64Array.from({ length: channels }, (_, channel) => values[channel * area]!)
    : undefined
}

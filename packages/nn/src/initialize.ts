import type { Shape } from '@snn/tensor'
import { drawnVariables, type DrawnVariables, type Draws } from '@snn/tensor/library'
import { fanInUniform, type Initializer } from './initializers.js'

/** The key of a layer's random numbers: a hash (FNV-1a, 32 bits) of the seed and the layer's dotted path. */
export function keyOf(seed: number, path: string): number {
  let hash = 0x811c9dc5
  for (const unit of `${seed}:${path}`) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193)
  return hash
}

export type Weights = DrawnVariables<string>

export interface DrawOptions {
  /** Default: fanIn. */
  readonly fanOut?: number
  /** By name of the array; the others are drawn by `fanInUniform`. */
  readonly initializers?: Readonly<Record<string, Initializer | undefined>>
}

/** Variables of the given shapes, each drawn by its initializer. */
export function drawnWeights(
  kind: string,
  shapes: Readonly<Record<string, Shape>>,
  fanIn: number,
  { fanOut = fanIn, initializers = {} }: DrawOptions = {},
): Weights {
  const fans = { fanIn, fanOut }
  const specs = Object.entries(shapes).map(
    ([name, shape]) =>
      [
        name,
        { shape, draw: (of: Shape, draws: Draws) => (initializers[name] ?? fanInUniform)(of, fans, draws) },
      ] as const,
  )
  return drawnVariables(kind, Object.fromEntries(specs))
}

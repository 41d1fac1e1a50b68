import { interpret, normal, referenceKernels, uniform, variable, type Shape, type Variable } from '@snn/tensor'
import { fanInUniform, type Initializer } from './initializers.js'

/** The key of a layer's random numbers: a hash (FNV-1a, 32 bits) of the seed and the layer's dotted path. */
export function keyOf(seed: number, path: string): number {
  let hash = 0x811c9dc5
  for (const unit of `${seed}:${path}`) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193)
  return hash
}

export interface Weights {
  readonly variables: Readonly<Record<string, Variable>>
  initialize(key: number): void
}

export interface DrawOptions {
  /** Default: fanIn. */
  readonly fanOut?: number
  /** By name of the array; the others are drawn by `fanInUniform`. */
  readonly initializers?: Readonly<Record<string, Initializer | undefined>>
}

/** Variables of the given shapes, each drawn by its initializer from a stream of random numbers of its own. */
export function drawnWeights(kind: string, shapes: Readonly<Record<string, Shape>>, fanIn: number, { fanOut = fanIn, initializers = {} }: DrawOptions = {}): Weights {
  const value = (name: string, shape: Shape, key: number, stream: number) => {
    const source = { seed: key, stream }
    const draws = { uniform: (of: Shape) => uniform(of, source), normal: (of: Shape) => normal(of, source) }
    const first = (initializers[name] ?? fanInUniform)(shape, { fanIn, fanOut }, draws)
    return { data: interpret(first, referenceKernels).data, shape }
  }
  const variables = Object.fromEntries(Object.entries(shapes).map(([name, shape], stream) => [name, variable(value(name, shape, 0, stream), { name: `${kind}.${name}` })]))
  const drawn = new Map(Object.values(variables).map((weight) => [weight, weight.version]))
  return {
    variables,
    initialize(key) {
      if ([...drawn].some(([weight, version]) => weight.version !== version)) return
      Object.entries(variables).forEach(([name, weight], stream) => {
        weight.set(value(name, weight.shape, key, stream))
        drawn.set(weight, weight.version)
      })
    },
  }
}

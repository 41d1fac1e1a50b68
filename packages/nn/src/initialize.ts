import { interpret, referenceKernels, uniform, variable, type Shape, type Variable } from '@snn/tensor'

/** The key of a layer's random numbers: a hash (FNV-1a, 32 bits) of the seed and the layer's dotted path. */
export function keyOf(seed: number, path: string): number {
  let hash = 0x811c9dc5
  for (const unit of `${seed}:${path}`) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193)
  return hash
}

/** Uniform numbers in [-bound, bound): counter-based, so the same wherever they are drawn. */
function draw(shape: Shape, bound: number, key: number, stream: number): Float32Array {
  return interpret(uniform(shape, { seed: key, stream }).mul(2 * bound).sub(bound), referenceKernels).data as Float32Array
}

export interface Weights {
  readonly variables: Readonly<Record<string, Variable>>
  initialize(key: number): void
}

/**
 * Weights drawn uniformly from [-1 / sqrt(fanIn), 1 / sqrt(fanIn)): what He et al. 2015 call uniform initialisation, with the
 * gain of a leaky ReLU of slope sqrt(5), as PyTorch does for convolutions, linear layers and their biases.
 */
export function drawnWeights(kind: string, shapes: Readonly<Record<string, Shape>>, fanIn: number): Weights {
  const bound = 1 / Math.sqrt(fanIn)
  const entries = Object.entries(shapes)
  const value = (shape: Shape, key: number, stream: number) => ({ data: draw(shape, bound, key, stream), shape })
  const variables = Object.fromEntries(entries.map(([name, shape], stream) => [name, variable(value(shape, 0, stream), { name: `${kind}.${name}` })]))
  const drawn = new Map(Object.values(variables).map((weight) => [weight, weight.version]))
  return {
    variables,
    initialize(key) {
      if ([...drawn].some(([weight, version]) => weight.version !== version)) return
      Object.values(variables).forEach((weight, stream) => {
        weight.set(value(weight.shape, key, stream))
        drawn.set(weight, weight.version)
      })
    },
  }
}

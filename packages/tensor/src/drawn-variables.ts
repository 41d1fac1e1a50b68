import { checkObject } from './check.js'
import { interpret } from './interpret.js'
import { normal, uniform } from './ops/leaf.js'
import { referenceKernels } from './reference/kernels.js'
import type { Shape } from './shape.js'
import type { Tensor } from './tensor.js'
import { variable } from './variable-cell.js'
import type { Variable } from './variable.js'

/** Where first values take their random numbers from: counter-based, so the same wherever they are drawn. */
export interface Draws {
  /** Uniform in [0, 1). */
  uniform(shape: Shape): Tensor
  /** Standard normal. */
  normal(shape: Shape): Tensor
}

/** A Variable to be made: its first values are a constant tensor of this shape. */
export interface DrawnSpec {
  readonly shape: Shape
  draw(shape: Shape, draws: Draws): Tensor
}

/** Variables whose first values are drawn at random. */
export interface DrawnVariables<K extends string> {
  readonly variables: Readonly<Record<K, Variable>>
  /** Draws again from `key`, unless one of those drawn has been trained or set since. */
  initialize(key: number): void
}

/**
 * Variables with first values drawn from key 0, each from a stream of random numbers of its own; those of `given` stand
 * in for theirs.
 */
export function drawnVariables<K extends string>(
  kind: string,
  specs: Readonly<Record<K, DrawnSpec>>,
  given: { readonly [N in K]?: Variable | undefined } = {},
): DrawnVariables<K> {
  checkObject('drawnVariables', specs, 'specs')
  checkObject('drawnVariables', given, 'given')
  const names = Object.keys(specs) as K[]
  const value = (name: K, key: number) => {
    const { shape, draw } = specs[name]
    const source = { seed: key, stream: names.indexOf(name) }
    const first = draw(shape, { uniform: (of) => uniform(of, source), normal: (of) => normal(of, source) })
    return { data: interpret(first, referenceKernels).data, shape }
  }
  const variables = Object.fromEntries(
    names.map((name) => [name, given[name] ?? variable(value(name, 0), { name: `${kind}.${name}` })]),
  ) as Record<K, Variable>
  const drawn = new Map(names.filter((name) => !given[name]).map((name) => [name, variables[name].version]))
  return {
    variables,
    initialize(key) {
      if ([...drawn].some(([name, version]) => variables[name].version !== version)) return
      for (const name of drawn.keys()) {
        variables[name].set(value(name, key))
        drawn.set(name, variables[name].version)
      }
    },
  }
}

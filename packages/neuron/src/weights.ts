import { interpret, referenceKernels, uniform, variable, type Shape, type Variable } from '@snn/tensor'

export interface Weights<K extends string> {
  readonly variables: Readonly<Record<K, Variable>>
  /** Draws again from `key`, unless a weight was given, trained or set since it was drawn last. */
  initialize(key: number): void
}

/** Variables with values drawn uniformly from [-bound, bound) around `at` (default 0), or the Variables given in their place. */
export function weights<K extends string>(
  kind: string,
  specs: Readonly<Record<K, { readonly shape: Shape; readonly bound: number; readonly at?: number }>>,
  given: { readonly [N in K]?: Variable | undefined } = {},
): Weights<K> {
  const value = (name: K, key: number) => {
    const { shape, bound, at = 0 } = specs[name]
    const stream = names.indexOf(name)
    return { data: interpret(uniform(shape, { seed: key, stream }).mul(2 * bound).add(at - bound), referenceKernels).data as Float32Array, shape }
  }
  const names = Object.keys(specs) as K[]
  const variables = Object.fromEntries(names.map((name) => [name, given[name] ?? variable(value(name, 0), { name: `${kind}.${name}` })])) as Record<K, Variable>
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

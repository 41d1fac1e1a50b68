import type { Shape, Variable } from '@snn/tensor'
import { drawnVariables, type DrawnSpec, type DrawnVariables } from '@snn/tensor/library'

interface UniformSpec {
  readonly shape: Shape
  readonly bound: number
  /** Default 0. */
  readonly at?: number
}

/** Variables with values drawn uniformly from [-bound, bound) around `at`, or the Variables given in their place. */
export function weights<K extends string>(
  kind: string,
  specs: Readonly<Record<K, UniformSpec>>,
  given: { readonly [N in K]?: Variable | undefined } = {},
): DrawnVariables<K> {
  const drawn = ({ shape, bound, at = 0 }: UniformSpec): DrawnSpec => ({
    shape,
    draw: (of, { uniform }) =>
      uniform(of)
        .mul(2 * bound)
        .add(at - bound),
  })
  return drawnVariables(
    kind,
    Object.fromEntries(Object.entries<UniformSpec>(specs).map(([name, spec]) => [name, drawn(spec)])) as Record<
      K,
      DrawnSpec
    >,
    given,
  )
}

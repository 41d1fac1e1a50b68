import type { Surrogate } from '@snn/surrogate'
import type { Variable } from '@snn/tensor'

/** What a surrogate adds to the layer that has it. */
export function surrogateParts(surrogate: Surrogate): { readonly config: { readonly surrogate: Readonly<Record<string, unknown>> }; readonly variables: Readonly<Record<string, Variable>>; readonly trainable: readonly string[] } {
  const under = (name: string): string => `surrogate.${name}`
  return {
    config: { surrogate: { name: surrogate.name, ...surrogate.parameters } },
    variables: Object.fromEntries(Object.entries(surrogate.variables).map(([name, value]) => [under(name), value])),
    trainable: surrogate.trainable.map(under),
  }
}

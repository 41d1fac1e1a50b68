import type { Variable } from '@snn/tensor'
import type { Cell } from './spec.js'

/**
 * A cell around another: with variables of its own besides those of the inner one, also the ones that come with the
 * first input.
 */
export function wrapCell<S extends string>(
  inner: Cell,
  own: Omit<Cell<S>, 'contract' | 'variables' | 'trainable'> & {
    readonly variables: Readonly<Record<string, Variable>>
    readonly trainable: readonly string[]
  },
): Cell<S> {
  const { variables, trainable, initialize, ...rest } = own
  return {
    contract: 1,
    ...rest,
    ...(inner.steps !== undefined && { steps: inner.steps }),
    get variables() {
      return { ...inner.variables, ...variables }
    },
    trainable: [...inner.trainable, ...trainable],
    initialize(key) {
      inner.initialize?.(key)
      initialize?.(key)
    },
  }
}

import { createNode } from './build.js'
import { SnnError } from './error.js'
import type { Tensor } from './tensor.js'
import { currentScope, scopeOf, type Scope } from './trace.js'
import type { Variable } from './variable.js'

function traceOf(variable: Variable, operation: string): Scope {
  const scope = currentScope()
  for (let at = scope; at; at = at.parent) if (at.kind === 'compile') return scope!
  throw new SnnError(
    'OUTSIDE_TRACE',
    `[${variable.name}.${operation}] called outside of a compiled function. Use data() or set() there, or call it inside the function given to compile().`,
    { variable: variable.name },
  )
}

/** What a Variable holds in the current trace. */
export function readVariable(variable: Variable): Tensor {
  const scope = traceOf(variable, 'read')
  for (let at: Scope = scope; ; at = at.parent!) {
    const value = at.values.get(variable)
    if (value) return value
    if (at.parent === null) {
      const [value] = createNode('read', [], { variable }, [variable], at)
      at.values.set(variable, value!)
      return value!
    }
  }
}

/** What it holds from now on. */
export function assignVariable(variable: Variable, value: Tensor): void {
  const scope = traceOf(variable, 'assign')
  scopeOf([value], `${variable.name}.assign`)
  scope.values.set(variable, value)
  scope.assigned.add(variable)
}

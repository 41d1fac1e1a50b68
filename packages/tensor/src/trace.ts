import { checkFunction, checkTensor } from './check.js'
import { SnnError } from './error.js'
import type { Node } from './graph.js'
import type { Tensor } from './tensor.js'
import type { Variable } from './variable.js'

/**
 * One function being traced: the argument of `compile`, or the step of a `scan`. Scopes nest. A tensor belongs to the
 * innermost scope it depends on and may be used only while that scope is open.
 */
export interface Scope {
  readonly kind: 'compile' | 'scan'
  readonly parent: Scope | null
  readonly depth: number
  open: boolean
  /** What each Variable holds now, where this scope has read or assigned it. */
  readonly values: Map<Variable, Tensor>
  readonly assigned: Set<Variable>
}

/** Where nodes come from: the module path and the place in the user's code. */
export type Origin = Pick<Node, 'path' | 'place'>

interface TraceState {
  scope: Scope | null
  readonly path: string[]
  origin: Origin | null
}

// One per process, so that two installed copies of this package trace together.
const key = Symbol.for('@snn/tensor:trace')

function state(): TraceState {
  const root = globalThis as { [key]?: TraceState }
  return (root[key] ??= { scope: null, path: [], origin: null })
}

export function currentScope(): Scope | null {
  return state().scope
}

/** Dotted path of the module that is being built, empty outside of modules. */
export function currentPath(): string {
  return state().path.join('.')
}

/** Runs `fn` with `name` added to the module path, which errors and profiles show. */
export function withPath<T>(name: string, fn: () => T): T {
  checkFunction('withPath', fn, 'fn')
  const { path } = state()
  path.push(name)
  try {
    return fn()
  } finally {
    path.pop()
  }
}

/**
 * Where the nodes being built come from, where that is known: from the node that a pass replaces, or from one operation
 * of several nodes.
 */
export function currentOrigin(): Origin | null {
  return state().origin
}

/** Runs `fn`, whose new nodes take their path and place from `origin`. */
export function withOrigin<T>(origin: Origin, fn: () => T): T {
  const now = state()
  const before = now.origin
  now.origin = origin
  try {
    return fn()
  } finally {
    now.origin = before
  }
}

/** Runs `fn` on each of the origins, from which the nodes that are new take their path and place. */
export function withEachOrigin<O extends Origin>(origins: readonly O[], fn: (origin: O) => void): void {
  const now = state()
  const before = now.origin
  try {
    for (const origin of origins) {
      now.origin = origin
      fn(origin)
    }
  } finally {
    now.origin = before
  }
}

export function newScope(kind: Scope['kind']): Scope {
  const parent = state().scope
  return { kind, parent, depth: (parent?.depth ?? 0) + 1, open: false, values: new Map(), assigned: new Set() }
}

/** Runs `fn` inside `scope`, which is open meanwhile. A scan's scope is entered again to differentiate its body. */
export function inScope<T>(scope: Scope, fn: () => T): T {
  const now = state()
  const before = now.scope
  const wasOpen = scope.open
  now.scope = scope
  scope.open = true
  try {
    return fn()
  } finally {
    scope.open = wasOpen
    now.scope = before
  }
}

/** The innermost scope of tensors that are about to be combined. Throws `TRACE_LEAK` when one of them has ended. */
export function scopeOf(tensors: readonly Tensor[], operation: string): Scope | null {
  let innermost: Scope | null = null
  for (const tensor of tensors) {
    checkTensor(operation, tensor, 'an operand')
    const { node } = tensor
    const scope = node.scope
    if (scope === null) continue
    if (!scope.open) {
      throw new SnnError(
        'TRACE_LEAK',
        `[${operation}] got a tensor that '${node.primitive}' built at ${node.place}, inside a ${scope.kind} that has ended; expected one of the current trace. ` +
          `Return it from that function instead of keeping it in an outer variable, or keep state in a Variable.`,
        { place: node.place },
      )
    }
    if (innermost === null || scope.depth > innermost.depth) innermost = scope
  }
  return innermost
}

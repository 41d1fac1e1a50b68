import type { Program } from './backend.js'
import type { Signature } from './rules/shape.js'
import { checkArray, checkFunction } from './check.js'
import { SnnError } from './error.js'
import { placeholder } from './ops/leaf.js'
import { simplify } from './passes/simplify.js'
import type { Tensor } from './tensor.js'
import { inScope, newScope, scopeOf } from './trace.js'
import { flattenTensors } from './tree.js'

/** A function as a program. */
export interface Traced {
  readonly program: Program
  /** Puts values for the program's results in the places of the tensors that the function returned. */
  readonly restore: (values: readonly unknown[]) => unknown
}

/** Runs `fn` once on placeholders of the given signatures: what it computes and assigns, as a simplified program. */
export function traceFunction(
  fn: (...parameters: readonly Tensor[]) => unknown,
  signatures: readonly Signature[],
): Traced {
  checkFunction('traceFunction', fn, 'fn')
  checkArray('traceFunction', signatures, 'signatures')
  const scope = newScope('compile')
  return inScope(scope, () => {
    const parameters = signatures.map(({ shape, dtype }) => placeholder(shape, dtype))
    const returned = fn(...parameters)
    if (returned instanceof Promise) {
      throw new SnnError(
        'ARGUMENT',
        '[compile] the traced function returned a Promise, expected tensors. It only describes what to compute, so it cannot wait: make it a plain function.',
        { name: 'fn', value: 'async function' },
      )
    }
    const { leaves, restore } = flattenTensors(returned)
    scopeOf(leaves, 'compile')
    const assigns = [...scope.assigned].map((variable) => ({ variable, value: scope.values.get(variable)! }))
    return { program: simplify({ parameters, results: leaves, assigns }), restore }
  })
}

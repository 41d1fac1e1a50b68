import type { Signature } from './rules/shape.js'
import { checkFunction } from './check.js'
import { inScope, newScope } from './trace.js'
import { flattenTensors, type MapTensors } from './tree.js'

/**
 * Dtype and shape in place of each tensor that `fn` returns. `fn` runs in a trace of its own, which is thrown away: it
 * may read and assign Variables, nothing is computed, and nothing changes.
 */
export function evaluateShapes<T>(fn: () => T): MapTensors<T, Signature> {
  checkFunction('evaluateShapes', fn, 'fn')
  return inScope(newScope('compile'), () => {
    const { leaves, restore } = flattenTensors(fn())
    return restore(leaves.map(({ dtype, shape }) => ({ dtype, shape })))
  })
}

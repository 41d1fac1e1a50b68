import type { OnnxNode } from '../graph.js'
import type { Rule } from '../read/builder.js'
import { attentions } from './attention.js'
import { constantRules } from './constants.js'
import { convolution } from './convolution.js'
import { einsums } from './einsum.js'
import { elementwise } from './elementwise.js'
import { linear } from './linear.js'
import { microsoft } from './microsoft.js'
import { movement } from './movement.js'
import { normalization } from './normalization.js'
import { quantizations } from './quantization.js'
import { recurrences } from './recurrent.js'
import { reductions } from './reduce.js'
import { reshaping } from './reshape.js'

/**
 * For every operation of the standard that is understood: what it means in any opset, in the normal form of
 * normal-form.md, with its shapes.
 */
const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...elementwise,
    ...reshaping,
    ...movement,
    ...linear,
    ...convolution,
    ...normalization,
    ...reductions,
    ...constantRules,
    ...quantizations,
    ...attentions,
    ...einsums,
    ...recurrences,
  }),
)

const domains: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map([
  ['', rules],
  ['com.microsoft', new Map(Object.entries(microsoft))],
])

/** What an operation means; undefined for one that is not understood. */
export function ruleOf({ domain, op }: Pick<OnnxNode, 'domain' | 'op'>): Rule | undefined {
  return domains.get(domain)?.get(op)
}

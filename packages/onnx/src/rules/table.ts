import type { Rule } from '../read/builder.js'
import { constantRules } from './constants.js'
import { convolution } from './convolution.js'
import { elementwise } from './elementwise.js'
import { linear } from './linear.js'
import { movement } from './movement.js'
import { normalization } from './normalization.js'
import { reductions } from './reduce.js'
import { reshaping } from './reshape.js'

/** For every operation that is understood: what it means in any opset, in the normal form of normal-form.md, with its shapes. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({ ...elementwise, ...reshaping, ...movement, ...linear, ...convolution, ...normalization, ...reductions, ...constantRules }),
)

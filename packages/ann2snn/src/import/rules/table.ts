import type { OnnxNode } from '@snn/onnx'
import type { Rule } from '../call.js'
import { activations } from './activation.js'
import { arithmetic } from './arithmetic.js'
import { convTranspose } from './conv-transpose.js'
import { dynamicQuantizations } from './dynamic-quantization.js'
import { fixedMaps } from './fixed-map.js'
import { linear } from './linear.js'
import { movement } from './movement.js'
import { normalization } from './normalization.js'
import { microsoft, quantizations } from './quantization.js'
import { recurrences } from './recurrent.js'
import { windows } from './window.js'

/** For every ONNX operation of the normal form that a network can hold, by domain: the layers it becomes. */
const rules: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map([
  [
    '',
    new Map(
      Object.entries({
        ...windows,
        ConvTranspose: convTranspose,
        ...linear,
        ...activations,
        ...arithmetic,
        ...normalization,
        ...movement,
        ...fixedMaps,
        ...quantizations,
        ...dynamicQuantizations,
        ...recurrences,
      }),
    ),
  ],
  ['com.microsoft', new Map(Object.entries(microsoft))],
])

/** What an operation becomes; undefined for one that networks do not have. */
export function ruleOf({ domain, op }: OnnxNode): Rule | undefined {
  return rules.get(domain)?.get(op)
}

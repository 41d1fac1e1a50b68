import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'
import { concat } from './movement.js'
import { convolution } from './convolution.js'
import { broadcasting, filled, like } from './elementwise.js'
import { multiplyMatrices } from './linear.js'
import { quantizations } from './quantization.js'

// Operations of ONNX Runtime, in the domain com.microsoft, that its quantiser writes. What says the same as an
// operation of the standard becomes that; the others stay, with their shapes.

/** The result of `rule`, seen with the inputs `indices`, for a node that stays as it is. */
function shaped(call: Call, rule: Rule, indices: readonly number[], dtype = call.dtype(0)): Result {
  if (call.int('channels_last', 0) !== 0)
    call.refuse('its channels are the last axis', 'Export the model with channels first.')
  const result = rule(call.view(indices))
  if ('same' in result) return call.refuse('it changes nothing but the scale', 'Quantise the model again without it.')
  return { ...result, inputs: call.node.inputs, outputs: result.outputs.map((out) => ({ ...out, dtype })) }
}

const pool =
  (op: string): Rule =>
  (call) =>
    shaped(call, convolution[op]!, [0])
const broadcast: Rule = (call) => shaped(call, broadcasting, [0, 3])

/** Inputs: scale and zero point of the result, then value, scale and zero point of each part. */
const qLinearConcat: Rule = (call) => {
  const parts = Array.from({ length: Math.floor((call.count - 2) / 3) }, (_, i) => 2 + 3 * i)
  return shaped(call, concat, parts, call.dtype(2))
}

/** Without a scale of its own the result is float. */
const qGemm: Rule = (call) => {
  const result = shaped(call, multiplyMatrices, [0, 3], call.has(7) ? call.dtype(0) : 'float32')
  return 'same' in result
    ? result
    : {
        ...result,
        attributes: { alpha: call.float('alpha', 1), transA: call.int('transA', 0), transB: call.int('transB', 0) },
      }
}

const qLinearSoftmax: Rule = (call) => {
  const axis = call.int('axis', -1)
  return like(call, { axis: call.axis(axis, call.rank(0)), opset: call.int('opset') })
}

export const microsoft: Readonly<Record<string, Rule>> = {
  QuantizeLinear: quantizations['QuantizeLinear']!,
  DequantizeLinear: quantizations['DequantizeLinear']!,
  QLinearAdd: broadcast,
  QLinearMul: broadcast,
  QLinearSigmoid: (call) => like(call),
  QLinearLeakyRelu: (call) => like(call, filled(call, { alpha: 0.01 })),
  QLinearSoftmax: qLinearSoftmax,
  QLinearGlobalAveragePool: pool('GlobalAveragePool'),
  QLinearAveragePool: pool('AveragePool'),
  QLinearConcat: qLinearConcat,
  QGemm: qGemm,
}

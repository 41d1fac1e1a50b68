import { tensorOf } from '../dtype.js'
import type { OnnxTensor } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'

function constant(call: Call): Result {
  let tensor: OnnxTensor
  if (call.hasAttribute('value')) tensor = call.tensor('value')
  else if (call.hasAttribute('value_float')) tensor = tensorOf('float32', [], [call.float('value_float')])
  else if (call.hasAttribute('value_int')) tensor = tensorOf('int64', [], [call.int('value_int')])
  else if (call.hasAttribute('value_floats')) tensor = listOf('float32', call.floats('value_floats'))
  else if (call.hasAttribute('value_ints')) tensor = listOf('int64', call.ints('value_ints'))
  else return call.refuse('its value is text or sparse', 'Export the model with dense numeric constants.')
  return { outputs: [{ dtype: tensor.dtype, shape: tensor.shape, constant: tensor }] }
}

function listOf(dtype: 'float32' | 'int64', values: readonly number[]): OnnxTensor {
  return tensorOf(dtype, [values.length], values)
}

export const constantRules: Readonly<Record<string, Rule>> = { Constant: constant }

import { graphDType, tensorOf } from '../dtype.js'
import { formatDims, isStatic } from '../dim.js'
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

/** Scale and zero point are one number, or a list along `axis`; blocked quantisation has blocks of `block_size` along it. */
function quantization(call: Call): Result {
  const shape = call.shape(0)
  const scale = call.shape(1)
  const quantize = call.node.op === 'QuantizeLinear'
  const block = call.int('block_size', 0)
  if (!quantize && call.has(2) && call.dtype(2) !== call.dtype(0)) call.fail(`its zero point is ${call.dtype(2)}, expected ${call.dtype(0)}`)
  const perTensor = scale.length === 0 || (scale.length === 1 && scale[0] === 1 && block === 0)
  const axis = perTensor ? 0 : call.axis(call.int('axis', 1), shape.length)
  if (!perTensor && block === 0 && (scale.length !== 1 || (typeof shape[axis] === 'number' && scale[0] !== shape[axis]))) {
    call.fail(`a scale of shape ${formatDims(scale)} for axis ${axis} of ${formatDims(shape)}`)
  }
  if (block !== 0 && (block < 0 || scale.length !== shape.length || !isStatic(scale) || !isStatic(shape) || !scale.every((s, i) => s === (i === axis ? Math.ceil((shape[i] as number) / block) : shape[i])))) {
    call.fail(`a scale of shape ${formatDims(scale)} for blocks of ${block} along axis ${axis} of ${formatDims(shape)}`)
  }
  if (call.has(2) && (call.rank(2) !== scale.length || call.shape(2).some((d, i) => d !== scale[i]))) call.fail(`a zero point of shape ${formatDims(call.shape(2))} for a scale of ${formatDims(scale)}`)
  const out = call.int('output_dtype', 0)
  const dtype = !quantize ? 'float32' : call.has(2) ? call.dtype(2) : out === 0 ? 'uint8' : graphDType(out)
  if (dtype === undefined || call.dtype(1) !== 'float32') return call.refuse(`its type is ONNX data type ${out} or its scale no float`, 'Export the float model.')
  if (!quantize && call.constant(0) && call.constant(1)) call.note('Quantised weights were expanded to float32.')
  return { outputs: [{ dtype, shape }], attributes: { axis, ...(block && { block_size: block }), ...(quantize && !call.has(2) && out !== 0 && { output_dtype: out }) } }
}

export const constantRules: Readonly<Record<string, Rule>> = { Constant: constant, QuantizeLinear: quantization, DequantizeLinear: quantization }

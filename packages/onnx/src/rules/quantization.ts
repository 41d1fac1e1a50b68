import { dataType, dataTypeName, graphDType } from '../dtype.js'
import { formatDims, isStatic } from '../dim.js'
import type { OnnxDType } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'
import { convolve } from './convolution.js'
import { multiply } from './linear.js'

/** What 4-bit integers hold; in a graph they are bytes. */
const fourBits = { int8: [-8, 7], uint8: [0, 15] } as const

/** Whether input `i` is one number, as `[]` or as `[1]`. */
function isSingle(call: Call, i: number): boolean {
  return call.shape(i).length === 0 || (call.rank(i) === 1 && call.shape(i)[0] === 1)
}

/** Input `i`, a single number, as a scalar. */
function scalar(call: Call, i: number, wish: string): string {
  const constant = call.constant(i)
  return constant && call.rank(i) > 0 ? call.addTensor(wish, { ...constant, shape: [] }) : call.input(i)
}

/**
 * The inputs with scale and zero point checked: one number each, or lists along `axis`, or blocks of `block` along it.
 */
function scaledInputs(call: Call, axis: number, block: number): string[] {
  const [shape, scale] = [call.shape(0), call.shape(1)]
  const zero = call.has(2) ? call.shape(2) : undefined
  if (block === 0 && isSingle(call, 1) && (!zero || isSingle(call, 2)))
    return [call.input(0), scalar(call, 1, 'scale'), zero ? scalar(call, 2, 'zeroPoint') : '']
  if (block === 0 && (scale.length !== 1 || (typeof shape[axis] === 'number' && scale[0] !== shape[axis]))) {
    call.fail(`a scale of shape ${formatDims(scale)} for axis ${axis} of ${formatDims(shape)}`)
  }
  if (
    block !== 0 &&
    (block < 0 ||
      scale.length !== shape.length ||
      !isStatic(scale) ||
      !isStatic(shape) ||
      !scale.every((s, i) => s === (i === axis ? Math.ceil((shape[i] as number) / block) : shape[i])))
  ) {
    call.fail(`a scale of shape ${formatDims(scale)} for blocks of ${block} along axis ${axis} of ${formatDims(shape)}`)
  }
  if (zero && (zero.length !== scale.length || zero.some((d, i) => d !== scale[i])))
    call.fail(`a zero point of shape ${formatDims(zero)} for a scale of ${formatDims(scale)}`)
  return [call.input(0), call.input(1), zero ? call.input(2) : '']
}

/** The attributes `axis`, counted from the front, and `block_size`. One scale for all has no axis: it is 0. */
function placesOf(call: Call): { readonly axis: number; readonly block: number } {
  const block = call.int('block_size', 0)
  return { axis: block === 0 && isSingle(call, 1) ? 0 : call.axis(call.int('axis', 1), call.rank(0)), block }
}

const wrongScale = (call: Call): never =>
  call.refuse(`its scale is ${call.dtype(1)}, no float`, 'Export the float model.')

/** y = saturate(round half to even(x / scale) + zero point). To 4 bits: to a byte, then Clip. */
function quantize(call: Call): Result {
  if (call.dtype(1) !== 'float32') wrongScale(call)
  const { axis, block } = placesOf(call)
  const inputs = scaledInputs(call, axis, block)
  const wanted = call.int('output_dtype', 0)
  const dtype = call.has(2) ? call.dtype(2) : wanted === 0 ? 'uint8' : graphDType(wanted)
  if (dtype === undefined) return call.refuse(`its type is ${dataTypeName(wanted)}`, 'Export the float model.')
  const narrow = call.has(2) ? call.isFourBit(2) : wanted === dataType.int4 || wanted === dataType.uint4
  // a byte without a zero point needs no type, a 4-bit one becomes a byte
  const attributes = {
    axis,
    ...(block && { block_size: block }),
    ...(!call.has(2) && wanted !== 0 && !narrow && { output_dtype: wanted }),
  }
  const out = { dtype, shape: call.shape(0) }
  if (!narrow) return { op: 'QuantizeLinear', domain: '', inputs, outputs: [out], attributes }
  const [low, high] = fourBits[dtype as keyof typeof fourBits]
  const zero = inputs[2] || call.addNumbers('zeroPoint', [0], dtype, [])
  const bytes = call.before('QuantizeLinear', [inputs[0]!, inputs[1]!, zero], attributes)
  return {
    op: 'Clip',
    domain: '',
    inputs: [bytes, call.addNumbers('low', [low], dtype, []), call.addNumbers('high', [high], dtype, [])],
    outputs: [out],
  }
}

/** y = (x - zero point) scale. */
function dequantize(call: Call): Result {
  if (call.dtype(1) !== 'float32') wrongScale(call)
  if (call.has(2) && call.dtype(2) !== call.dtype(0))
    call.fail(`its zero point is ${call.dtype(2)}, expected ${call.dtype(0)}`)
  const { axis, block } = placesOf(call)
  const inputs = scaledInputs(call, axis, block)
  if (call.constant(0) && call.constant(1)) call.note('Quantised weights were expanded to float32.')
  return {
    op: 'DequantizeLinear',
    domain: '',
    inputs,
    outputs: [{ dtype: 'float32', shape: call.shape(0) }],
    attributes: { axis, ...(block && { block_size: block }) },
  }
}

/** The result of `rule`, seen with the inputs `indices` of the node, as another type. */
function typed(call: Call, rule: Rule, indices: readonly number[], dtype: OnnxDType): Result {
  const result = rule(call.view(indices))
  return 'same' in result
    ? result
    : { ...result, inputs: call.node.inputs, outputs: result.outputs.map((out) => ({ ...out, dtype })) }
}

/** A byte, the scale and the zero point that were found for all of x. */
function quantizeDynamically(call: Call): Result {
  return {
    outputs: [
      { dtype: 'uint8', shape: call.shape(0) },
      { dtype: 'float32', shape: [] },
      { dtype: 'uint8', shape: [] },
    ],
    attributes: {},
  }
}

export const quantizations: Readonly<Record<string, Rule>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: quantizeDynamically,
  QLinearConv: (call) => typed(call, convolve, [0, 3, 8], call.dtype(7)),
  ConvInteger: (call) => typed(call, convolve, [0, 1], 'int32'),
  QLinearMatMul: (call) => typed(call, multiply, [0, 3], call.dtype(7)),
  MatMulInteger: (call) => typed(call, multiply, [0, 1], 'int32'),
}

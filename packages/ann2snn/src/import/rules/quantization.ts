import { numbersOf, type OnnxTensor } from '@snn/onnx'
import type { Activation, Call, Operand, Quantization, Rule } from '../call.js'
import type { Source } from '../draft.js'
import { activations } from './activation.js'
import { arithmetic } from './arithmetic.js'
import { clipped } from './clip.js'
import { linear } from './linear.js'
import { movement } from './movement.js'
import { windows } from './window.js'

// A quantised value q stands for (q - zero) scale, and that is what the network computes: the range stays, the rounding
// goes.

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
}

/** Scale and zero point, inputs `i` and `i + 1`, that are one number each. */
function quantizationAt(call: Call, i: number): Quantization {
  const [scale, ...scales] = call.numbers(i, 'scale')
  const [zero = 0, ...zeros] = call.has(i + 1) ? call.numbers(i + 1, 'zero point') : []
  return scale !== undefined && scales.length === 0 && zeros.length === 0
    ? { scale, zero }
    : call.refuse('it quantises activations by more than one scale', 'Quantise activations per tensor.')
}

/** Scale and zero point of a node that has lists of them along its axis, as operands for the samples of `x`. */
function quantizationAlong(
  call: Call,
  { layout }: Activation,
): { readonly scale: Operand; readonly zero: Operand } | undefined {
  const scale = call.numbers(1, 'scale')
  if (call.int('block_size', 0) !== 0)
    return call.refuse('it quantises activations by blocks', 'Quantise activations per tensor.')
  if (scale.length === 1) return undefined
  const axis = call.axis(0, call.int('axis'))
  const operand = (values: readonly number[]): Operand => ({
    data: Float32Array.from(values),
    shape: [values.length, ...layout.shape.slice(axis + 1).map(() => 1)],
  })
  return { scale: operand(scale), zero: operand(call.has(2) ? call.numbers(2, 'zero point') : scale.map(() => 0)) }
}

/** Within the range that the type of the result has. */
function ranged(call: Call, source: Source, to: Quantization): Source {
  const dtype = call.progress.graph.values.get(call.node.outputs[0]!)?.dtype ?? ''
  const [low, high] = ranges[dtype] ?? call.refuse(`it quantises to ${dtype}`, 'Quantise activations to 8 or 16 bits.')
  call.note('The activations are quantised in the file: here they are clipped to the same ranges but not rounded.')
  call.quantization = to
  return clipped(call, source, (low - to.zero) * to.scale, (high - to.zero) * to.scale)
}

const quantize: Rule = (call) => {
  const x = call.activation(0)
  const lists = quantizationAlong(call, x)
  if (!lists) return ranged(call, call.numbersOf(x), quantizationAt(call, 1))
  const shares = call.byConstant('div', call.numbersOf(x), x.layout.shape, lists.scale)
  return ranged(call, call.byConstant('add', shares, x.layout.shape, lists.zero), { scale: 1, zero: 0 })
}

const dequantize: Rule = (call) => {
  const x = call.activation(0)
  const lists = quantizationAlong(call, x)
  if (!lists) return call.numbersOf(x, quantizationAt(call, 1))
  return call.byConstant(
    'mul',
    call.byConstant('sub', call.numbersOf(x), x.layout.shape, lists.zero),
    x.layout.shape,
    lists.scale,
  )
}

/** What input `i` stands for by the scale and zero point behind it; a constant may have several, along `axis`. */
function operand(call: Call, i: number, axis = -1): Activation | OnnxTensor {
  if (call.isConstant(i))
    return weights(call, i, {
      scale: call.numbers(i + 1, 'scale'),
      zero: call.has(i + 2) ? call.numbers(i + 2, 'zero point') : [0],
      axis,
    })
  const x = call.activation(i)
  return { source: call.numbersOf(x, quantizationAt(call, i + 1)), layout: x.layout }
}

/** The constant `i` as floats, (w - zero) scale. */
export function weights(
  call: Call,
  i: number,
  { scale, zero, axis }: { readonly scale: readonly number[]; readonly zero: readonly number[]; readonly axis: number },
): OnnxTensor {
  const tensor = call.constant(i, 'weight')
  const { shape } = tensor
  const at = axis < 0 ? axis + shape.length : axis
  const inner = shape.slice(at + 1).reduce((a, b) => a * b, 1)
  const of = (list: readonly number[], k: number): number =>
    list[list.length === 1 ? 0 : Math.floor(k / inner) % shape[at]!] ??
    call.refuse('its scales do not fit its weights', 'Quantise the model again.')
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from(numbersOf(tensor), (value, k) => (value - of(zero, k)) * of(scale, k)),
  }
}

/** A bias counts in units of the product of both scales. */
function bias(call: Call, i: number, alpha = 1): OnnxTensor | undefined {
  if (!call.has(i)) return undefined
  const [x] = call.numbers(1, 'scale')
  const w = call.numbers(4, 'scale')
  const numbers = call.numbers(i, 'bias')
  return {
    dtype: 'float32',
    shape: [numbers.length],
    data: Float32Array.from(numbers, (b, k) => b * alpha * x! * w[w.length === 1 ? 0 : k]!),
  }
}

/**
 * A float operation on what the operands at `places` stand for; behind them stand scale and zero point of the result.
 */
function inFloat(table: Readonly<Record<string, Rule>>, op: string, places: readonly number[]): Rule {
  return (call) =>
    ranged(
      call,
      table[op]!(
        call.as(
          op,
          places.map((i) => operand(call, i)),
        ),
      ) as Source,
      quantizationAt(call, 3 * places.length),
    )
}

const qLinearConv: Rule = (call) =>
  ranged(
    call,
    windows['Conv']!(call.as('Conv', [operand(call, 0), operand(call, 3, 0), bias(call, 8)])) as Source,
    quantizationAt(call, 6),
  )

const qGemm: Rule = (call) => {
  const operands = [
    operand(call, 0),
    operand(call, 3, call.int('transB', 0) === 1 ? 0 : 1),
    bias(call, 6, call.float('alpha', 1)),
  ]
  const source = linear['Gemm']!(call.as('Gemm', operands, { ...call.node.attributes, beta: 1 })) as Source
  return call.has(7) ? ranged(call, source, quantizationAt(call, 7)) : source
}

const qLinearConcat: Rule = (call) => {
  const to = quantizationAt(call, 0)
  const parts = Array.from({ length: Math.floor((call.node.inputs.length - 2) / 3) }, (_, i) =>
    operand(call, 2 + 3 * i),
  )
  return ranged(call, movement['Concat']!(call.as('Concat', parts)) as Source, to)
}

/** Of the standard, and those of ONNX Runtime that its quantiser writes. */
export const quantizations: Readonly<Record<string, Rule>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  QLinearConv: qLinearConv,
  QLinearMatMul: inFloat(linear, 'MatMul', [0, 3]),
}

export const microsoft: Readonly<Record<string, Rule>> = {
  QLinearAdd: inFloat(arithmetic, 'Add', [0, 3]),
  QLinearMul: inFloat(arithmetic, 'Mul', [0, 3]),
  QLinearSigmoid: inFloat(activations, 'Sigmoid', [0]),
  QLinearLeakyRelu: inFloat(activations, 'LeakyRelu', [0]),
  QLinearSoftmax: inFloat(activations, 'Softmax', [0]),
  QLinearGlobalAveragePool: inFloat(windows, 'GlobalAveragePool', [0]),
  QLinearAveragePool: inFloat(windows, 'AveragePool', [0]),
  QLinearConcat: qLinearConcat,
  QGemm: qGemm,
}

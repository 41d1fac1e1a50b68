import type { Rule } from '../call.js'
import { arithmetic } from './arithmetic.js'
import { linear } from './linear.js'
import { weights } from './quantization.js'
import { windows } from './window.js'

// ONNX Runtime's dynamic quantisation finds a scale s for all of x at run time, computes with whole numbers, and
// multiplies by s:
//
//   q, s, z = DynamicQuantizeLinear(x);  y = Cast(MatMulInteger(q, W, z, zw)) (s sw)
//
// so that what stays is x (W - zw) sw, without its rounding.

const fix = 'Quantise the model with fixed scales (static quantisation).'

const quantize: Rule = (call) => {
  const {
    name,
    outputs: [, scale, zero],
  } = call.node
  call.note('The activations are quantised in the file, by scales found at run time: here they are not rounded.')
  call.dividedBy = name
  if (scale) call.progress.scales.set(scale, { of: name, factor: { data: Float32Array.of(1), shape: [] } })
  if (zero) call.progress.scales.set(zero, { of: name, factor: undefined })
  return call.activation(0).source
}

/** A product of whole numbers: what it stands for keeps the scale of the activation. */
function product(table: Readonly<Record<string, Rule>>, op: string): Rule {
  return (call) => {
    const x = call.activation(0)
    const weight = weights(call, 1, {
      scale: [1],
      zero: call.has(3) ? call.numbers(3, 'zero point') : [0],
      axis: op === 'Conv' ? 0 : -1,
    })
    if (x.dividedBy !== undefined) {
      const zero = call.progress.scales.get(call.node.inputs[2] ?? '')
      if (!zero || zero.factor || zero.of !== x.dividedBy)
        return call.refuse('its zero point is not that of its input', fix)
      call.dividedBy = x.dividedBy
      return table[op]!(call.as(op, [{ source: x.source, layout: x.layout }, weight]))
    }
    const [zero = 0, ...more] = call.has(2) ? call.numbers(2, 'zero point') : []
    if (more.length > 0)
      return call.refuse('it quantises activations by more than one scale', 'Quantise activations per tensor.')
    const scale = x.quantization?.scale ?? 1
    call.quantization = { scale, zero: 0 }
    return table[op]!(call.as(op, [{ source: call.numbersOf(x, { scale, zero }), layout: x.layout }, weight]))
  }
}

/**
 * A scale found at run time times a constant is such a scale again; a value that was divided by it is multiplied back.
 */
const multiply: Rule = (call) => {
  const { scales } = call.progress
  const at = call.node.inputs.findIndex((name) => scales.has(name))
  if (at < 0) return arithmetic['Mul']!(call)
  const { of, factor } = scales.get(call.node.inputs[at]!)!
  const other = 1 - at
  if (call.isConstant(other)) {
    const { data, shape } = call.array(other, 'scale')
    if (factor?.data.length !== 1) return call.refuse('it multiplies a list of scales', fix)
    scales.set(call.node.outputs[0]!, { of, factor: { data: data.map((v) => v * factor.data[0]!), shape } })
    return []
  }
  const x = call.activation(other)
  if (x.dividedBy !== of || !factor) return call.refuse('it multiplies by a scale that is found at run time', fix)
  return arithmetic['Mul']!(
    call.as('Mul', [
      { source: x.source, layout: x.layout },
      { dtype: 'float32', ...factor },
    ]),
  )
}

export const dynamicQuantizations: Readonly<Record<string, Rule>> = {
  DynamicQuantizeLinear: quantize,
  ConvInteger: product(windows, 'Conv'),
  MatMulInteger: product(linear, 'MatMul'),
  Mul: multiply,
}

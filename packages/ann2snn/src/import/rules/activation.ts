import type { UnaryConfig, UnaryFunction } from '@snn/nn'
import type { Call, Rule } from '../call.js'
import type { Source } from '../draft.js'
import { constantOperand } from './arithmetic.js'
import { clipped } from './clip.js'

/** Functions of one variable, with the ONNX names of their parameters alpha and beta. */
const unary: Readonly<Record<string, readonly [UnaryFunction, ...string[]]>> = {
  Sigmoid: ['sigmoid'], Tanh: ['tanh'], Erf: ['erf'], Exp: ['exp'], Log: ['log'], Sqrt: ['sqrt'], Abs: ['abs'], Neg: ['neg'], Sign: ['sign'],
  Reciprocal: ['reciprocal'], Floor: ['floor'], Ceil: ['ceil'], Round: ['round'], Sin: ['sin'], Cos: ['cos'], Tan: ['tan'], Atan: ['atan'],
  Softplus: ['softplus'], Softsign: ['softsign'], HardSwish: ['hardSwish'], Mish: ['mish'],
  Elu: ['elu', 'alpha'], Celu: ['celu', 'alpha'], Selu: ['selu', 'alpha', 'gamma'], Swish: ['swish', 'alpha'],
  HardSigmoid: ['hardSigmoid', 'alpha', 'beta'], ThresholdedRelu: ['thresholdedRelu', 'alpha'],
}

function applied(call: Call, config: UnaryConfig): Source {
  return call.emit(config.function, 'unary', [call.activation(0).source], config)
}

function unaryRule([name, alpha, beta]: readonly [UnaryFunction, ...string[]]): Rule {
  return (call) => applied(call, { function: name, ...(alpha && { alpha: call.float(alpha) }), ...(beta && { beta: call.float(beta) }) })
}

const clip: Rule = (call) => {
  const bound = (i: number, what: string): number | null => (call.has(i) ? call.numbers(i, what)[0]! : null)
  return clipped(call, call.activation(0).source, bound(1, 'lower bound'), bound(2, 'upper bound'))
}

const prelu: Rule = (call) => {
  const x = call.activation(0)
  const slope = constantOperand(call, 1, x.layout, 'slope')
  if (slope.data.length === 1) return call.emit('leakyRelu', 'leakyRelu', [x.source], { slope: slope.data[0]! })
  return call.emit('leakyRelu', 'leakyRelu', [x.source], { slope: 1 }, { arrays: { slope } })
}

function softmaxRule(kind: string): Rule {
  return (call) => call.emit(kind, kind, [call.activation(0).source], { axis: call.axis(0, call.int('axis', -1)) })
}

/** Quantised activations: what stays is the range, and the rounding goes. */
const quantize: Rule = (call) => {
  const x = call.activation(0)
  const scale = call.numbers(1, 'scale')
  const zero = call.has(2) ? call.numbers(2, 'zero point') : [0]
  const name = call.node.outputs[0]!
  const ranges: Readonly<Record<string, readonly [number, number]>> = { uint8: [0, 255], int8: [-128, 127], uint16: [0, 65535], int16: [-32768, 32767] }
  const range = ranges[call.progress.graph.values.get(name)?.dtype ?? '']
  if (!range || scale.length !== 1 || zero.length !== 1) return call.refuse('it quantises by more than one scale, or to other than 8 or 16 bits', 'Export the float model.')
  call.note('The activations are quantised in the file: here they are clipped to the same ranges but not rounded.')
  return clipped(call, x.source, (range[0] - zero[0]!) * scale[0]!, (range[1] - zero[0]!) * scale[0]!)
}

export const activations: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(Object.entries(unary).map(([op, entry]) => [op, unaryRule(entry)])),
  Gelu: (call) => applied(call, { function: call.string('approximate', 'none') === 'tanh' ? 'geluTanh' : 'gelu' }),
  Relu: (call) => call.emit('relu', 'relu', [call.activation(0).source]),
  LeakyRelu: (call) => call.emit('leakyRelu', 'leakyRelu', [call.activation(0).source], { slope: call.float('alpha', 0.01) }),
  Clip: clip, PRelu: prelu, Softmax: softmaxRule('softmax'), LogSoftmax: softmaxRule('logSoftmax'),
  Identity: (call) => call.activation(0).source,
  QuantizeLinear: quantize,
  DequantizeLinear: (call) => call.activation(0).source,
  Cast: (call) => {
    const { source } = call.activation(0)
    const [input] = call.node.inputs
    const { values } = call.progress.graph
    const [from, to] = [values.get(input!)?.dtype, values.get(call.node.outputs[0]!)?.dtype]
    if (to !== 'float32' || 'kind' in source) return call.refuse(`it converts ${from} to ${to}`, 'Only float values are computed; choose an output before it with the option output.')
    call.note(`The file takes the input "${source.input}" as ${from}; give the same numbers as float32.`)
    return source
  },
}

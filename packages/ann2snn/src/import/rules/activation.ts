import type { UnaryConfig, UnaryFunction } from '@snn/nn'
import { standing, type Call, type Rule } from '../call.js'
import { isDraft, type Source } from '../draft.js'
import { constantOperand } from './arithmetic.js'
import { clipped } from './clip.js'

/** Functions of one variable, with the ONNX names of their parameters alpha and beta. */
const unary: Readonly<Record<string, readonly [UnaryFunction, ...string[]]>> = {
  Sigmoid: ['sigmoid'],
  Tanh: ['tanh'],
  Erf: ['erf'],
  Exp: ['exp'],
  Log: ['log'],
  Sqrt: ['sqrt'],
  Abs: ['abs'],
  Neg: ['neg'],
  Sign: ['sign'],
  Reciprocal: ['reciprocal'],
  Floor: ['floor'],
  Ceil: ['ceil'],
  Round: ['round'],
  Sin: ['sin'],
  Cos: ['cos'],
  Tan: ['tan'],
  Atan: ['atan'],
  Softplus: ['softplus'],
  Softsign: ['softsign'],
  HardSwish: ['hardSwish'],
  Mish: ['mish'],
  Elu: ['elu', 'alpha'],
  Celu: ['celu', 'alpha'],
  Selu: ['selu', 'alpha', 'gamma'],
  Swish: ['swish', 'alpha'],
  HardSigmoid: ['hardSigmoid', 'alpha', 'beta'],
  ThresholdedRelu: ['thresholdedRelu', 'alpha'],
}

function applied(call: Call, config: UnaryConfig): Source {
  return call.emit(config.function, 'unary', [call.activation(0).source], config)
}

function unaryRule([name, alpha, beta]: readonly [UnaryFunction, ...string[]]): Rule {
  return (call) =>
    applied(call, {
      function: name,
      ...(alpha && { alpha: call.float(alpha) }),
      ...(beta && { beta: call.float(beta) }),
    })
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

/** Bounds of whole numbers are those of what they stand for. */
const clip: Rule = (call) => {
  const x = call.activation(0)
  const bound = (i: number, what: string): number | null =>
    call.has(i) ? standing(x, call.numbers(i, what)[0]!) : null
  return clipped(call, x.source, bound(1, 'lower bound'), bound(2, 'upper bound'))
}

/** Whole numbers become what they are as floats. */
const cast: Rule = (call) => {
  const x = call.activation(0)
  const [from, to] = [call.node.inputs[0]!, call.node.outputs[0]!].map(
    (name) => call.progress.graph.values.get(name)?.dtype,
  )
  if (to !== 'float32' || from === 'bool') return call.refuseType(`it converts ${from} to ${to}`)
  if (!isDraft(x.source))
    call.note(`The file takes the input "${x.source.input}" as ${from}; give the same numbers as float32.`)
  return call.numbersOf(x)
}

export const activations: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(Object.entries(unary).map(([op, entry]) => [op, unaryRule(entry)])),
  Gelu: (call) => applied(call, { function: call.string('approximate', 'none') === 'tanh' ? 'geluTanh' : 'gelu' }),
  Relu: (call) => clipped(call, call.activation(0).source, standing(call.activation(0), 0), null),
  LeakyRelu: (call) =>
    call.emit('leakyRelu', 'leakyRelu', [call.activation(0).source], { slope: call.float('alpha', 0.01) }),
  Clip: clip,
  PRelu: prelu,
  Softmax: softmaxRule('softmax'),
  LogSoftmax: softmaxRule('logSoftmax'),
  Identity: (call) => call.activation(0).source,
  Cast: cast,
}

import { dataType, dataTypeName, elementTypes, graphDType } from '../dtype.js'
import type { OnnxAttribute, OnnxDType } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'
import { broadcast } from './shapes.js'

/** Operations on one tensor, element by element, with the default values of their attributes. */
const unary: Readonly<Record<string, Readonly<Record<string, number | string>>>> = {
  Relu: {},
  Sigmoid: {},
  Tanh: {},
  Softplus: {},
  Softsign: {},
  HardSwish: {},
  Mish: {},
  Erf: {},
  LeakyRelu: { alpha: 0.01 },
  Elu: { alpha: 1 },
  Celu: { alpha: 1 },
  ThresholdedRelu: { alpha: 1 },
  Swish: { alpha: 1 },
  Selu: { alpha: 1.6732631921768188, gamma: 1.0507010221481323 },
  HardSigmoid: { alpha: 0.2, beta: 0.5 },
  Shrink: { bias: 0, lambd: 0.5 },
  Gelu: { approximate: 'none' },
  Exp: {},
  Log: {},
  Sqrt: {},
  Abs: {},
  Neg: {},
  Sign: {},
  Reciprocal: {},
  Floor: {},
  Ceil: {},
  Round: {},
  Not: {},
  BitwiseNot: {},
  Sin: {},
  Cos: {},
  Tan: {},
  Asin: {},
  Acos: {},
  Atan: {},
  Sinh: {},
  Cosh: {},
  Asinh: {},
  Acosh: {},
  Atanh: {},
}

const binary: Readonly<Record<string, 'same' | 'bool'>> = {
  Add: 'same',
  Sub: 'same',
  Mul: 'same',
  Div: 'same',
  Pow: 'same',
  PRelu: 'same',
  BitwiseAnd: 'same',
  BitwiseOr: 'same',
  BitwiseXor: 'same',
  And: 'bool',
  Or: 'bool',
  Xor: 'bool',
  Equal: 'bool',
  Less: 'bool',
  LessOrEqual: 'bool',
  Greater: 'bool',
  GreaterOrEqual: 'bool',
}

/** The attributes of a node named in `defaults`, those that are missing filled in. */
export function filled(call: Call, defaults: Readonly<Record<string, number | string>>): Record<string, OnnxAttribute> {
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      typeof value === 'number' ? call.float(name, value) : call.string(name, value),
    ]),
  )
}

/** One output of the type and shape of input 0. */
export function like(call: Call, attributes: Record<string, OnnxAttribute> = {}): Result {
  return { outputs: [{ dtype: call.dtype(0), shape: call.shape(0) }], attributes }
}

export function broadcasting(call: Call, dtype: OnnxDType = call.dtype(0)): Result {
  const shapes = call.node.inputs.map((_, i) => call.shape(i))
  if (shapes.length === 0) call.fail('it has no inputs')
  return { outputs: [{ dtype, shape: broadcast(call, shapes) }], attributes: {} }
}

function exactly(call: Call, n: number): void {
  if (call.count !== n) call.fail(`it has ${call.count} inputs, expected ${n}`)
}

/** Sum, Max, Min: one input is that input; Sum is a chain of Add. */
function variadic(call: Call): Result {
  call.sameTypes()
  if (call.count === 1) return { same: call.input(0) }
  if (call.node.op !== 'Sum') return broadcasting(call)
  let total = call.input(0)
  for (let i = 1; i < call.count - 1; i++) total = call.before('Add', [total, call.input(i)])
  const last = call.input(call.count - 1)
  return {
    op: 'Add',
    inputs: [total, last],
    outputs: [{ dtype: call.dtype(0), shape: broadcast(call, [call.shapeOf(total), call.shapeOf(last)]) }],
  }
}

/** The bounds are inputs 1 and 2, constant scalars; before opset 11 they were attributes. */
function clip(call: Call): Result {
  const bound = (i: number, name: string): string => {
    if (call.opset < 11) return call.hasAttribute(name) ? call.addNumbers(name, [call.float(name)], 'float32', []) : ''
    return call.has(i) ? call.input(i) : ''
  }
  const [min, max] = [bound(1, 'min'), bound(2, 'max')]
  if (min === '' && max === '') return { same: call.input(0) }
  return { ...like(call), inputs: [call.input(0), min, max] }
}

/** All floats are float32 in a graph, so a cast between them is nothing. */
function cast(call: Call): Result {
  const from = call.dtype(0)
  let dtype: OnnxDType | undefined
  if (call.node.op === 'CastLike') dtype = call.dtype(1)
  else dtype = graphDType(call.int('to'))
  const to = call.node.op === 'Cast' ? call.int('to') : call.isFourBit(1) ? dataType.int4 : 0
  if (dtype === undefined || to === dataType.int4 || to === dataType.uint4)
    return call.refuse(`it casts to ${dataTypeName(to)}`, 'Export the model in float32.')
  if (to === dataType.float16 || to === dataType.bfloat16)
    call.note(`Casts to ${dataTypeName(to)} were left out: values keep the precision of float32.`)
  if (dtype === from) return { same: call.input(0) }
  const elements = isInteger(from) && isInteger(dtype) ? call.value(0).elements : undefined
  return {
    op: 'Cast',
    inputs: [call.input(0)],
    outputs: [{ dtype, shape: call.shape(0), ...(elements && { elements }) }],
    attributes: { to: elementTypes[dtype].code },
  }
}

function isInteger(dtype: OnnxDType): boolean {
  return dtype === 'int64' || dtype === 'int32'
}

function dropout(call: Call): Result {
  if (call.used(1)) call.refuse('its mask is used', 'Export the model in evaluation mode.')
  if (call.has(2) && Number(call.constant(2)?.data[0] ?? 1) !== 0)
    call.refuse('it is in training mode', 'Export the model in evaluation mode.')
  return { same: call.input(0) }
}

function where(call: Call): Result {
  exactly(call, 3)
  call.sameTypes(1)
  return broadcasting(call, call.dtype(1))
}

function truth(call: Call): Result {
  return { outputs: [{ dtype: 'bool', shape: call.shape(0) }], attributes: {} }
}

export const elementwise: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(unary).map(([op, defaults]) => [op, (call: Call) => like(call, filled(call, defaults))]),
  ),
  ...Object.fromEntries(
    Object.entries(binary).map(([op, kind]) => [
      op,
      (call: Call) => {
        exactly(call, 2)
        if (op !== 'Pow') call.sameTypes()
        return broadcasting(call, kind === 'bool' ? 'bool' : call.dtype(0))
      },
    ]),
  ),
  Sum: variadic,
  Max: variadic,
  Min: variadic,
  Mean: variadic,
  Mod: (call) => ({ ...broadcasting(call), attributes: { fmod: call.int('fmod', 0) } }),
  Clip: clip,
  Cast: cast,
  CastLike: cast,
  Dropout: dropout,
  Where: where,
  Identity: (call) => ({ same: call.input(0) }),
  IsNaN: truth,
  IsInf: (call) => ({
    ...truth(call),
    attributes: { detect_negative: call.int('detect_negative', 1), detect_positive: call.int('detect_positive', 1) },
  }),
  CumSum: (call) => ({
    ...like(call),
    attributes: { exclusive: call.int('exclusive', 0), reverse: call.int('reverse', 0) },
  }),
  Trilu: (call) => ({ ...like(call), attributes: { upper: call.int('upper', 1) } }),
}

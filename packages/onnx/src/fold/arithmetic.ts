import { sizeOf } from '@snn/tensor'
import { intAttribute } from '../access.js'
import { allocateData, isFloatType } from '../dtype.js'
import { isUnknown, product, quotient, sum } from '../dim.js'
import type { Dim, OnnxNode } from '../graph.js'
import { dimsOf, isSymbolic, type Block, type Data, type Folder, type Target } from './block.js'
import { broadcastStrides, strided } from './movement.js'

type Numeric = (...values: number[]) => number

const flag =
  (f: (a: number, b: number) => boolean): Numeric =>
  (a, b) =>
    f(a, b) ? 1 : 0

const functions: Readonly<Record<string, Numeric>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Pow: (a, b) => a ** b,
  Max: (...all) => Math.max(...all),
  Min: (...all) => Math.min(...all),
  Mean: (...all) => all.reduce((a, b) => a + b, 0) / all.length,
  Equal: flag((a, b) => a === b),
  Less: flag((a, b) => a < b),
  LessOrEqual: flag((a, b) => a <= b),
  Greater: flag((a, b) => a > b),
  GreaterOrEqual: flag((a, b) => a >= b),
  And: flag((a, b) => a !== 0 && b !== 0),
  Or: flag((a, b) => a !== 0 || b !== 0),
  Xor: flag((a, b) => (a !== 0) !== (b !== 0)),
  Where: (c, a, b) => (c ? a : b),
  Neg: (x) => -x,
  Abs: (x) => Math.abs(x),
  Sign: (x) => Math.sign(x),
  Not: (x) => (x ? 0 : 1),
  Relu: (x) => Math.max(0, x),
  Sqrt: (x) => Math.sqrt(x),
  Exp: (x) => Math.exp(x),
  Log: (x) => Math.log(x),
  Reciprocal: (x) => 1 / x,
  Floor: (x) => Math.floor(x),
  Ceil: (x) => Math.ceil(x),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Softsign: (x) => x / (1 + Math.abs(x)),
  Sin: Math.sin,
  Cos: Math.cos,
  Tan: Math.tan,
  Asin: Math.asin,
  Acos: Math.acos,
  Atan: Math.atan,
  Sinh: Math.sinh,
  Cosh: Math.cosh,
  Tanh: Math.tanh,
  Asinh: Math.asinh,
  Acosh: Math.acosh,
  Atanh: Math.atanh,
  // to the nearest, ties to even
  Round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  IsNaN: (x) => (Number.isNaN(x) ? 1 : 0),
}

/** Clip's bounds may be left out. */
const clip: Folder = (node, [x, min, max], outs) => {
  const bounds = (b: Block | undefined, open: number): number => (b ? Number(b.data[0]) : open)
  const [low, high] = [bounds(min, -Infinity), bounds(max, Infinity)]
  return x && !isSymbolic(x) ? compute((v) => Math.min(Math.max(v, low), high), [x], outs[0]!) : undefined
}

function elementwise(op: string): Folder {
  return (node, inputs, outs) => {
    const blocks = inputs as readonly Block[]
    if (blocks.some(isSymbolic)) return symbolic(op, blocks, outs[0]!)
    if (blocks.some((b) => b.dtype === 'uint64')) return undefined
    return compute(numeric(node, blocks[0]!), blocks, outs[0]!)
  }
}

function numeric(node: OnnxNode, first: Block): Numeric {
  // The remainder has the sign of the divisor, with fmod that of the dividend.
  if (node.op === 'Mod') return intAttribute(node, 'fmod', 0) === 1 ? (a, b) => a % b : (a, b) => ((a % b) + b) % b
  if (node.op !== 'Div') return functions[node.op]!
  // A division of integers by zero has no result: it is left to the run, which reports it.
  return isFloatType(first.dtype) ? (a, b) => a / b : (a, b) => (b === 0 ? NaN : Math.trunc(a / b))
}

/** The function over all elements, broadcast; undefined where an integer result cannot be exact. */
function compute(f: Numeric, inputs: readonly Block[], out: Target): readonly Data[] | undefined {
  const shape = out.shape as readonly number[]
  const indices = inputs.map((b) => strided(shape, broadcastStrides(b.shape, shape)))
  const result = allocateData(out.dtype, sizeOf(shape))
  const whole = !isFloatType(out.dtype)
  const wholes = inputs.map((b) => !isFloatType(b.dtype))
  const values = new Array<number>(inputs.length)
  for (let i = 0; i < result.length; i++) {
    for (let k = 0; k < inputs.length; k++) values[k] = Number(inputs[k]!.data[indices[k]![i]!])
    const value = f(...values)
    if (whole && (!Number.isSafeInteger(value) || !values.every((v, k) => !wholes[k] || Number.isSafeInteger(v))))
      return undefined
    result[i] = (typeof result[0] === 'bigint' ? BigInt(value) : value) as never
    if (whole && Number(result[i]) !== value) return undefined
  }
  return [result]
}

/** Arithmetic on sizes of which some are symbols. A size is at least 1. */
const onDims: Readonly<Record<string, (...dims: Dim[]) => Dim | undefined>> = {
  Add: (a, b) => sum(a, b),
  Sub: (a, b) => sum(a, b, -1),
  Mul: (a, b) => product([a, b]),
  Div: (a, b) => quotient(a, b),
  Equal: (a, b) => equal(a, b),
  Where: (c, a, b) => (typeof c === 'number' ? (c ? a : b) : a === b ? a : undefined),
  Not: (a) => (typeof a === 'number' ? (a ? 0 : 1) : undefined),
  Max: (...all) => (all.every((d) => d === all[0] || (typeof d === 'number' && d <= 1)) ? all[0] : undefined),
}

/** A symbol never equals a number below 1; beyond that nothing is known. */
function equal(a: Dim, b: Dim): number | undefined {
  if (a === b) return 1
  if (typeof a === 'number' && typeof b === 'number') return 0
  if (isUnknown(a) || isUnknown(b)) return undefined
  return (typeof a === 'number' && a < 1) || (typeof b === 'number' && b < 1) ? 0 : undefined
}

function symbolic(op: string, inputs: readonly Block[], out: Target): readonly Data[] | undefined {
  const f = onDims[op]
  if (!f) return undefined
  const shape = out.shape as readonly number[]
  const dims = inputs.map(dimsOf)
  const indices = inputs.map((b) => strided(shape, broadcastStrides(b.shape, shape)))
  const result: Dim[] = []
  for (let i = 0; i < indices[0]!.length; i++) {
    const value = f(...dims.map((d, k) => d[indices[k]![i]!]!))
    if (value === undefined) return undefined
    result.push(value)
  }
  return [result]
}

/** float -> integer drops the fraction; -> bool asks for not zero. */
const cast: Folder = (node, [x], [out]) => {
  if (!x || isSymbolic(x)) return undefined
  const f: Numeric =
    out!.dtype === 'bool' ? (v) => (v ? 1 : 0) : isFloatType(out!.dtype) ? (v) => v : (v) => Math.trunc(v)
  return compute(f, [x], out!)
}

export const arithmetic: Readonly<Record<string, Folder>> = {
  ...Object.fromEntries([...Object.keys(functions), 'Div', 'Mod'].map((op) => [op, elementwise(op)])),
  Clip: clip,
  Cast: cast,
}

import { sameShape, type Shape, type Tensor } from '@snn/tensor'
import type { Node, Primitive } from '@snn/tensor/backend'
import { broadcastShapes } from '@snn/tensor/library'
import type { Emitter, Lowering, OnnxNumber } from './emitter.js'
import { convWithBias, matmulWithBias } from './linear.js'
import { difference, sigmoidInput } from './patterns.js'

/**
 * Names of elementwise operands. ONNX broadcasts like NumPy, so a broadcast in front is dropped, unless the operands
 * would then no longer cover the shape of the result.
 */
export function operands(inputs: readonly Tensor[], emitter: Emitter): string[] {
  const shape = inputs[0]!.shape
  const sources = inputs.map((x) => emitter.source(x))
  const covered = sources.map((x) => x.shape).reduce((a: Shape, b) => broadcastShapes(a, b, 'lower'))
  if (!sameShape(covered, shape)) sources[0] = inputs[0]!
  return sources.map((x) => emitter.name(x))
}

/** H(x - y) is how a spike is written. */
function compare<P extends 'less' | 'lessEqual'>(op: string): Lowering<P> {
  return ({ inputs }, emitter) => {
    const [a, b] = inputs as readonly [Tensor, Tensor]
    const left = difference(a, b, emitter)
    const right = difference(b, a, emitter)
    return emitter.emit(op, operands(left ?? (right ? [right[1], right[0]] : inputs), emitter))
  }
}

function direct<P extends Primitive>(op: string): Lowering<P> {
  return (node, emitter) => emitter.emit(op, operands(node.inputs, emitter))
}

/** The kernels of ONNX Runtime lack a few of the small types: those run as int32. */
function asInt32(node: Node, emitter: Emitter, operation: (inputs: readonly string[]) => string): string {
  const { dtype } = node.outputs[0]!
  if (dtype !== 'uint8') return operation(operands(node.inputs, emitter))
  return emitter.cast(operation(operands(node.inputs, emitter).map((name) => emitter.cast(name, 'int32'))), 'uint8')
}

const add: Lowering<'add'> = (node, emitter) =>
  convWithBias(node, emitter) ?? matmulWithBias(node, emitter) ?? direct<'add'>('Add')(node, emitter)

const mul: Lowering<'mul'> = (node, emitter) => {
  const x = sigmoidInput(node, emitter)
  return x ? emitter.emit('Sigmoid', [emitter.name(x)]) : direct<'mul'>('Mul')(node, emitter)
}

const maximum: Lowering<'maximum'> = (node, emitter) => {
  const [x, y] = node.inputs as readonly [Tensor, Tensor]
  if (x.dtype === 'float32' && emitter.number(y) === 0) return emitter.emit('Relu', [emitter.name(x)])
  return emitter.emit('Max', operands(node.inputs, emitter))
}

const minimum: Lowering<'minimum'> = (node, emitter) => {
  const [x, high] = node.inputs as readonly [Tensor, Tensor]
  const inner = emitter.madeOnlyFor(x, 'maximum')
  if (inner && x.dtype === 'float32') {
    const [from, low] = inner.inputs as readonly [Tensor, Tensor]
    const bounds = [emitter.number(low), emitter.number(high)] as const
    if (bounds[0] !== undefined && bounds[1] !== undefined && bounds[0] <= bounds[1]) {
      return emitter.emit('Clip', [
        emitter.name(from),
        emitter.scalar('float32', bounds[0]),
        emitter.scalar('float32', bounds[1]),
      ])
    }
  }
  return emitter.emit('Min', operands(node.inputs, emitter))
}

/**
 * Whole numbers: a division by 0, and of the least int32 by -1, would end the process, so both are kept from the
 * kernel. x / 0 is 0.
 */
function guarded(node: Node, emitter: Emitter, op: 'Div' | 'Mod'): string {
  const [x, y] = operands(node.inputs, emitter) as [string, string]
  const known = emitter.number(node.inputs[1]!)
  if (known !== undefined && known !== 0 && known !== -1) return emitter.emit(op, [x, y])
  const dtype = node.outputs[0]!.dtype as OnnxNumber
  const zero = emitter.scalar(dtype, 0)
  const one = emitter.scalar(dtype, 1)
  const isZero = emitter.emit('Equal', [y, zero])
  if (dtype === 'uint8')
    return emitter.emit('Where', [isZero, zero, emitter.emit(op, [x, emitter.emit('Where', [isZero, one, y])])])
  const isMinusOne = emitter.emit('Equal', [y, emitter.scalar(dtype, -1)])
  const safe = emitter.emit('Where', [emitter.emit('Or', [isZero, isMinusOne]), one, y])
  const special = op === 'Mod' ? zero : emitter.emit('Where', [isZero, zero, emitter.emit('Neg', [x])])
  return emitter.emit('Where', [emitter.emit('Or', [isZero, isMinusOne]), special, emitter.emit(op, [x, safe])])
}

const div: Lowering<'div'> = (node, emitter) =>
  node.outputs[0]!.dtype === 'float32' ? direct<'div'>('Div')(node, emitter) : guarded(node, emitter, 'Div')

/** x - floor(x / y) y; ONNX's Mod has that sign for whole numbers only. */
const mod: Lowering<'mod'> = (node, emitter) => {
  if (node.outputs[0]!.dtype !== 'float32') return guarded(node, emitter, 'Mod')
  const [x, y] = operands(node.inputs, emitter) as [string, string]
  return emitter.emit('Sub', [x, emitter.emit('Mul', [emitter.emit('Floor', [emitter.emit('Div', [x, y])]), y])])
}

const select: Lowering<'select'> = (node, emitter) => {
  const [condition, x, y] = operands(node.inputs, emitter) as [string, string, string]
  if (node.outputs[0]!.dtype !== 'bool') return emitter.emit('Where', [condition, x, y])
  return emitter.emit('Or', [
    emitter.emit('And', [condition, x]),
    emitter.emit('And', [emitter.emit('Not', [condition]), y]),
  ])
}

/** A float goes to uint8 by way of int32, since C++ leaves the direct way open. */
const cast: Lowering<'cast'> = (node, emitter) => {
  const from = node.inputs[0]!
  const name = emitter.name(from)
  const to = node.attributes.dtype as OnnxNumber
  if (from.dtype === to) return name
  return emitter.cast(from.dtype === 'float32' && to === 'uint8' ? emitter.cast(name, 'int32') : name, to)
}

export const elementwise = {
  neg: (node: Node, emitter: Emitter) => asInt32(node, emitter, (inputs) => emitter.emit('Neg', inputs)),
  abs: direct<'abs'>('Abs'),
  sign: direct<'sign'>('Sign'),
  floor: direct<'floor'>('Floor'),
  round: direct<'round'>('Round'),
  exp: direct<'exp'>('Exp'),
  log: direct<'log'>('Log'),
  sqrt: direct<'sqrt'>('Sqrt'),
  sin: direct<'sin'>('Sin'),
  cos: direct<'cos'>('Cos'),
  tanh: direct<'tanh'>('Tanh'),
  atan: direct<'atan'>('Atan'),
  erf: direct<'erf'>('Erf'),
  add,
  sub: direct<'sub'>('Sub'),
  mul,
  div,
  pow: direct<'pow'>('Pow'),
  mod,
  minimum,
  maximum,
  less: compare<'less'>('Less'),
  lessEqual: compare<'lessEqual'>('LessOrEqual'),
  equal: direct<'equal'>('Equal'),
  and: direct<'and'>('And'),
  or: direct<'or'>('Or'),
  not: direct<'not'>('Not'),
  select,
  cast,
}

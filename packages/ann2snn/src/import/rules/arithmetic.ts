import type { BinaryFunction } from '@snn/nn'
import { prefixes, type Activation, type Call, type Operand, type Rule } from '../call.js'
import type { Source } from '../draft.js'
import { rankOf, sameBatch, type Layout } from '../layout.js'
import { clipped } from './clip.js'

/** The constant input `i`, which broadcasts with a value of `layout`, as an array that broadcasts with its samples. */
export function constantOperand(call: Call, i: number, layout: Layout, what = 'operand'): Operand {
  const { data, shape } = call.array(i, what)
  const at = shape.length - (rankOf(layout) - layout.axis)
  if (at >= 0 && shape[at] !== 1) return call.refuseBatch()
  const kept = shape.filter((_, axis) => axis !== at || layout.inner > 1)
  while (kept[0] === 1) kept.shift()
  return { data, shape: kept }
}

const neutral: Readonly<Partial<Record<BinaryFunction, number>>> = { add: 0, sub: 0, mul: 1, div: 1, pow: 1 }

function withConstant(call: Call, name: BinaryFunction, x: Activation, operand: Operand, swap: boolean): Source {
  const out = call.output()
  const source = call.widen(x.source, x.layout.shape, out.shape.length)
  const number = operand.data.length === 1 ? operand.data[0]! : undefined
  const keeps = out.shape.length === x.layout.shape.length
  if (keeps && number !== undefined) {
    if (number === neutral[name] && (!swap || name === 'add' || name === 'mul')) return source
    if (name === 'pow' && !swap && number === 2) return call.emit('square', 'unary', [source], { function: 'square' })
    if (name === 'pow' && !swap && number === 0.5) return call.emit('sqrt', 'unary', [source], { function: 'sqrt' })
    if (name === 'maximum') return clipped(call, source, number, null)
    if (name === 'minimum') return clipped(call, source, null, number)
  }
  return call.byConstant(name, source, out.shape, name === 'add' ? masked(operand) : operand, swap)
}

/**
 * A mask before a softmax: -infinity as a number so low that nothing comes of it, but whose differences are numbers.
 */
function masked({ data, shape }: Operand): Operand {
  return { data: data.map((value) => (value === -Infinity ? -1e30 : value)), shape }
}

function withActivation(call: Call, name: BinaryFunction, a: Activation, b: Activation): Source {
  if (!sameBatch(a.layout, b.layout)) return call.refuseBatch()
  const { shape } = call.output()
  if (name === 'add' && a.layout.shape.join() === b.layout.shape.join())
    return call.emit('add', 'add', [a.source, b.source])
  const [left, right] = [a, b].map(({ source, layout }) => call.widen(source, layout.shape, shape.length))
  return call.emit(prefixes[name], 'binary', [left!, right!], { function: name })
}

function binaryRule(name: BinaryFunction): Rule {
  return (call) => {
    if (call.node.inputs.length !== 2)
      return call.refuse(`it has ${call.node.inputs.length} inputs`, 'Export it as a chain of two at a time.')
    if (call.isConstant(1)) {
      const x = call.activation(0)
      return withConstant(call, name, x, constantOperand(call, 1, x.layout), false)
    }
    if (call.isConstant(0)) {
      const x = call.activation(1)
      return withConstant(call, name, x, constantOperand(call, 0, x.layout), true)
    }
    return withActivation(call, name, call.activation(0), call.activation(1))
  }
}

export const arithmetic: Readonly<Record<string, Rule>> = {
  Add: binaryRule('add'),
  Sub: binaryRule('sub'),
  Mul: binaryRule('mul'),
  Div: binaryRule('div'),
  Pow: binaryRule('pow'),
  Max: binaryRule('maximum'),
  Min: binaryRule('minimum'),
}

import type { Node, Tensor } from '@snn/tensor'
import type { Emitter } from './emitter.js'

/** x, when `node` is the last of (tanh(x / 2) + 1) / 2, which is how `sigmoid` is built. */
export function sigmoidInput(node: Node<'mul'>, emitter: Emitter): Tensor | undefined {
  const sum = byNumber(node, 0.5, emitter)
  const add = sum && emitter.madeOnlyFor(sum, 'add')
  const tanhOutput = add && byNumber(add, 1, emitter)
  const tanh = tanhOutput && emitter.madeOnlyFor(tanhOutput, 'tanh')
  const half = tanh && emitter.madeOnlyFor(tanh.inputs[0]!, 'mul')
  return half && byNumber(half, 0.5, emitter)
}

/** The first operand, when the second is that number. */
function byNumber(node: Node<'mul' | 'add'>, value: number, emitter: Emitter): Tensor | undefined {
  return emitter.number(node.inputs[1]!) === value ? node.inputs[0] : undefined
}

import type { Tensor } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
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

/**
 * The operands of x - y, when `compared` is that difference, made only to be compared with 0: then x is compared with
 * y, which is the same for all finite numbers (a difference of unequal floats is never 0).
 */
export function difference(
  compared: Tensor,
  zero: Tensor,
  emitter: Emitter,
): readonly [x: Tensor, y: Tensor] | undefined {
  if (compared.dtype !== 'float32' || emitter.number(zero) !== 0) return undefined
  const [x, y] = emitter.madeOnlyFor(compared, 'sub')?.inputs ?? []
  return x && y && [x, y]
}

/** Whether `tensor` is the result of a convolution or pooling, or of bounds put on one. */
export function isPlane(tensor: Tensor, emitter: Emitter): boolean {
  let at = tensor
  for (let from = boundedBy(at, emitter); from; from = boundedBy(at, emitter)) at = from
  const made = emitter.madeBy(at, 'add')?.inputs[0] ?? at
  return (['conv', 'maxPool', 'averagePool'] as const).some((primitive) => emitter.madeBy(made, primitive))
}

function boundedBy(tensor: Tensor, emitter: Emitter): Tensor | undefined {
  return (emitter.madeBy(tensor, 'maximum') ?? emitter.madeBy(tensor, 'minimum'))?.inputs[0]
}

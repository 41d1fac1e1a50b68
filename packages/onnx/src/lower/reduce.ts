import type { Emitter, Lowering } from './emitter.js'

const reduceSum: Lowering<'reduceSum'> = (node, emitter) => {
  const x = node.inputs[0]!
  const { axes } = node.attributes
  if (axes.length === 0) return emitter.name(x)
  const sum = (name: string): string => emitter.emit('ReduceSum', [name, emitter.ints(axes)], { keepdims: 0 })
  if (x.dtype !== 'uint8') return sum(emitter.name(x))
  return emitter.cast(sum(emitter.cast(emitter.name(x), 'int32')), 'uint8')
}

const reduceMax: Lowering<'reduceMax'> = (node, emitter) => {
  const { axes } = node.attributes
  const name = emitter.name(node.inputs[0]!)
  return axes.length === 0 ? name : emitter.emit('ReduceMax', [name, emitter.ints(axes)], { keepdims: 0 })
}

const argmax: Lowering<'argmax'> = (node, emitter: Emitter) =>
  emitter.cast(
    emitter.emit('ArgMax', [emitter.name(node.inputs[0]!)], { axis: node.attributes.axis, keepdims: 0 }),
    'int32',
  )

export const reduce = { reduceSum, reduceMax, argmax }

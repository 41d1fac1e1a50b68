import { sameShape, type Shape } from '@snn/tensor'
import type { Lowering, OnnxNumber } from './emitter.js'

const reshape: Lowering<'reshape'> = (node, emitter) => {
  const x = node.inputs[0]!
  return sameShape(x.shape, node.attributes.shape)
    ? emitter.name(x)
    : emitter.reshape(emitter.name(x), node.attributes.shape)
}

const transpose: Lowering<'transpose'> = (node, emitter) =>
  emitter.transpose(emitter.name(node.inputs[0]!), node.attributes.permutation)

const broadcast: Lowering<'broadcast'> = (node, emitter) =>
  emitter.emit('Expand', [emitter.name(node.inputs[0]!), emitter.ints(node.attributes.shape)])

const slice: Lowering<'slice'> = (node, emitter) => {
  const { start, end, step } = node.attributes
  const { shape } = node.inputs[0]!
  const axes = [...shape.keys()].filter((i) => start[i] !== 0 || end[i] !== shape[i] || step[i] !== 1)
  const name = emitter.name(node.inputs[0]!)
  if (axes.length === 0) return name
  const of = (list: readonly number[]): string => emitter.ints(axes.map((axis) => list[axis]!))
  return emitter.emit('Slice', [name, of(start), of(end), emitter.ints(axes), of(step)])
}

const pad: Lowering<'pad'> = (node, emitter) => {
  const { padding, interior, value } = node.attributes
  const { shape, dtype } = node.inputs[0]!
  const fill =
    dtype === 'bool'
      ? emitter.host(Uint8Array.of(value ? 1 : 0), [], 'bool')
      : emitter.scalar(dtype as OnnxNumber, value)
  const outer = (name: string, low: readonly number[], high: readonly number[]): string =>
    emitter.emit('Pad', [name, emitter.ints([...low, ...high]), fill])
  let name = emitter.name(node.inputs[0]!)
  if (interior.some((n, i) => n > 0 && shape[i]! > 1)) {
    // [.., n, ..] -> [.., n, 1, ..], padded to [.., n, 1 + interior, ..], merged, and the surplus at the end cut off.
    const spread = shape.map((n, i) => n * (1 + interior[i]!))
    name = emitter.reshape(
      name,
      shape.flatMap((n) => [n, 1]),
    )
    name = outer(
      name,
      shape.flatMap(() => [0, 0]),
      interior.flatMap((n) => [0, n]),
    )
    name = emitter.reshape(name, spread)
    const ends = spread.map((n, i) => Math.max(0, n - interior[i]!))
    name = emitter.emit('Slice', [name, emitter.ints(shape.map(() => 0)), emitter.ints(ends)])
  }
  if (padding.every(([low, high]) => low === 0 && high === 0)) return name
  return outer(
    name,
    padding.map(([low]) => low),
    padding.map(([, high]) => high),
  )
}

const concat: Lowering<'concat'> = (node, emitter) =>
  emitter.emit(
    'Concat',
    node.inputs.map((x) => emitter.name(x)),
    { axis: node.attributes.axis },
  )

/** Indices that differ only along the axis pick whole slices. */
const gather: Lowering<'gather'> = (node, emitter) => {
  const [x, indices] = node.inputs
  const { axis } = node.attributes
  const source = emitter.source(indices!)
  const lead = indices!.shape.length - source.shape.length
  if (source !== indices && axis >= lead && source.shape.every((n, i) => n === 1 || i + lead === axis)) {
    return emitter.emit(
      'Gather',
      [emitter.name(x!), emitter.reshape(emitter.name(source), [source.shape[axis - lead]!])],
      { axis },
    )
  }
  return emitter.emit('GatherElements', [emitter.name(x!), emitter.name(indices!)], { axis })
}

const scatterAdd: Lowering<'scatterAdd'> = (node, emitter) => {
  const [indices, updates] = node.inputs
  const { axis } = node.attributes
  const { dtype, shape } = node.outputs[0]!
  const zeros = emitter.emit('Expand', [emitter.scalar(dtype as OnnxNumber, 0), emitter.ints(shape)])
  return emitter.emit('ScatterElements', [zeros, emitter.name(indices!), emitter.name(updates!)], {
    axis,
    reduction: 'add',
  })
}

const iota: Lowering<'iota'> = (node, emitter) => {
  const { dtype, shape, axis } = node.attributes
  const column: Shape = shape.map((n, i) => (i === axis ? n : 1))
  const numbers = Array.from({ length: shape[axis] ?? 1 }, (_, i) => i)
  const data =
    dtype === 'float32'
      ? Float32Array.from(numbers)
      : dtype === 'int32'
        ? Int32Array.from(numbers)
        : Uint8Array.from(numbers, (i) => (dtype === 'bool' ? Math.min(i, 1) : i))
  const name = emitter.host(data, column, dtype)
  return sameShape(column, shape) ? name : emitter.emit('Expand', [name, emitter.ints(shape)])
}

export const movement = { reshape, transpose, broadcast, slice, pad, concat, gather, scatterAdd, iota }

import { sizeOf } from '@snn/tensor'
import { stridesOf } from '@snn/tensor/library'
import { intAttribute, intsAttribute, tensorAttribute } from '../access.js'
import { allocateData, numbersOf } from '../dtype.js'
import type { OnnxTensor } from '../graph.js'
import { dimsOf, isSymbolic, type Block, type Data, type Folder } from './block.js'

type Shape = readonly number[]

/** For every element of `shape` the index `start + sum of position x stride` in another tensor. */
export function strided(shape: Shape, strides: Shape, start = 0): Int32Array {
  const out = new Int32Array(sizeOf(shape))
  const at = Array.from({ length: shape.length }, () => 0)
  let index = start
  for (let i = 0; i < out.length; i++) {
    out[i] = index
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index += strides[axis]!
      if (++at[axis]! < shape[axis]!) break
      index -= strides[axis]! * shape[axis]!
      at[axis] = 0
    }
  }
  return out
}

/** Strides that read `from` as if it were broadcast to `to`. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from)
  const lead = to.length - from.length
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : strides[i - lead]!))
}

function take(block: Block, indices: ArrayLike<number>): Data {
  if (isSymbolic(block)) return Array.from(indices, (i) => block.data[i]!)
  const out = allocateData(block.dtype, indices.length)
  for (let i = 0; i < indices.length; i++) out[i] = block.data[indices[i]!]!
  return out
}

const block = (input: Block | undefined): Block => input!
const numbers = (input: Block | undefined): number[] => numbersOf(input as OnnxTensor)
/** Targets, indices and the like must be plain numbers: symbolic ones are left to the run. */
const allPlain = (inputs: readonly (Block | undefined)[]): boolean => inputs.every((b) => !b || !isSymbolic(b))

const transpose: Folder = (node, [x], [out]) => {
  const strides = stridesOf(block(x).shape)
  return [
    take(
      block(x),
      strided(
        out!.shape as Shape,
        intsAttribute(node, 'perm').map((a) => strides[a]!),
      ),
    ),
  ]
}

const slice: Folder = (_, [x, starts, , axes, steps], [out]) => {
  const strides = stridesOf(block(x).shape)
  const [from, along, by] = [numbers(starts), numbers(axes), numbers(steps)]
  const start = along.reduce((sum, axis, i) => sum + from[i]! * strides[axis]!, 0)
  const stepped = strides.map((s, axis) => (along.includes(axis) ? s * by[along.indexOf(axis)]! : s))
  return [take(block(x), strided(out!.shape as Shape, stepped, start))]
}

const gather: Folder = (node, [x, indices]) => {
  if (isSymbolic(block(indices))) return undefined
  const { shape } = block(x)
  const axis = intAttribute(node, 'axis')
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))]
  const picks = numbers(indices)
  const out = new Int32Array(outer * picks.length * inner)
  let at = 0
  for (let o = 0; o < outer; o++)
    for (const pick of picks) for (let i = 0; i < inner; i++) out[at++] = (o * shape[axis]! + pick) * inner + i
  return [take(block(x), out)]
}

const concat: Folder = (node, inputs, [out]) => {
  const axis = intAttribute(node, 'axis')
  const blocks = inputs.map(block)
  const shape = out!.shape as Shape
  const outer = sizeOf(shape.slice(0, axis))
  const rows = blocks.map((b) => sizeOf(b.shape.slice(axis)))
  if (blocks.some(isSymbolic)) {
    const dims = blocks.map(dimsOf)
    return [
      Array.from({ length: outer }, (_, o) => dims.flatMap((d, b) => d.slice(o * rows[b]!, (o + 1) * rows[b]!))).flat(),
    ]
  }
  const result = allocateData(out!.dtype, sizeOf(shape)) as Uint8Array
  let at = 0
  for (let o = 0; o < outer; o++) {
    for (const [b, tensor] of blocks.entries()) {
      result.set((tensor.data as Uint8Array).subarray(o * rows[b]!, (o + 1) * rows[b]!), at)
      at += rows[b]!
    }
  }
  return [result]
}

const split: Folder = (node, [x], outs) => {
  const axis = intAttribute(node, 'axis')
  const strides = stridesOf(block(x).shape)
  let start = 0
  return outs.map(({ shape }) => {
    const part = take(block(x), strided(shape as Shape, strides, start * strides[axis]!))
    start += shape[axis] as number
    return part
  })
}

const expand: Folder = (_, [x], [out]) => [
  take(block(x), strided(out!.shape as Shape, broadcastStrides(block(x).shape, out!.shape as Shape))),
]

const tile: Folder = (_, [x], [out]) => {
  const { shape } = block(x)
  const strides = stridesOf(shape)
  const result = out!.shape as Shape
  const index = strided(result, stridesOf(result))
  const outer = stridesOf(result)
  return [
    take(
      block(x),
      index.map((i) =>
        shape.reduce(
          (sum, size, axis) => sum + ((Math.floor(i / outer[axis]!) % result[axis]!) % size) * strides[axis]!,
          0,
        ),
      ),
    ),
  ]
}

const pad: Folder = (node, [x, pads, value], [out]) => {
  if (node.attributes.mode !== 'constant' || !allPlain([x])) return undefined
  const { shape, data } = block(x) as OnnxTensor
  const by = numbers(pads)
  if (by.some((p) => p < 0)) return undefined
  const result = allocateData(out!.dtype, sizeOf(out!.shape as Shape))
  result.fill(((value as OnnxTensor | undefined)?.data[0] ?? 0) as never)
  const strides = stridesOf(out!.shape as Shape)
  const places = strided(
    shape,
    strides,
    shape.reduce((sum, _, i) => sum + by[i]! * strides[i]!, 0),
  )
  for (let i = 0; i < places.length; i++) result[places[i]!] = data[i]!
  return [result]
}

const constantOfShape: Folder = (node, _, [out]) => {
  const value = tensorAttribute(node, 'value')
  return [allocateData(value.dtype, sizeOf(out!.shape as Shape)).fill(value.data[0] as never)]
}

const range: Folder = (_, [start, , delta], [out]) => {
  if (!allPlain([start, delta]) || out!.dtype === 'bool') return undefined
  const [first, by] = [numbers(start)[0]!, numbers(delta)[0]!]
  const result = allocateData(out!.dtype, out!.shape[0] as number)
  for (let i = 0; i < result.length; i++)
    result[i] = (typeof result[0] === 'bigint' ? BigInt(first + i * by) : first + i * by) as never
  return [result]
}

const nonZero: Folder = (_, [x], [out]) => {
  if (!allPlain([x])) return undefined
  const { shape, data } = block(x) as OnnxTensor
  const strides = stridesOf(shape)
  const count = out!.shape[1] as number
  const result = new BigInt64Array(shape.length * count)
  let found = 0
  for (let i = 0; i < data.length; i++) {
    if (Number(data[i]) === 0) continue
    shape.forEach((size, axis) => (result[axis * count + found] = BigInt(Math.floor(i / strides[axis]!) % size)))
    found++
  }
  return [result]
}

/** The same elements in the same order. */
const unchanged: Folder = (_, [x]) => [block(x).data]

export const movements: Readonly<Record<string, Folder>> = {
  Reshape: unchanged,
  Transpose: transpose,
  Slice: slice,
  Gather: gather,
  Concat: concat,
  Split: split,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  ConstantOfShape: constantOfShape,
  Range: range,
  NonZero: nonZero,
}

import { sizeOf } from '@snn/tensor'
import { allocateData, numbersOf } from '../dtype.js'
import { isSymbolic, type Folder } from './block.js'
import { broadcastStrides, strided } from './movement.js'

/** More multiplications than any product of weights needs. */
const mostProducts = 2 ** 26

/** The product of constant matrices, in double precision. */
const matMul: Folder = (_, [a, b], [out]) => {
  if (
    !a ||
    !b ||
    isSymbolic(a) ||
    isSymbolic(b) ||
    out!.dtype !== 'float32' ||
    a.shape.length < 2 ||
    b.shape.length < 2
  )
    return undefined
  const shape = out!.shape as readonly number[]
  const [rows, columns, inner] = [shape.at(-2)!, shape.at(-1)!, a.shape.at(-1)!]
  if (sizeOf(shape) * inner > mostProducts) return undefined
  const stacks = shape.slice(0, -2)
  const starts = [a, b].map((block) => strided(stacks, broadcastStrides(block.shape.slice(0, -2), stacks)))
  const [left, right] = [numbersOf(a), numbersOf(b)]
  const result = new Float32Array(sizeOf(shape))
  for (let i = 0; i < result.length; i++) {
    const stack = Math.floor(i / (rows * columns))
    const [row, column] = [Math.floor(i / columns) % rows, i % columns]
    const [from, to] = [(starts[0]![stack]! * rows + row) * inner, starts[1]![stack]! * inner * columns + column]
    let sum = 0
    for (let k = 0; k < inner; k++) sum += left[from + k]! * right[to + k * columns]!
    result[i] = sum
  }
  return [result]
}

/** A copy of the data with the updates at their indices. */
const scatterNd: Folder = (node, [data, indices, updates], [out]) => {
  if (
    !data ||
    !indices ||
    !updates ||
    isSymbolic(data) ||
    isSymbolic(indices) ||
    isSymbolic(updates) ||
    node.attributes.reduction !== 'none'
  )
    return undefined
  const depth = indices.shape.at(-1) ?? 0
  const inner = sizeOf(data.shape.slice(depth))
  const at = numbersOf(indices)
  const result = allocateData(out!.dtype, data.data.length)
  result.set(data.data as never)
  for (let i = 0; i < at.length / depth; i++) {
    const place = data.shape
      .slice(0, depth)
      .reduce((sum, size, k) => sum * size + ((at[i * depth + k]! + size) % size), 0)
    for (let k = 0; k < inner; k++) result[place * inner + k] = updates.data[i * inner + k] as never
  }
  return [result]
}

export const products: Readonly<Record<string, Folder>> = { MatMul: matMul, ScatterND: scatterNd }

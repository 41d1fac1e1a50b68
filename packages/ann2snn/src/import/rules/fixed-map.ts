import { tensorOf, type OnnxTensor } from '@snn/onnx'
import { sizeOf } from '@snn/tensor'
import { broadcastShapes } from '@snn/tensor/library'
import { broadcastIndex } from '../../build/broadcast-index.js'
import type { Activation, Call, Rule } from '../call.js'
import { rankOf } from '../layout.js'
import { arithmetic } from './arithmetic.js'

/** Operations that are linear, since what chooses among their values is a constant. */

const elementwise: Rule = (call) => arithmetic[call.node.op]!(call)

/**
 * An activation or constant times an array of zeros and ones, or what broadcasts with it, in the shape of the result.
 */
function masked(call: Call, operand: Activation | OnnxTensor, mask: OnnxTensor): Activation {
  const source = elementwise(call.as('Mul', [operand, mask])) as Activation['source']
  return { source, layout: call.output() }
}

/** Where(c, x, y) = c x + (1 - c) y. */
const where: Rule = (call) => {
  const condition = call.constant(0, 'condition')
  const chosen = call.numbers(0, 'condition')
  const mask = (of: (chosen: number) => number): OnnxTensor => tensorOf('float32', condition.shape, chosen.map(of))
  const [first, second] = [mask((c) => c), mask((c) => 1 - c)]
  const [x, y] = [1, 2].map((i) => (call.isConstant(i) ? undefined : call.activation(i)))
  if (x && y) return elementwise(call.as('Add', [masked(call, x, first), masked(call, y, second)]))
  const [value, i, own] = x ? [x, 2, first] : [y ?? call.activation(2), 1, second]
  return elementwise(call.as('Add', [masked(call, value, own), selected(call, i, own)]))
}

/** The numbers of the constant input `i` where `mask` is 0, else 0: -infinity of a mask times 0 would be no number. */
function selected(call: Call, i: number, mask: OnnxTensor): OnnxTensor {
  const constant = call.array(i, 'value')
  const shape = broadcastShapes(mask.shape, constant.shape, 'Where')
  const [inMask, inConstant] = [mask, constant].map((from) => broadcastIndex(from.shape, shape))
  return tensorOf(
    'float32',
    shape,
    Array.from({ length: sizeOf(shape) }, (_, k) => (mask.data[inMask!(k)] === 0 ? constant.data[inConstant!(k)]! : 0)),
  )
}

/** The part of each matrix on and above a diagonal, or on and below it. */
const trilu: Rule = (call) => {
  const x = call.activation(0)
  if (x.layout.axis >= rankOf(x.layout) - 2 || x.layout.shape.length < 2) return call.refuseBatch()
  const [rows, columns] = x.layout.shape.slice(-2) as [number, number]
  const diagonal = call.has(1) ? call.numbers(1, 'diagonal k')[0]! : 0
  const upper = call.int('upper', 1) === 1
  const kept = (i: number): number =>
    Number(
      upper ? (i % columns) - Math.floor(i / columns) >= diagonal : (i % columns) - Math.floor(i / columns) <= diagonal,
    )
  return masked(
    call,
    x,
    tensorOf(
      'float32',
      [rows, columns],
      Array.from({ length: rows * columns }, (_, i) => kept(i)),
    ),
  ).source
}

/** Running sums along an axis: the product with a triangular matrix. */
const cumSum: Rule = (call) => {
  const x = call.activation(0)
  const axis = call.axis(0, call.numbers(1, 'axis')[0]!)
  const size = x.layout.shape[axis]!
  const [exclusive, reverse] = ['exclusive', 'reverse'].map((name) => call.int(name, 0) === 1)
  const matrix = Float32Array.from({ length: size * size }, (_, k) => {
    const behind = (Math.floor(k / size) - (k % size)) * (reverse ? -1 : 1)
    return Number(exclusive ? behind > 0 : behind >= 0)
  })
  return call.emit(
    'cumSum',
    'resample',
    [x.source],
    { axis },
    { arrays: { matrix: { data: matrix, shape: [size, size] } } },
  )
}

export const fixedMaps: Readonly<Record<string, Rule>> = { Where: where, Trilu: trilu, CumSum: cumSum }

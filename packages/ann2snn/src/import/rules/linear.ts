import type { Activation, Call, Rule } from '../call.js'
import type { LayerDraft, Source } from '../draft.js'
import { rankOf, sameBatch } from '../layout.js'

interface Matrix {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

/** The matrix [n, m] of a matrix [m, n], times `factor`. */
function transposed({ data, shape }: Matrix, factor = 1): Matrix {
  const [rows, columns] = shape as [number, number]
  const out = new Float32Array(data.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]! * factor
  return { data: out, shape: [columns, rows] }
}

function scaled({ data, shape }: Matrix, factor: number): Matrix {
  return factor === 1 ? { data, shape } : { data: data.map((v) => v * factor), shape }
}

/** Y = alpha A' B' + beta C. */
const gemm: Rule = (call) => {
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)]
  if (!call.isConstant(1))
    return call.refuse(
      'its weight B is computed by the network',
      'Export the model with constant weights, or with MatMul for products of activations.',
    )
  const x = rows(call, call.activation(0), call.int('transA', 0) === 1 ? 1 : 0)
  const b = call.array(1, 'weight B')
  const weight = call.int('transB', 0) === 1 ? scaled(b, alpha) : transposed(b, alpha)
  if (!call.has(2) || beta === 0) return call.emit('fc', 'linear', [x], {}, { arrays: { weight } })
  if (!call.isConstant(2)) {
    const other = call.activation(2)
    const product = call.emit('fc', 'linear', [x], {}, { arrays: { weight } })
    const addend =
      beta === 1
        ? other.source
        : call.emit(
            'mul',
            'constant',
            [other.source],
            { function: 'mul', swap: false },
            { arrays: { operand: scalar(beta) }, shape: other.layout.shape },
          )
    return call.emit('add', 'binary', [product, addend], { function: 'add' })
  }
  const bias = call.array(2, 'bias C')
  if (bias.shape.length !== 1)
    return call.refuse(
      `its bias has shape [${bias.shape.join(',')}], expected one number for each output`,
      'Export the model with a bias of one number for each output.',
    )
  return call.emit('fc', 'linear', [x], {}, { arrays: { weight, bias: scaled(bias, beta) } })
}

/** An operand of Gemm with the batch as axis `axis`, which may hold several rows of each sample: as rows. */
function rows(call: Call, { source, layout }: Activation, axis: number): Source {
  if (layout.axis !== axis) return call.refuseBatch()
  if (axis === 0 || layout.inner === 1) return source
  return call.emit(
    'transpose',
    'transpose',
    [source],
    { permutation: [1, 0] },
    { shape: [layout.shape[1]!, layout.shape[0]!] },
  )
}

function scalar(value: number): Matrix {
  return { data: new Float32Array([value]), shape: [] }
}

const matMul: Rule = (call) => {
  if (call.isConstant(1)) return timesConstant(call)
  const b = matrix(call, 1)
  if (call.isConstant(0)) {
    const left = call.array(0, 'operand A')
    if (left.shape.length < 2) return call.refuse('its first operand is a vector', 'Export it as a matrix.')
    const a = call.emit('parameter', 'parameter', [b.source], {}, { arrays: { value: left }, shape: left.shape })
    return product(call, { source: a, shape: left.shape }, { source: b.source, shape: b.layout.shape })
  }
  const a = matrix(call, 0)
  if (!sameBatch(a.layout, b.layout)) return call.refuseBatch()
  return product(call, { source: a.source, shape: a.layout.shape }, { source: b.source, shape: b.layout.shape })
}

/** An operand whose last two axes are not the batch. */
function matrix(call: Call, i: number): Activation {
  const value = call.activation(i)
  if (value.layout.axis >= rankOf(value.layout) - 2 || value.layout.shape.length < 2) return call.refuseBatch()
  return value
}

interface Operand {
  readonly source: Source
  readonly shape: readonly number[]
}

/** The product of two operands, with axes of size 1 in front of the one that has fewer. */
function product(call: Call, a: Operand, b: Operand): LayerDraft {
  const rank = Math.max(a.shape.length, b.shape.length)
  const [left, right] = [a, b].map(({ source, shape }) => call.widen(source, shape, rank))
  return call.emit('matmul', 'matmul', [left!, right!])
}

function timesConstant(call: Call): Source {
  const x = call.activation(0)
  const b = call.array(1, 'operand B')
  const last = rankOf(x.layout) - 1
  if (x.layout.axis === last) return call.refuseBatch()
  if (b.shape.length === 2) return call.emit('fc', 'linear', [x.source], {}, { arrays: { weight: transposed(b) } })
  if (b.shape.length === 1) {
    const { shape } = call.output()
    const column = call.emit(
      'fc',
      'linear',
      [x.source],
      {},
      { arrays: { weight: { data: b.data, shape: [1, b.shape[0]!] } }, shape: [...shape, 1] },
    )
    return call.reshape(column, shape)
  }
  const a = matrix(call, 0)
  const lead = b.shape.length - (rankOf(a.layout) - a.layout.axis)
  if (lead >= 0 && b.shape[lead] !== 1) return call.refuseBatch()
  const shape = b.shape.filter((_, i) => i > lead || (a.layout.inner > 1 && i === lead))
  if (lead > 0 && b.shape.slice(0, lead).some((n) => n !== 1))
    return call.refuse(`its weight has shape [${b.shape.join(',')}]`, 'Export it with axes that the input has too.')
  const weight = call.emit(
    'parameter',
    'parameter',
    [x.source],
    {},
    { arrays: { value: { data: b.data, shape } }, shape },
  )
  return product(call, { source: a.source, shape: a.layout.shape }, { source: weight, shape })
}

export const linear: Readonly<Record<string, Rule>> = { Gemm: gemm, MatMul: matMul }

import type { Call, Rule } from '../call.js'
import type { Source } from '../draft.js'
import { rankOf } from '../layout.js'

const batchNormalization: Rule = (call) => {
  const x = call.batched(0, 1)
  const arrays = { weight: call.array(1, 'scale'), bias: call.array(2, 'bias'), mean: call.array(3, 'mean'), variance: call.array(4, 'variance') }
  return call.emit('bn', 'batchNorm', [x.source], { epsilon: call.float('epsilon', 1e-5), momentum: 0.1 }, { arrays })
}

const layerNormalization: Rule = (call) => {
  if (call.node.outputs.slice(1).some((name) => name !== '')) return call.refuse('its mean or deviation is used', 'Export the model for inference.')
  const x = call.activation(0)
  const rank = rankOf(x.layout)
  const axis = call.int('axis', -1)
  const from = axis < 0 ? axis + rank : axis
  if (from <= x.layout.axis) return call.refuseBatch()
  const arrays = { weight: call.array(1, 'scale'), ...(call.has(2) && { bias: call.array(2, 'bias') }) }
  return call.emit('ln', 'layerNorm', [x.source], { epsilon: call.float('epsilon', 1e-5), axes: rank - from }, { arrays })
}

interface Reduction {
  readonly prefix: string
  readonly function: 'sum' | 'mean' | 'max' | 'min'
  /** What is done to each element before, and to the result. */
  readonly before?: 'abs' | 'square'
  readonly after?: 'sqrt'
}

function reduction({ prefix, function: name, before, after }: Reduction): Rule {
  return (call) => {
    const x = call.activation(0)
    const axes = call.numbers(1, 'axes').map((axis) => call.axis(0, axis))
    const { shape } = call.output()
    const kept = x.layout.shape.map((n, i) => (axes.includes(i) ? 1 : n))
    const each = before ? call.emit(before, 'unary', [x.source], { function: before }, { shape: x.layout.shape }) : x.source
    // mean over the places of [C, H, W] is what is called global average pooling elsewhere
    const global = name === 'mean' && x.layout.axis === 0 && x.layout.shape.length === 3 && axes.join() === '1,2'
    const reduced = global
      ? reshapedTo(call, call.emit('globalPool', 'globalAveragePool', [each], {}, { shape: kept }), kept, shape)
      : call.emit(prefix, 'reduce', [each], { function: name, axes, keepDims: call.int('keepdims', 1) === 1 })
    return after ? call.emit(after, 'unary', [reduced], { function: after }) : reduced
  }
}

function reshapedTo(call: Call, source: Source, from: readonly number[], to: readonly number[]): Source {
  return from.join() === to.join() ? source : call.reshape(source, to)
}

export const normalization: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNormalization, LayerNormalization: layerNormalization,
  ReduceSum: reduction({ prefix: 'sum', function: 'sum' }),
  ReduceMean: reduction({ prefix: 'mean', function: 'mean' }),
  ReduceMax: reduction({ prefix: 'max', function: 'max' }),
  ReduceMin: reduction({ prefix: 'min', function: 'min' }),
  ReduceL1: reduction({ prefix: 'sum', function: 'sum', before: 'abs' }),
  ReduceL2: reduction({ prefix: 'sum', function: 'sum', before: 'square', after: 'sqrt' }),
  ReduceSumSquare: reduction({ prefix: 'sum', function: 'sum', before: 'square' }),
}

import type { Call, Rule } from '../call.js'
import type { Source } from '../draft.js'
import { formulaOf } from '../formula.js'
import { rankOf } from '../layout.js'
import { constantOperand } from './arithmetic.js'

const batchNormalization: Rule = (call) => {
  const { source, layout } = call.activation(0)
  const axis = call.axis(0, 1)
  const arrays = {
    weight: call.array(1, 'scale'),
    bias: call.array(2, 'bias'),
    mean: call.array(3, 'mean'),
    variance: call.array(4, 'variance'),
  }
  const epsilon = call.float('epsilon', 1e-5)
  if (axis === 0) return call.emit('bn', 'batchNorm', [source], { epsilon, momentum: 0.1 }, { arrays })
  // rows of a sample in one axis with the batch: y = scale x + shift, one of each for the channels behind them
  const shape = layout.shape.map((n, i) => (i === axis ? n : 1)).slice(axis)
  const scale = arrays.weight.data.map((weight, c) => weight / Math.sqrt(arrays.variance.data[c]! + epsilon))
  const shift = arrays.bias.data.map((bias, c) => bias - arrays.mean.data[c]! * scale[c]!)
  const scaled = call.byConstant('mul', source, layout.shape, { data: scale, shape })
  return call.byConstant('add', scaled, layout.shape, { data: shift, shape })
}

const layerNormalization: Rule = (call) => {
  if (call.node.outputs.slice(1).some((name) => name !== ''))
    return call.refuse('its mean or deviation is used', 'Export the model for inference.')
  const x = call.activation(0)
  const rank = rankOf(x.layout)
  const axis = call.int('axis', -1)
  const from = axis < 0 ? axis + rank : axis
  if (from <= x.layout.axis) return call.refuseBatch()
  const arrays = { weight: call.array(1, 'scale'), ...(call.has(2) && { bias: call.array(2, 'bias') }) }
  return call.emit(
    'ln',
    'layerNorm',
    [x.source],
    { epsilon: call.float('epsilon', 1e-5), axes: rank - from },
    { arrays },
  )
}

/** Groups of the channels of each sample; in InstanceNormalization each channel is one. */
const groupNormalization: Rule = (call) => {
  const x = call.batched(0, 1)
  const groups = call.node.op === 'InstanceNormalization' ? x.layout.shape[0]! : call.int('num_groups')
  return call.emit(
    'gn',
    'groupNorm',
    [x.source],
    { epsilon: call.float('epsilon', 1e-5), groups },
    { arrays: { weight: call.array(1, 'scale'), bias: call.array(2, 'bias') } },
  )
}

/** x / sqrt(mean(x^2) + epsilon) scale, over the axes from `axis` on. */
const rmsNormalization: Rule = (call) => {
  const x = formulaOf(call)
  const { layout } = call.activation(0)
  const rank = rankOf(layout)
  const given = call.int('axis', -1)
  const axes = Array.from({ length: rank }, (_, i) => i)
    .slice(given)
    .map((axis) => call.axis(0, axis))
  const y = x.binary(
    'div',
    x.unary('square').reduce('mean', axes).constant('add', call.float('epsilon', 1e-5)).unary('sqrt'),
  )
  return call.byConstant('mul', y.source, y.shape, constantOperand(call, 1, layout, 'scale'))
}

/** x over its norm of order p along one axis. */
const lpNormalization: Rule = (call) => {
  const x = formulaOf(call)
  const axes = [call.axis(0, call.int('axis', -1))]
  return x.binary(
    'div',
    call.int('p', 2) === 1 ? x.unary('abs').reduce('sum', axes) : x.unary('square').reduce('sum', axes).unary('sqrt'),
  ).source
}

/** (x - mean) / (deviation + 1e-9) over `axes`. */
const meanVarianceNormalization: Rule = (call) => {
  const x = formulaOf(call)
  const axes = call.ints('axes', [0, 2, 3]).map((axis) => call.axis(0, axis))
  const centred = x.binary('sub', x.reduce('mean', axes))
  return centred.binary('div', centred.unary('square').reduce('mean', axes).unary('sqrt').constant('add', 1e-9)).source
}

/** x / (bias + alpha / size times the sum of the squares of the `size` channels around)^beta. */
const localResponse: Rule = (call) => {
  const x = formulaOf(call)
  const size = call.int('size')
  const channels = call.batched(0, 1).layout.shape[0]!
  const window = Float32Array.from({ length: channels * channels }, (_, i) => {
    const distance = (i % channels) - Math.floor(i / channels)
    return distance >= -Math.floor((size - 1) / 2) && distance <= Math.ceil((size - 1) / 2)
      ? call.float('alpha', 0.0001) / size
      : 0
  })
  return x.binary(
    'div',
    x
      .unary('square')
      .resample(0, window)
      .constant('add', call.float('bias', 1))
      .constant('pow', call.float('beta', 0.75)),
  ).source
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
    const each = before
      ? call.emit(before, 'unary', [x.source], { function: before }, { shape: x.layout.shape })
      : x.source
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
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: groupNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rmsNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  LRN: localResponse,
  ReduceSum: reduction({ prefix: 'sum', function: 'sum' }),
  ReduceMean: reduction({ prefix: 'mean', function: 'mean' }),
  ReduceMax: reduction({ prefix: 'max', function: 'max' }),
  ReduceMin: reduction({ prefix: 'min', function: 'min' }),
  ReduceL1: reduction({ prefix: 'sum', function: 'sum', before: 'abs' }),
  ReduceL2: reduction({ prefix: 'sum', function: 'sum', before: 'square', after: 'sqrt' }),
  ReduceSumSquare: reduction({ prefix: 'sum', function: 'sum', before: 'square' }),
}

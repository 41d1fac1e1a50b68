import { sizeOf } from '@snn/tensor'
import type { Conv } from '../sim/processes/conv.js'
import { convShape } from '../sim/processes/conv.js'
import type { Synapse } from '../sim/process-graph.js'
import type { LayerValues } from './layer-values.js'
import { optimizeWeights, type OptimizedWeights } from './optimize-weights.js'
import { refuse } from './refuse.js'

/** A synapse and the port of the layer's neurons that it drives; recurrent ones take the neurons' own spikes. */
export interface LoadedSynapse {
  readonly suffix: 'synapse' | 'recurrent' | 'real' | 'imag'
  readonly port: string
  readonly process: Synapse
}

/** Longest delay; longer ones are cut. */
const longestDelay = 62

/** The synapses of a dense layer, recurrent or of resonators, as `Network.create_dense` makes them. */
export function loadDense(values: LayerValues, count: number, messageBits: number): readonly LoadedSynapse[] {
  const { name, kind } = values
  if (values.has('weight/imag')) {
    return (['real', 'imag'] as const).map((part): LoadedSynapse => {
      const { data, columns } = matrix(values, `weight/${part}`, count)
      const optimized = optimize(values, data, `weight/${part}`)
      return {
        suffix: part,
        port: `a_${part}_in`,
        process: { type: 'Dense', ...optimized, shape: [count, columns], num_message_bits: messageBits },
      }
    })
  }
  const { data, columns } = matrix(values, 'weight', count)
  const recurrent = kind === 'dense_rec' ? matrix(values, 'weight_rec', count) : undefined
  if (recurrent && recurrent.columns !== count)
    throw refuse(
      name,
      kind,
      `weight_rec has ${recurrent.columns} columns for ${count} neurons`,
      `Write [${count},${count}].`,
    )
  // Both matrices of a recurrent layer share one exponent.
  const optimized = optimize(values, recurrent ? Float64Array.from([...data, ...recurrent.data]) : data, 'weight')
  const delays = values.has('delay') ? delaysOf(values, count, columns) : undefined
  if (recurrent && delays && columns !== count)
    throw refuse(
      name,
      kind,
      `delays on ${columns} inputs and ${count} recurrent ones, which share them`,
      'Leave the delays out.',
    )
  const synapse = (weights: Int32Array, inputs: number): Synapse => {
    const common = { ...optimized, weights, shape: [count, inputs] as const, num_message_bits: messageBits }
    // The exponent is lost where a recurrent layer has delays.
    return delays
      ? {
          type: 'DelayDense',
          ...common,
          weight_exp: recurrent ? 0 : optimized.weight_exp,
          delays,
          max_delay: longestDelay,
        }
      : { type: 'Dense', ...common }
  }
  const forward: LoadedSynapse = {
    suffix: 'synapse',
    port: 'a_in',
    process: synapse(optimized.weights.subarray(0, data.length), columns),
  }
  return recurrent
    ? [forward, { suffix: 'recurrent', port: 'a_in', process: synapse(optimized.weights.subarray(data.length), count) }]
    : [forward]
}

/** [out, in]; one axis is one row a neuron. */
function matrix(
  values: LayerValues,
  path: string,
  count: number,
): { readonly data: Float64Array; readonly columns: number } {
  const { shape } = values.need(path)
  const data = values.integers(path)
  const columns = shape.length === 1 ? data.length / count : shape[1]!
  if (
    shape.length > 2 ||
    shape.length === 0 ||
    !Number.isInteger(columns) ||
    columns * count !== data.length ||
    (shape.length === 2 && shape[0] !== count)
  ) {
    throw refuse(
      values.name,
      values.kind,
      `${path} has shape [${shape.join(',')}] for ${count} neurons`,
      `Write [${count}, inputs].`,
    )
  }
  return { data, columns }
}

function optimize(values: LayerValues, data: Float64Array, path: string): OptimizedWeights {
  const optimized = optimizeWeights(data)
  if (!optimized)
    throw refuse(
      values.name,
      values.kind,
      `${path} is all zero, on which the loader fails`,
      'Leave the layer out, or give one weight a value.',
    )
  return optimized
}

function delaysOf(values: LayerValues, count: number, columns: number): Int32Array {
  const { name, kind } = values
  const { shape, data } = values.need('delay')
  const tooLong = data.some((d) => d > longestDelay)
  const delays = Int32Array.from(data, (d) => Math.trunc(tooLong ? Math.max(0, Math.min(longestDelay, d)) : d))
  if (delays.some((d) => d < 0)) throw refuse(name, kind, 'a negative delay', 'Write delays from 0 to 62.')
  const spread = (at: (row: number, column: number) => number): Int32Array =>
    Int32Array.from({ length: count * columns }, (_, i) => delays[at(Math.floor(i / columns), i % columns)]!)
  if (shape.length === 0) return spread(() => 0)
  if (shape.length === 1 && delays.length === count) return spread((row) => row)
  if (shape.length === 1 && delays.length === columns) return spread((_, column) => column)
  if (shape.length === 2 && shape[0] === count && shape[1] === columns) return delays
  throw refuse(
    name,
    kind,
    `delay has shape [${shape.join(',')}] for weights [${count},${columns}]`,
    'Write one number, one a neuron, one an input, or one a weight.',
  )
}

/** The synapse of a convolution, as `Network.create_conv` makes it. Its `delay` is not looked at. */
export function loadConv(
  values: LayerValues,
  inputShape: readonly number[],
  shape: readonly number[],
  messageBits: number,
): LoadedSynapse {
  const { name, kind } = values
  const [channels, height, width] = inputShape
  if (inputShape.length !== 3 || shape.length !== 3)
    throw refuse(
      name,
      kind,
      `a convolution of [${inputShape.join(',')}] to [${shape.join(',')}]`,
      'Write shapes C, H, W.',
    )
  const { shape: given } = values.need('weight')
  const weight = values.integers('weight')
  const weightShape = given.slice(0, 4) as [number, number, number, number]
  if (given.length < 4 || sizeOf(weightShape) !== weight.length)
    throw refuse(name, kind, `weight has shape [${given.join(',')}]`, 'Write [O, I / groups, kH, kW].')
  const groups = values.need('groups')
  const g = groups.data[0]!
  if (groups.shape.length > 0)
    throw refuse(name, kind, `groups has shape [${groups.shape.join(',')}]`, 'Write a scalar.')
  if (!(g >= 1) || channels! % g !== 0 || weightShape[0] % g !== 0 || weightShape[1] !== channels! / g)
    throw refuse(
      name,
      kind,
      `${channels} channels, weights [${weightShape.join(',')}] and ${g} groups do not fit`,
      'Write weights [O, I / groups, kH, kW].',
    )
  const conv: Conv = {
    type: 'Conv',
    input_shape: [channels!, height!, width!],
    weight,
    weight_shape: weightShape,
    stride: pair(values, 'stride', 1),
    padding: pair(values, 'padding', 0),
    dilation: pair(values, 'dilation', 1),
    groups: g,
    num_message_bits: messageBits,
  }
  const computed = convShape(conv)
  if (computed.some((n, axis) => n < 1 || n !== shape[axis]))
    throw refuse(
      name,
      kind,
      `shape is [${shape.join(',')}], but the convolution of [${inputShape.join(',')}] gives [${computed.join(',')}]`,
      'Correct shape, stride, padding or dilation.',
    )
  return { suffix: 'synapse', port: 'a_in', process: conv }
}

/** [H, W], or one number for both. */
function pair(values: LayerValues, path: string, least: number): readonly [number, number] {
  const { data, shape } = values.need(path)
  const [first, second = first] = data
  if (
    shape.length > 1 ||
    data.length > 2 ||
    !Number.isInteger(first) ||
    !Number.isInteger(second) ||
    first! < least ||
    second! < least
  )
    throw refuse(
      values.name,
      values.kind,
      `${path} is [${Array.from(data).join(',')}]`,
      `Write [H, W], each at least ${least}.`,
    )
  return [first!, second!]
}

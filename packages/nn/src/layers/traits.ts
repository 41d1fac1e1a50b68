import type { Shape } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import type { Layer, OfKind } from '../layer.js'
import type { LayerName, LayerOf } from './kinds.js'

/**
 * What conversion, reports and exporters ask of a layer: what it does outside of training, whatever its numbers are.
 */
export interface LayerTraits {
  /**
   * How the output depends on the inputs, a bias aside:
   * - `weights`: linear, by arrays of the layer
   * - `sum`: linear, by numbers that are fixed: sums, differences, means, interpolation
   * - `movement`: each value of the output is one of the inputs, or 0
   * - `none`: not linear
   */
  readonly linear: 'weights' | 'sum' | 'movement' | 'none'
  /**
   * Which values of a sample one value of the output depends on:
   * - `element`: those in its place, of each input
   * - `channel`: those of its channel, axis 0 of a sample
   * - `axis`: those of a line along `config.axis`, or else along the last axis
   * - `sample`: any
   * - `sequence`: any, of any step
   */
  readonly reach: 'element' | 'channel' | 'axis' | 'sample' | 'sequence'
  /** The axis of a sample that its arrays have one entry of a bias or a statistic for: 0, or -1 for the last. */
  readonly channelAxis?: 0 | -1
  /**
   * How many products one value of the output adds up at most, for inputs of these shapes of a sample. Default: none.
   */
  readonly fanIn: (inputs: readonly Shape[]) => number
  /** Whether no output becomes smaller where an input becomes larger. */
  readonly monotone: boolean
  /** Whether each sample is by itself in training, too. */
  readonly perSample: boolean
}

/** A trait of a kind: the same for all of its layers, or read of one. */
type Trait<T, L> = T | ((layer: L) => T)

interface Row<L> {
  readonly linear: Trait<LayerTraits['linear'], L>
  readonly reach: LayerTraits['reach']
  readonly monotone: Trait<boolean, L>
  readonly channelAxis?: 0 | -1
  readonly fanIn?: (layer: L, inputs: readonly Shape[]) => number
  /** Default true. */
  readonly perSample?: false
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

/** Weights [out, ..]: all of one output. */
const perOutput = ({ variables }: Layer): number => product(variables['weight']!.shape.slice(1))

/** Functions of one variable that never fall. */
const rising: ReadonlySet<string> = new Set([
  'exp',
  'log',
  'sqrt',
  'sigmoid',
  'tanh',
  'erf',
  'floor',
  'ceil',
  'round',
  'sign',
  'atan',
  'softplus',
  'softsign',
  'elu',
  'celu',
  'selu',
  'thresholdedRelu',
  'hardSigmoid',
])

const table: { readonly [K in LayerName]: Row<LayerOf<K>> } = {
  accumulate: { linear: 'sum', reach: 'element', monotone: true },
  adaptiveAveragePool: { linear: 'sum', reach: 'channel', monotone: true },
  add: { linear: 'sum', reach: 'element', monotone: true },
  averagePool: { linear: 'sum', reach: 'channel', monotone: true },
  batchNorm: { linear: 'weights', reach: 'element', channelAxis: 0, monotone: false, perSample: false },
  batchNormThroughTime: { linear: 'weights', reach: 'element', channelAxis: 0, monotone: false, perSample: false },
  binary: {
    linear: ({ config }) => (config.function === 'add' || config.function === 'sub' ? 'sum' : 'none'),
    reach: 'element',
    monotone: ({ config }) =>
      config.function === 'add' || config.function === 'minimum' || config.function === 'maximum',
  },
  broadcast: { linear: 'movement', reach: 'sample', monotone: true },
  channelAttention: { linear: 'none', reach: 'sequence', channelAxis: 0, monotone: false },
  clip: { linear: 'none', reach: 'element', monotone: true },
  concat: { linear: 'movement', reach: 'sample', monotone: true },
  constant: {
    linear: ({ config }) =>
      config.function === 'add' ||
      config.function === 'sub' ||
      config.function === 'mul' ||
      (config.function === 'div' && !config.swap)
        ? 'weights'
        : 'none',
    reach: 'element',
    monotone: ({ config }) =>
      config.function === 'add' ||
      (config.function === 'sub' && !config.swap) ||
      config.function === 'minimum' ||
      config.function === 'maximum',
  },
  conv: { linear: 'weights', reach: 'sample', channelAxis: 0, monotone: false, fanIn: perOutput },
  convTranspose: {
    linear: 'weights',
    reach: 'sample',
    channelAxis: 0,
    monotone: false,
    // [C, O / groups, kernel]: of a kernel, every stride-th value meets an output
    fanIn: ({ variables, config: { groups, stride } }) =>
      product([
        variables['weight']!.shape[0]! / groups,
        ...variables['weight']!.shape.slice(2).map((size, i) => Math.ceil(size / stride[i]!)),
      ]),
  },
  delay: { linear: 'movement', reach: 'element', monotone: true },
  difference: { linear: 'sum', reach: 'element', monotone: false },
  dropConnectLinear: {
    linear: ({ config }) => (config.activation === 'none' ? 'weights' : 'none'),
    reach: 'axis',
    channelAxis: -1,
    monotone: false,
    fanIn: perOutput,
  },
  dropout: { linear: 'movement', reach: 'element', monotone: true },
  elementwiseRecurrent: { linear: 'none', reach: 'sample', monotone: false },
  flatten: { linear: 'movement', reach: 'sample', monotone: true },
  gate: { linear: 'movement', reach: 'element', monotone: true },
  gather: { linear: 'movement', reach: 'sample', monotone: true },
  globalAveragePool: { linear: 'sum', reach: 'channel', monotone: true },
  globalMaxPool: { linear: 'none', reach: 'channel', monotone: true },
  groupNorm: { linear: 'none', reach: 'sample', channelAxis: 0, monotone: false },
  layerNorm: { linear: 'none', reach: 'sample', channelAxis: -1, monotone: false },
  leakyRelu: {
    linear: 'none',
    reach: 'element',
    monotone: ({ config, variables }) => !variables['slope'] && config.slope >= 0,
  },
  learnableDelay: { linear: 'weights', reach: 'element', channelAxis: 0, monotone: true },
  linear: { linear: 'weights', reach: 'axis', channelAxis: -1, monotone: false, fanIn: perOutput },
  linearRecurrent: { linear: 'none', reach: 'sample', monotone: false },
  logic: { linear: 'none', reach: 'element', monotone: false },
  logSoftmax: { linear: 'none', reach: 'axis', monotone: false },
  matmul: { linear: 'none', reach: 'sample', monotone: false, fanIn: (_, [left]) => left!.at(-1)! },
  maxPool: { linear: 'none', reach: 'channel', monotone: true },
  maxUnpool: { linear: 'none', reach: 'channel', monotone: false },
  neuNorm: { linear: 'weights', reach: 'sample', channelAxis: 0, monotone: false },
  pad: { linear: ({ config }) => (config.value === 0 ? 'movement' : 'none'), reach: 'sample', monotone: true },
  parameter: { linear: 'weights', reach: 'element', monotone: true },
  reduce: {
    linear: ({ config }) => (config.function === 'sum' || config.function === 'mean' ? 'sum' : 'none'),
    reach: 'sample',
    monotone: true,
  },
  relu: { linear: 'none', reach: 'element', monotone: true },
  resample: { linear: 'sum', reach: 'axis', monotone: false },
  reshape: { linear: 'movement', reach: 'sample', monotone: true },
  reverseTime: { linear: 'movement', reach: 'sequence', monotone: true },
  runningMean: { linear: 'sum', reach: 'element', monotone: true },
  sampleParameter: { linear: 'weights', reach: 'element', monotone: true },
  slice: { linear: 'movement', reach: 'sample', monotone: true },
  softmax: { linear: 'none', reach: 'axis', monotone: false },
  spatialAttention: { linear: 'none', reach: 'sequence', monotone: false },
  spikeCountToBinary: { linear: 'none', reach: 'sequence', monotone: true },
  spikingAttention: { linear: 'none', reach: 'sample', monotone: false },
  spikingGlobalMaxPool: { linear: 'none', reach: 'channel', monotone: false },
  spikingGru: { linear: 'none', reach: 'axis', channelAxis: -1, monotone: false },
  spikingLstm: { linear: 'none', reach: 'axis', channelAxis: -1, monotone: false },
  spikingMaxPool: { linear: 'none', reach: 'channel', monotone: false },
  spikingRnn: { linear: 'none', reach: 'axis', channelAxis: -1, monotone: false },
  synapseFilter: { linear: 'none', reach: 'element', monotone: false },
  temporalAttention: { linear: 'none', reach: 'sequence', monotone: false },
  temporalBinSum: { linear: 'sum', reach: 'sequence', monotone: true },
  temporalEffectiveBatchNorm: {
    linear: 'weights',
    reach: 'element',
    channelAxis: 0,
    monotone: false,
    perSample: false,
  },
  transpose: { linear: 'movement', reach: 'sample', monotone: true },
  unary: {
    linear: ({ config }) => (config.function === 'neg' ? 'sum' : 'none'),
    reach: 'element',
    monotone: ({ config: { function: of, alpha = 1, beta = 1 } }) => rising.has(of) && alpha >= 0 && beta >= 0,
  },
  upsample: {
    linear: ({ config }) => (config.mode === 'nearest' ? 'movement' : 'sum'),
    reach: 'channel',
    monotone: true,
  },
  voting: { linear: 'sum', reach: 'axis', monotone: true },
  wsConv: { linear: 'weights', reach: 'sample', channelAxis: 0, monotone: false, fanIn: perOutput },
  wsLinear: { linear: 'weights', reach: 'axis', channelAxis: -1, monotone: false, fanIn: perOutput },
}

/** The traits of a layer of this package; undefined for neurons, and for kinds of somebody else. */
export function traitsOf(layer: Layer): LayerTraits | undefined {
  checkObject('traitsOf', layer, 'layer', 'a layer such as linear(2, 1)')
  if (!Object.hasOwn(table, layer.kind)) return undefined
  const {
    linear,
    reach,
    channelAxis,
    fanIn,
    monotone,
    perSample = true,
  } = table[layer.kind as LayerName] as Row<Layer & OfKind<never, string>>
  const own = layer as Layer & OfKind<never, string>
  return {
    linear: typeof linear === 'function' ? linear(own) : linear,
    reach,
    ...(channelAxis !== undefined && { channelAxis }),
    fanIn: (inputs) => fanIn?.(own, inputs) ?? 0,
    monotone: typeof monotone === 'function' ? monotone(own) : monotone,
    perSample,
  }
}

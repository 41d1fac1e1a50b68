import {
  channelAttentionLayer,
  spatialAttentionLayer,
  temporalAttentionLayer,
} from '../attention/multi-dimensional-attention.js'
import { spikingAttentionLayer } from '../attention/spiking-attention.js'
import { reverseTimeLayer } from '../recurrent/reverse-time.js'
import { clipLayer, leakyReluLayer, logSoftmaxLayer, reluLayer, softmaxLayer, unaryLayer } from './activation.js'
import { addLayer, binaryLayer, constantLayer, reduceLayer } from './arithmetic.js'
import { accumulateLayer, differenceLayer } from './changes.js'
import { convLayer, convTransposeLayer } from './conv.js'
import { delayLayer, learnableDelayLayer } from './delay.js'
import { dropConnectLinearLayer } from './drop-connect.js'
import { dropoutLayer } from './dropout.js'
import { gateLayer } from './gate.js'
import { linearLayer, matmulLayer } from './linear.js'
import { logicLayer } from './logic.js'
import { neuNormLayer } from './neu-norm.js'
import { batchNormLayer, groupNormLayer, layerNormLayer } from './norm.js'
import { averagePoolLayer, globalAveragePoolLayer, globalMaxPoolLayer, maxPoolLayer, maxUnpoolLayer } from './pool.js'
import { adaptiveAveragePoolLayer, resampleLayer, upsampleLayer } from './resample.js'
import { runningMeanLayer } from './running-mean.js'
import { sampleParameterLayer } from './sample-parameter.js'
import {
  broadcastLayer,
  concatLayer,
  flattenLayer,
  gatherLayer,
  padLayer,
  parameterLayer,
  reshapeLayer,
  sliceLayer,
  transposeLayer,
} from './shape.js'
import { spikingGlobalMaxPoolLayer, spikingMaxPoolLayer } from './spiking-max-pool.js'
import { synapseFilterLayer } from './synapse-filter.js'
import { batchNormThroughTimeLayer, temporalEffectiveBatchNormLayer } from './temporal-norm.js'
import { spikeCountToBinaryLayer, temporalBinSumLayer } from './time-slots.js'
import { votingLayer } from './voting.js'
import { wsConvLayer, wsLinearLayer } from './weight-standardized.js'
import type { Layer, OfKind } from '../layer.js'
import type { RecurrentKind } from '../recurrent/recurrent-layer.js'

/** Every kind of layer of this package that is made of a config and arrays alone. */
export const kinds = [
  accumulateLayer,
  adaptiveAveragePoolLayer,
  addLayer,
  averagePoolLayer,
  batchNormLayer,
  batchNormThroughTimeLayer,
  binaryLayer,
  broadcastLayer,
  channelAttentionLayer,
  clipLayer,
  concatLayer,
  constantLayer,
  convLayer,
  convTransposeLayer,
  delayLayer,
  differenceLayer,
  dropConnectLinearLayer,
  dropoutLayer,
  flattenLayer,
  gateLayer,
  gatherLayer,
  globalAveragePoolLayer,
  globalMaxPoolLayer,
  groupNormLayer,
  layerNormLayer,
  leakyReluLayer,
  learnableDelayLayer,
  linearLayer,
  logicLayer,
  logSoftmaxLayer,
  matmulLayer,
  maxPoolLayer,
  maxUnpoolLayer,
  neuNormLayer,
  padLayer,
  parameterLayer,
  reduceLayer,
  reluLayer,
  resampleLayer,
  reshapeLayer,
  reverseTimeLayer,
  runningMeanLayer,
  sampleParameterLayer,
  sliceLayer,
  softmaxLayer,
  spatialAttentionLayer,
  spikingAttentionLayer,
  spikingGlobalMaxPoolLayer,
  spikingMaxPoolLayer,
  temporalAttentionLayer,
  spikeCountToBinaryLayer,
  synapseFilterLayer,
  temporalBinSumLayer,
  temporalEffectiveBatchNormLayer,
  transposeLayer,
  unaryLayer,
  upsampleLayer,
  votingLayer,
  wsConvLayer,
  wsLinearLayer,
] as const

type Kind = (typeof kinds)[number]

/** The name of each kind of layer of this package. */
export type LayerName = Kind['kind'] | 'elementwiseRecurrent' | 'linearRecurrent' | RecurrentKind

/** A layer of the kind `K`. */
export type LayerOf<K extends LayerName> = Layer & OfKind<ConfigOf<K>, K>

type ConfigOf<K> =
  Extract<Kind, { readonly kind: K }> extends (config: infer C extends object, ...rest: never) => unknown ? C : object

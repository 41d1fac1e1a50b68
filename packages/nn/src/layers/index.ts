import type { Config, Layer, Variables } from '../layer.js'
import { clipLayer, leakyReluLayer, logSoftmaxLayer, reluLayer, softmaxLayer, unaryLayer } from './activation.js'
import { addLayer, binaryLayer, constantLayer, reduceLayer } from './arithmetic.js'
import { convLayer, convTransposeLayer } from './conv.js'
import { delayLayer, learnableDelayLayer } from './delay.js'
import { dropConnectLinearLayer } from './drop-connect.js'
import { dropoutLayer } from './dropout.js'
import { linearLayer, matmulLayer } from './linear.js'
import { logicLayer } from './logic.js'
import { neuNormLayer } from './neu-norm.js'
import { batchNormLayer, groupNormLayer, layerNormLayer } from './norm.js'
import { averagePoolLayer, globalAveragePoolLayer, globalMaxPoolLayer, maxPoolLayer, maxUnpoolLayer } from './pool.js'
import { adaptiveAveragePoolLayer, upsampleLayer } from './resample.js'
import { broadcastLayer, concatLayer, flattenLayer, gatherLayer, padLayer, parameterLayer, reshapeLayer, sliceLayer, transposeLayer } from './shape.js'
import { synapseFilterLayer } from './synapse-filter.js'
import { batchNormThroughTimeLayer, temporalEffectiveBatchNormLayer } from './temporal-norm.js'
import { spikeCountToBinaryLayer, temporalBinSumLayer } from './time-slots.js'
import { votingLayer } from './voting.js'
import { wsConvLayer, wsLinearLayer } from './weight-standardized.js'

const kinds = [
  adaptiveAveragePoolLayer,
  addLayer,
  averagePoolLayer,
  batchNormLayer,
  batchNormThroughTimeLayer,
  binaryLayer,
  broadcastLayer,
  clipLayer,
  concatLayer,
  constantLayer,
  convLayer,
  convTransposeLayer,
  delayLayer,
  dropConnectLinearLayer,
  dropoutLayer,
  flattenLayer,
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
  reshapeLayer,
  sliceLayer,
  softmaxLayer,
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

/** Makes a layer of this package again from what it says of itself; undefined for a kind that is not of this package. */
export function createLayer(kind: string, config: Config, variables: Variables): Layer | undefined {
  const found = kinds.find((candidate) => candidate.kind === kind)
  return found?.(config as never, variables)
}

import { checkObject } from '@snn/tensor'
import { surrogateFromParts } from '@snn/surrogate'
import { channelAttentionLayer, spatialAttentionLayer, temporalAttentionLayer } from '../attention/multi-dimensional-attention.js'
import { spikingAttentionLayer } from '../attention/spiking-attention.js'
import type { Config, Layer, Variables } from '../layer.js'
import { elementwiseRecurrent, linearRecurrentLayer, type Combine } from '../recurrent/containers.js'
import { unprefixed } from '../recurrent/part-layer.js'
import { recurrentCells, recurrentLayer, type RecurrentKind } from '../recurrent/recurrent-layer.js'
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
import { broadcastLayer, concatLayer, flattenLayer, gatherLayer, padLayer, parameterLayer, reshapeLayer, sliceLayer, transposeLayer } from './shape.js'
import { spikingGlobalMaxPoolLayer, spikingMaxPoolLayer } from './spiking-max-pool.js'
import { synapseFilterLayer } from './synapse-filter.js'
import { batchNormThroughTimeLayer, temporalEffectiveBatchNormLayer } from './temporal-norm.js'
import { spikeCountToBinaryLayer, temporalBinSumLayer } from './time-slots.js'
import { votingLayer } from './voting.js'
import { wsConvLayer, wsLinearLayer } from './weight-standardized.js'

const kinds = [
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

/** Makes a layer again from what it says of itself; undefined for an unknown kind. */
export type CreateLayer = (kind: string, config: Config, variables: Variables) => Layer | undefined

/**
 * Makes a layer of this package again from what it says of itself; undefined for a kind that is not of this package. `inner` makes the
 * layers inside of others, such as the neurons of a recurrent container.
 */
export function createLayer(kind: string, config: Config, variables: Variables, inner: CreateLayer = createLayer): Layer | undefined {
  checkObject('createLayer', config, 'config')
  checkObject('createLayer', variables, 'variables', 'Variables by name')
  const found = kinds.find((candidate) => candidate.kind === kind)
  return found ? found(config as never, variables) : createWithMemory(kind, config, variables, inner)
}

function createWithMemory(kind: string, config: Config, variables: Variables, inner: CreateLayer): Layer | undefined {
  if (Object.hasOwn(recurrentCells, kind)) {
    const weights = Object.fromEntries(Object.entries(variables).filter(([name]) => !name.includes('.')))
    const [surrogate, candidateSurrogate] = [surrogateFromParts(config, variables), surrogateFromParts(config, variables, 'candidateSurrogate')]
    return recurrentLayer(kind as RecurrentKind, weights, { ...(surrogate && { surrogate }), ...(candidateSurrogate && { candidateSurrogate }) })
  }
  if (kind !== 'elementwiseRecurrent' && kind !== 'linearRecurrent') return undefined
  const sub = config['sub'] as { readonly kind: string; readonly config: Config }
  const layer = inner(sub.kind, sub.config, unprefixed('sub', variables))
  if (!layer || config['combine'] === 'custom') return undefined
  if (kind === 'elementwiseRecurrent') return elementwiseRecurrent(layer, config['combine'] as Combine)
  return linearRecurrentLayer(layer, Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('sub.'))))
}

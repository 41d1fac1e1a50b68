import { createSurrogate } from '@snn/surrogate'
import { channelAttentionLayer, spatialAttentionLayer, temporalAttentionLayer } from '../attention/multi-dimensional-attention.js'
import { spikingAttentionLayer } from '../attention/spiking-attention.js'
import type { Config, Layer, Variables } from '../layer.js'
import { elementwiseRecurrent, linearRecurrentLayer, type Combine } from '../recurrent/containers.js'
import { dropoutBetween } from '../recurrent/dropout-between.js'
import { unprefixed } from '../recurrent/part-layer.js'
import { recurrentCells, recurrentLayer, type RecurrentKind } from '../recurrent/recurrent-layer.js'
import { reverseTimeLayer } from '../recurrent/reverse-time.js'
import { clipLayer, leakyReluLayer, logSoftmaxLayer, reluLayer, softmaxLayer, unaryLayer } from './activation.js'
import { addLayer, binaryLayer, constantLayer, reduceLayer } from './arithmetic.js'
import { convLayer } from './conv.js'
import { linearLayer, matmulLayer } from './linear.js'
import { batchNormLayer, layerNormLayer } from './norm.js'
import { averagePoolLayer, globalAveragePoolLayer, globalMaxPoolLayer, maxPoolLayer } from './pool.js'
import { broadcastLayer, concatLayer, flattenLayer, gatherLayer, padLayer, parameterLayer, reshapeLayer, sliceLayer, transposeLayer } from './shape.js'

const kinds = [
  addLayer,
  averagePoolLayer,
  batchNormLayer,
  binaryLayer,
  broadcastLayer,
  channelAttentionLayer,
  clipLayer,
  concatLayer,
  constantLayer,
  convLayer,
  flattenLayer,
  gatherLayer,
  globalAveragePoolLayer,
  globalMaxPoolLayer,
  layerNormLayer,
  leakyReluLayer,
  linearLayer,
  logSoftmaxLayer,
  matmulLayer,
  maxPoolLayer,
  padLayer,
  parameterLayer,
  reduceLayer,
  reluLayer,
  reshapeLayer,
  reverseTimeLayer,
  sliceLayer,
  softmaxLayer,
  spatialAttentionLayer,
  spikingAttentionLayer,
  temporalAttentionLayer,
  transposeLayer,
  unaryLayer,
] as const

/** Makes a layer again from what it says of itself; undefined for an unknown kind. */
export type CreateLayer = (kind: string, config: Config, variables: Variables) => Layer | undefined

/**
 * Makes a layer of this package again from what it says of itself; undefined for a kind that is not of this package. `inner` makes the
 * layers inside of others, such as the neurons of a recurrent container.
 */
export function createLayer(kind: string, config: Config, variables: Variables, inner: CreateLayer = createLayer): Layer | undefined {
  const found = kinds.find((candidate) => candidate.kind === kind)
  return found ? found(config as never, variables) : createWithMemory(kind, config, variables, inner)
}

function createWithMemory(kind: string, config: Config, variables: Variables, inner: CreateLayer): Layer | undefined {
  if (Object.hasOwn(recurrentCells, kind)) {
    const [surrogate, candidateSurrogate] = [surrogateFrom(config['surrogate']), surrogateFrom(config['candidateSurrogate'])]
    return recurrentLayer(kind as RecurrentKind, variables, { surrogate, candidateSurrogate })
  }
  if (kind === 'dropoutBetween') return dropoutBetween(config['p'] as number, config['invariant'] as boolean, variables['counter'])
  if (kind !== 'elementwiseRecurrent' && kind !== 'linearRecurrent') return undefined
  const sub = config['sub'] as { readonly kind: string; readonly config: Config }
  const layer = inner(sub.kind, sub.config, unprefixed('sub', variables))
  if (!layer || config['combine'] === 'custom') return undefined
  if (kind === 'elementwiseRecurrent') return elementwiseRecurrent(layer, config['combine'] as Combine)
  return linearRecurrentLayer(layer, Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('sub.'))))
}

function surrogateFrom(description: unknown) {
  const { name, ...parameters } = description as { readonly name: string } & Readonly<Record<string, number>>
  return createSurrogate(name, parameters)
}

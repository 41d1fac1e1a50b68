import type { Config, StatelessLayer, Variables } from '../layer.js'
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
  sliceLayer,
  softmaxLayer,
  transposeLayer,
  unaryLayer,
] as const

/** Makes a layer of this package again from what it says of itself; undefined for a kind that is not of this package. */
export function createLayer(kind: string, config: Config, variables: Variables): StatelessLayer | undefined {
  const found = kinds.find((candidate) => candidate.kind === kind)
  return found?.(config as never, variables)
}

import type { Config, StatelessLayer, Variables } from '../layer.js'
import { clipLayer, leakyReluLayer, logSoftmaxLayer, reluLayer, softmaxLayer, unaryLayer } from './activation.js'
import { addLayer, binaryLayer, constantLayer, reduceLayer } from './arithmetic.js'
import { convLayer } from './conv.js'
import { linearLayer, matmulLayer } from './linear.js'
import { batchNormLayer } from './norm.js'
import { averagePoolLayer, globalAveragePoolLayer, globalMaxPoolLayer, maxPoolLayer } from './pool.js'
import { concatLayer, flattenLayer, padLayer, reshapeLayer, sliceLayer, transposeLayer } from './shape.js'

const kinds = [
  addLayer,
  averagePoolLayer,
  batchNormLayer,
  binaryLayer,
  clipLayer,
  concatLayer,
  constantLayer,
  convLayer,
  flattenLayer,
  globalAveragePoolLayer,
  globalMaxPoolLayer,
  leakyReluLayer,
  linearLayer,
  logSoftmaxLayer,
  matmulLayer,
  maxPoolLayer,
  padLayer,
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

import { averagePool, maxPool, type Padding } from '@snn/tensor'
import { checkSampleRank } from '../axes.js'
import { defineLayer } from '../layer.js'

export interface MaxPoolConfig {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Padding[]
  readonly dilation: readonly number[]
}

export interface AveragePoolConfig {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Padding[]
  readonly countIncludePad: boolean
}

/** Maximum of each window: x [.., C, spatial] -> [.., C, spatial']. */
export const maxPoolLayer = defineLayer<MaxPoolConfig>('maxPool', ([x], config, _, context) => {
  checkSampleRank('maxPool', x, config.kernel.length + 1, context)
  return maxPool(x, config.kernel, config)
})

/** Mean of each window. */
export const averagePoolLayer = defineLayer<AveragePoolConfig>('averagePool', ([x], config, _, context) => {
  checkSampleRank('averagePool', x, config.kernel.length + 1, context)
  return averagePool(x, config.kernel, config)
})

/** Mean over all spatial axes: [.., C, spatial] -> [.., C, 1..], as ONNX. */
export const globalAveragePoolLayer = defineLayer<object>('globalAveragePool', ([x], _, __, { lead }) => x.mean(spatialAxes(x.shape.length, lead), { keepDims: true }))

/** Maximum over all spatial axes. */
export const globalMaxPoolLayer = defineLayer<object>('globalMaxPool', ([x], _, __, { lead }) => x.max(spatialAxes(x.shape.length, lead), { keepDims: true }))

function spatialAxes(rank: number, lead: number): number[] {
  return Array.from({ length: rank - lead - 1 }, (_, i) => lead + 1 + i)
}

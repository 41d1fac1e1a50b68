import {
  argmaxPool,
  averagePool,
  formatShape,
  maxPool,
  sameShape,
  scatterAdd,
  sizeOf,
  SnnError,
  type Padding,
} from '@snn/tensor'
import { checkSampleRank } from '../axes.js'
import { defineLayer } from '../layer.js'

/** Settings of max pooling, one number for each spatial axis; padding is -Infinity. */
export interface MaxPoolConfig {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Padding[]
  readonly dilation: readonly number[]
}

/** Settings of average pooling, one number for each spatial axis. */
export interface AveragePoolConfig {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Padding[]
  readonly countIncludePad: boolean
}

/** Maximum of each window: x [.., C, spatial] -> [.., C, spatial']. */
export const maxPoolLayer = defineLayer<MaxPoolConfig, 'maxPool'>('maxPool', ([x], config, _, context) => {
  checkSampleRank('maxPool', x, config.kernel.length + 1, context)
  return maxPool(x, config.kernel, config)
})

/**
 * The reverse of max pooling, of inputs y [.., C, spatial'] and x [.., C, spatial]: each value of y where x had the
 * maximum of that window, zeros elsewhere. Windows must not overlap.
 */
export const maxUnpoolLayer = defineLayer<MaxPoolConfig, 'maxUnpool'>('maxUnpool', (inputs, config, _, context) => {
  const [y, x] = inputs
  const axes = config.kernel.length
  if (!x)
    throw new SnnError(
      'ARGUMENT',
      '[maxUnpool] 1 input, expected two: what to spread, and what was pooled. Build a Network of named nodes.',
      { name: 'inputs', value: inputs.length },
    )
  checkSampleRank('maxUnpool', x, axes + 1, context)
  const places = argmaxPool(x, config.kernel, config)
  if (!sameShape(places.shape, y.shape)) {
    throw new SnnError(
      'SHAPE',
      `[maxUnpool] input of shape ${formatShape(y.shape)}, expected that of the pooled ${formatShape(x.shape)}, ${formatShape(places.shape)}. Give the window of the pooling.`,
      { shapes: [y.shape, places.shape] },
    )
  }
  const lead = x.shape.slice(0, -axes)
  return scatterAdd(
    places.reshape([...lead, -1]),
    y.reshape([...lead, -1]),
    lead.length,
    sizeOf(x.shape.slice(-axes)),
  ).reshape(x.shape)
})

/** Mean of each window. */
export const averagePoolLayer = defineLayer<AveragePoolConfig, 'averagePool'>(
  'averagePool',
  ([x], config, _, context) => {
    checkSampleRank('averagePool', x, config.kernel.length + 1, context)
    return averagePool(x, config.kernel, config)
  },
)

/** Mean over all spatial axes: [.., C, spatial] -> [.., C, 1..], as ONNX. */
export const globalAveragePoolLayer = defineLayer<object, 'globalAveragePool'>(
  'globalAveragePool',
  ([x], _, __, { lead }) => x.mean(spatialAxes(x.shape.length, lead), { keepDims: true }),
)

/** Maximum over all spatial axes. */
export const globalMaxPoolLayer = defineLayer<object, 'globalMaxPool'>('globalMaxPool', ([x], _, __, { lead }) =>
  x.max(spatialAxes(x.shape.length, lead), { keepDims: true }),
)

function spatialAxes(rank: number, lead: number): number[] {
  return Array.from({ length: rank - lead - 1 }, (_, i) => lead + 1 + i)
}

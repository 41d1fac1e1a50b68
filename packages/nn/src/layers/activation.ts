import { where, type Tensor } from '@snn/tensor'
import { sampleAxis } from '../axes.js'
import { defineLayer } from '../layer.js'

/** max(x, 0) */
export const reluLayer = defineLayer<object>('relu', ([x]) => x.relu())

export interface ClipConfig {
  /** null: no bound. */
  readonly low: number | null
  readonly high: number | null
}

/** min(max(x, low), high) */
export const clipLayer = defineLayer<ClipConfig>('clip', ([x], { low, high }) => {
  const above = low === null ? x : x.maximum(low)
  return high === null ? above : above.minimum(high)
})

/** x where x > 0, else slope x; `slope` one number or, as a Variable, one per channel [C, 1..]. */
export const leakyReluLayer = defineLayer<{ readonly slope: number }>('leakyRelu', ([x], config, { slope }) =>
  where(x.gt(0), x, slope ? x.mul(slope.read()) : x.mul(config.slope)),
)

const unary = {
  neg: (x: Tensor) => x.neg(),
  abs: (x: Tensor) => x.abs(),
  exp: (x: Tensor) => x.exp(),
  log: (x: Tensor) => x.log(),
  sqrt: (x: Tensor) => x.sqrt(),
  sigmoid: (x: Tensor) => x.sigmoid(),
  tanh: (x: Tensor) => x.tanh(),
  erf: (x: Tensor) => x.erf(),
  floor: (x: Tensor) => x.floor(),
  round: (x: Tensor) => x.round(),
  sign: (x: Tensor) => x.sign(),
  sin: (x: Tensor) => x.sin(),
  cos: (x: Tensor) => x.cos(),
  reciprocal: (x: Tensor) => x.pow(-1),
  /** log(1 + e^x), without overflow */
  softplus: (x: Tensor) => x.maximum(0).add(x.abs().neg().exp().add(1).log()),
} as const

export type UnaryFunction = keyof typeof unary

/** One function of one variable, element by element. */
export const unaryLayer = defineLayer<{ readonly function: UnaryFunction }>('unary', ([x], config) => unary[config.function](x))

export interface SoftmaxConfig {
  /** Axis of one sample. */
  readonly axis: number
}

function shifted(x: Tensor, axis: number): Tensor {
  return x.sub(x.max(axis, { keepDims: true }))
}

/** exp(x) / sum exp(x) along an axis */
export const softmaxLayer = defineLayer<SoftmaxConfig>('softmax', ([x], config, _, context) => {
  const axis = sampleAxis(config.axis, context)
  const e = shifted(x, axis).exp()
  return e.div(e.sum(axis, { keepDims: true }))
})

/** log softmax */
export const logSoftmaxLayer = defineLayer<SoftmaxConfig>('logSoftmax', ([x], config, _, context) => {
  const axis = sampleAxis(config.axis, context)
  const s = shifted(x, axis)
  return s.sub(s.exp().sum(axis, { keepDims: true }).log())
})

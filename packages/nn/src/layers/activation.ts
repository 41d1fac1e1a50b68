import { where, type Tensor } from '@snn/tensor'
import { sampleAxis } from '../axes.js'
import { defineLayer } from '../layer.js'

/** max(x, 0) */
export const reluLayer = defineLayer<object, 'relu'>('relu', ([x]) => x.relu())

/** Settings of a clip: min(max(x, low), high). */
export interface ClipConfig {
  /** null: no bound. */
  readonly low: number | null
  readonly high: number | null
}

/** min(max(x, low), high) */
export const clipLayer = defineLayer<ClipConfig, 'clip'>('clip', ([x], { low, high }) => {
  const above = low === null ? x : x.maximum(low)
  return high === null ? above : above.minimum(high)
})

/** x where x > 0, else slope x; `slope` one number or, as a Variable, one per channel [C, 1..]. */
export const leakyReluLayer = defineLayer<{ readonly slope: number }, 'leakyRelu'>(
  'leakyRelu',
  ([x], config, { slope }) => where(x.gt(0), x, slope ? x.mul(slope.read()) : x.mul(config.slope)),
)

const selu = { alpha: 1.6732632423543772, scale: 1.0507009873554805 }

function elu(x: Tensor, alpha: number): Tensor {
  return where(x.gt(0), x, x.minimum(0).exp().sub(1).mul(alpha))
}

function softplus(x: Tensor): Tensor {
  return x.maximum(0).add(x.abs().neg().exp().add(1).log())
}

const unary = {
  neg: (x: Tensor) => x.neg(),
  abs: (x: Tensor) => x.abs(),
  exp: (x: Tensor) => x.exp(),
  log: (x: Tensor) => x.log(),
  sqrt: (x: Tensor) => x.sqrt(),
  square: (x: Tensor) => x.square(),
  sigmoid: (x: Tensor) => x.sigmoid(),
  tanh: (x: Tensor) => x.tanh(),
  erf: (x: Tensor) => x.erf(),
  floor: (x: Tensor) => x.floor(),
  ceil: (x: Tensor) => x.neg().floor().neg(),
  round: (x: Tensor) => x.round(),
  sign: (x: Tensor) => x.sign(),
  sin: (x: Tensor) => x.sin(),
  cos: (x: Tensor) => x.cos(),
  tan: (x: Tensor) => x.sin().div(x.cos()),
  atan: (x: Tensor) => x.atan(),
  reciprocal: (x: Tensor) => x.pow(-1),
  /** log(1 + e^x), without overflow */
  softplus,
  /** x / (1 + |x|) */
  softsign: (x: Tensor) => x.div(x.abs().add(1)),
  /** alpha (e^x - 1) where x <= 0, else x; alpha 1 by default (Clevert et al. 2016) */
  elu: (x: Tensor, { alpha = 1 }) => elu(x, alpha),
  /** alpha (e^(x / alpha) - 1) where x <= 0, else x; alpha 1 by default (Barron 2017) */
  celu: (x: Tensor, { alpha = 1 }) => where(x.gt(0), x, x.div(alpha).minimum(0).exp().sub(1).mul(alpha)),
  /** beta elu(x, alpha), with the constants of Klambauer et al. 2017 by default */
  selu: (x: Tensor, { alpha = selu.alpha, beta = selu.scale }) => elu(x, alpha).mul(beta),
  /** x where x > alpha, else 0 */
  thresholdedRelu: (x: Tensor, { alpha = 1 }) => where(x.gt(alpha), x, 0),
  /** min(max(alpha x + beta, 0), 1); alpha 1/6 and beta 1/2 by default */
  hardSigmoid: (x: Tensor, { alpha = 1 / 6, beta = 0.5 }) => x.mul(alpha).add(beta).clip(0, 1),
  /** x hardSigmoid(x) (Howard et al. 2019) */
  hardSwish: (x: Tensor) => x.mul(x.div(6).add(0.5).clip(0, 1)),
  /** x sigmoid(alpha x); alpha 1, the SiLU, by default (Ramachandran et al. 2017) */
  swish: (x: Tensor, { alpha = 1 }) => x.mul(x.mul(alpha).sigmoid()),
  /** x tanh(softplus(x)) (Misra 2019) */
  mish: (x: Tensor) => x.mul(softplus(x).tanh()),
  /** x (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel 2016) */
  gelu: (x: Tensor) => x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5),
  /** the same with tanh(sqrt(2 / pi) (x + 0.044715 x^3)) in place of erf */
  geluTanh: (x: Tensor) =>
    x
      .mul(
        x
          .add(x.mul(x).mul(x).mul(0.044715))
          .mul(Math.sqrt(2 / Math.PI))
          .tanh()
          .add(1),
      )
      .mul(0.5),
} as const satisfies Record<
  string,
  (x: Tensor, parameters: { readonly alpha?: number; readonly beta?: number }) => Tensor
>

/** Activation functions and other functions of one value. */
export type UnaryFunction = keyof typeof unary

/** Settings of an activation function. */
export interface UnaryConfig {
  readonly function: UnaryFunction
  /** Parameters of the functions that have some. */
  readonly alpha?: number
  readonly beta?: number
}

/** One function of one variable, element by element. */
export const unaryLayer = defineLayer<UnaryConfig, 'unary'>('unary', ([x], config) => unary[config.function](x, config))

export interface SoftmaxConfig {
  /** Axis of one sample. */
  readonly axis: number
}

function shifted(x: Tensor, axis: number): Tensor {
  return x.sub(x.max(axis, { keepDims: true }))
}

/** exp(x) / sum exp(x) along an axis */
export const softmaxLayer = defineLayer<SoftmaxConfig, 'softmax'>('softmax', ([x], config, _, context) => {
  const axis = sampleAxis(config.axis, context)
  const e = shifted(x, axis).exp()
  return e.div(e.sum(axis, { keepDims: true }))
})

/** log softmax */
export const logSoftmaxLayer = defineLayer<SoftmaxConfig, 'logSoftmax'>('logSoftmax', ([x], config, _, context) => {
  const axis = sampleAxis(config.axis, context)
  const s = shifted(x, axis)
  return s.sub(s.exp().sum(axis, { keepDims: true }).log())
})

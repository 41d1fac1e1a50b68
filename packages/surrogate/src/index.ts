export {
  defineSurrogate,
  isSurrogate,
  type Surrogate,
  type SurrogateSpec,
  type SurrogateOptions,
} from './define-surrogate.js'
export {
  learnable,
  isLearnable,
  isVariable,
  parameterFault,
  numberFault,
  wrongOption,
  type Interval,
  type Learnable,
  type ParameterValue,
  type Per,
  type Within,
} from './parameter.js'
export {
  sigmoid,
  atan,
  erf,
  softSign,
  fastSigmoid,
  sparseFastSigmoid,
  superSpike,
  piecewiseExponential,
  spikeRateEscape,
  qPseudoSpike,
  circle,
  tanh,
} from './smooth.js'
export {
  piecewiseQuadratic,
  triangle,
  rect,
  piecewiseLeakyRelu,
  leakyKRelu,
  deterministicPass,
  multiLevel,
} from './piecewise.js'
export { nonzeroSignLogAbs, logTailedRelu, fakeNumericalGradient, s2nn } from './logarithmic.js'
export { squarewaveFourierSeries } from './squarewave-fourier-series.js'
export { poissonPass, logistic, circleDistribution } from './random-spikes.js'
export { createSurrogate } from './create-surrogate.js'
export { surrogateParts, surrogateFromParts, type SurrogateParts } from './surrogate-parts.js'

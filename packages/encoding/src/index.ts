export { bernoulli, type RandomOptions } from './bernoulli.js'
export { poisson, signedPoisson, type PoissonOptions, type SignedPoissonOptions } from './poisson.js'
export { poissonEncoder } from './poisson-encoder.js'
export { periodic } from './periodic.js'
export { latency, latencyTime, type LatencyOptions } from './latency.js'
export { spikesAt, firstSpikes } from './spike-time.js'
export { interpolate } from './interpolate.js'
export { weightedPhase } from './weighted-phase.js'
export { population, type PopulationOptions } from './population.js'
export { populationEncoder, type PopulationEncoderOptions } from './population-encoder.js'
export { gaussianTuning, type GaussianTuningOptions } from './gaussian-tuning.js'
export { delta, type DeltaOptions } from './delta.js'
export {
  rateCode,
  rateTargets,
  type RateCodeOptions,
  type RateTargetsOptions,
  type FiringPattern,
} from './rate-targets.js'
export { constantCurrentLif, spikeLatencyLif, type ConstantCurrentOptions } from './constant-current-lif.js'

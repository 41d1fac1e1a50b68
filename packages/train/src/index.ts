export { type TrainingErrorDetails } from './error-codes.js'
export { type LossOptions, classTargets } from './losses/reduction.js'
export { type CrossEntropyOptions, binaryCrossEntropy, crossEntropy, logSoftmax } from './losses/cross-entropy.js'
export { l1, mse } from './losses/mean-squared-error.js'
export { type TetOptions, tet } from './losses/tet.js'
export { type PopulationOptions } from './losses/population.js'
export { type CountMseOptions, countCrossEntropy, countMse } from './losses/count.js'
export { type MembraneMseOptions, maxMembraneCrossEntropy, membraneMse } from './losses/membrane.js'
export { firstSpikeTime, spikeTimes } from './losses/first-spike.js'
export {
  type TemporalCrossEntropyOptions,
  type TemporalMseOptions,
  temporalCrossEntropy,
  temporalMse,
} from './losses/temporal.js'
export {
  type Kernel,
  type SpikeSimilarityOptions,
  cosineKernel,
  gaussianKernel,
  linearKernel,
  polynomialKernel,
  sigmoidKernel,
  spikeSimilarity,
} from './losses/spike-similarity.js'
export { l1RateSparsity } from './losses/rate-sparsity.js'
export { accuracy, predictByFirstSpike, predictByRate } from './metrics.js'
export { type Optimizer, type OptimizerOptions } from './optimizers/optimizer.js'
export { clipByNorm, clipByValue, globalNorm } from './optimizers/clip.js'
export { type SgdOptions, sgd } from './optimizers/sgd.js'
export { type AdamOptions, adam, adamW } from './optimizers/adam.js'
export { type RmspropOptions, rmsprop } from './optimizers/rmsprop.js'
export {
  type CosineOptions,
  type OneCycleOptions,
  type Schedule,
  type StepDecayOptions,
  type WarmUpOptions,
  cosine,
  oneCycle,
  stepDecay,
  warmUp,
} from './optimizers/schedules.js'
export { type TrainingBatch, type TrainingData } from './fit/data.js'
export {
  type EpochResult,
  type FitProgress,
  type Measured,
  type TrainingLog,
  type TrainingRecord,
} from './fit/progress.js'
export {
  type Checkpoint,
  type CheckpointStore,
  type TrainingPosition,
  memoryCheckpoint,
  restoreVariables,
} from './fit/checkpoint.js'
export { type EvaluateOptions, type EvaluationStep, evaluate } from './fit/evaluate.js'
export {
  type NetworkTraining,
  type TrainingStep,
  evaluationStep,
  timeFirst,
  trainingStep,
  trainingVariables,
} from './fit/network-step.js'
export {
  type CheckpointOptions,
  type FitOptions,
  type FitResult,
  type NetworkFitOptions,
  type StepFitOptions,
  fit,
} from './fit/fit.js'
export { type ChunkOptions, forwardInChunks } from './time/chunks.js'
export { type TruncatedOptions, truncatedBackpropagation } from './time/truncated.js'

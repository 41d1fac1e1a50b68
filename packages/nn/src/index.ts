export { type NetworkErrorDetails } from './error-codes.js'
export {
  type Layer,
  type StatelessLayer,
  type StatefulLayer,
  type Advance,
  type LayerKind,
  type StatefulLayerKind,
  type OfKind,
  type State,
  type Context,
  type Config,
  type Variables,
  defineLayer,
  defineStatefulLayer,
  isStateful,
} from './layer.js'
export { Network } from './network.js'
export { checkFiniteVariables } from './finite-variables.js'
export {
  type NetworkParts,
  type NetworkMetadata,
  type NetworkNode,
  type NetworkInput,
  type NetworkFeedback,
  type NetworkState,
  type Runnable,
  type Inputs,
  type RunOptions,
  type RunResult,
  type Mode,
  type StepMode,
} from './network-form.js'
export {
  readouts,
  readoutOf,
  parseReadout,
  namedReadout,
  readsLastStep,
  runningReadout,
  type Readout,
  type ReadoutOption,
  type RunningReadout,
} from './readout.js'
export { sequential, input, type Input, type Part } from './sequential.js'
export { stateDict, loadStateDict, type StateDict, type LoadOptions, type LoadReport } from './state-dict.js'
export { loadTorchState, type TorchOptions, type TorchReport } from './torch-state.js'
export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  linear,
  type WeightedOptions,
  type ConvLayerOptions,
  type ConvTransposeLayerOptions,
} from './weighted.js'
export {
  fanInUniform,
  kaimingUniform,
  kaimingNormal,
  xavierUniform,
  xavierNormal,
  orthogonal,
  constant,
  type Initializer,
  type Fans,
  type KaimingOptions,
  type GainOptions,
} from './initializers.js'
export type { Draws } from '@snn/tensor/library'
export { flatten, relu, upsample, type UpsampleOptions } from './constructors.js'
export {
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
} from './pooling.js'
export {
  batchNorm1d,
  batchNorm2d,
  batchNorm3d,
  thresholdDependentBatchNorm1d,
  thresholdDependentBatchNorm2d,
  thresholdDependentBatchNorm3d,
  temporalEffectiveBatchNorm1d,
  temporalEffectiveBatchNorm2d,
  temporalEffectiveBatchNorm3d,
  batchNormThroughTime1d,
  batchNormThroughTime2d,
  batchNormThroughTime3d,
  layerNorm,
  groupNorm,
  type BatchNormOptions,
  type ThresholdDependentOptions,
  type StepwiseNormOptions,
  type NormOptions,
} from './normalization.js'
export { firstSpikeIndex, redundantOneHot } from './spike-codes.js'
export { setThresholdMargin, type ThresholdMarginOptions } from './threshold-margin.js'
export { record, type Recorded } from './record.js'
export { matcher } from './patterns.js'
export { checkSteps } from './check.js'
export { sampleShapes, needsSequence } from './sample-shapes.js'
export { stepwise, initialState, type StepwiseOptions } from './stepwise.js'
export { stream, type Stream } from './stream.js'
export { createLayer, type CreateLayer } from './layers/index.js'
export { traitsOf, type LayerTraits } from './layers/traits.js'
export { type LayerName, type LayerOf } from './layers/kinds.js'
export { linearLayer, matmulLayer } from './layers/linear.js'
export { convLayer, convTransposeLayer, type ConvConfig, type ConvTransposeConfig } from './layers/conv.js'
export {
  wsLinear,
  wsConv2d,
  wsLinearLayer,
  wsConvLayer,
  type StandardizedOptions,
} from './layers/weight-standardized.js'
export {
  maxPoolLayer,
  maxUnpoolLayer,
  averagePoolLayer,
  globalAveragePoolLayer,
  globalMaxPoolLayer,
  type MaxPoolConfig,
  type AveragePoolConfig,
} from './layers/pool.js'
export { adaptiveAveragePoolLayer, resampleLayer, upsampleLayer, type UpsampleConfig } from './layers/resample.js'
export {
  batchNormLayer,
  layerNormLayer,
  groupNormLayer,
  type BatchNormConfig,
  type LayerNormConfig,
  type GroupNormConfig,
} from './layers/norm.js'
export { temporalEffectiveBatchNormLayer, batchNormThroughTimeLayer } from './layers/temporal-norm.js'
export { neuNorm, neuNormLayer, type NeuNormConfig, type NeuNormOptions } from './layers/neu-norm.js'
export { dropout, dropout2d, dropoutLayer, type DropoutConfig } from './layers/dropout.js'
export {
  dropConnectLinear,
  dropConnectLinearLayer,
  type DropConnectConfig,
  type DropConnectOptions,
} from './layers/drop-connect.js'
export {
  synapseFilter,
  synapseFilterLayer,
  type SynapseFilterConfig,
  type SynapseFilterOptions,
} from './layers/synapse-filter.js'
export {
  delay,
  delayLayer,
  learnableDelay,
  learnableDelayLayer,
  type DelayConfig,
  type LearnableDelayConfig,
  type LearnableDelayOptions,
} from './layers/delay.js'
export { gateLayer, type GateConfig } from './layers/gate.js'
export { accumulateLayer, differenceLayer } from './layers/changes.js'
export { runningMeanLayer, type RunningMeanConfig } from './layers/running-mean.js'
export { spikingGlobalMaxPoolLayer, spikingMaxPoolLayer } from './layers/spiking-max-pool.js'
export { sampleParameterLayer } from './layers/sample-parameter.js'
export { logicLayer, type LogicFunction } from './layers/logic.js'
export { voting, votingLayer } from './layers/voting.js'
export {
  spikeCountToBinary,
  temporalBinSum,
  spikeCountToBinaryLayer,
  temporalBinSumLayer,
  type TimeSlotsConfig,
  type TimeSlotsOptions,
} from './layers/time-slots.js'
export {
  reluLayer,
  clipLayer,
  leakyReluLayer,
  unaryLayer,
  softmaxLayer,
  logSoftmaxLayer,
  type ClipConfig,
  type SoftmaxConfig,
  type UnaryConfig,
  type UnaryFunction,
} from './layers/activation.js'
export {
  flattenLayer,
  reshapeLayer,
  transposeLayer,
  padLayer,
  sliceLayer,
  concatLayer,
  gatherLayer,
  broadcastLayer,
  parameterLayer,
} from './layers/shape.js'
export { addLayer, binaryLayer, constantLayer, reduceLayer, type BinaryFunction } from './layers/arithmetic.js'
export { writeSafetensors } from './safetensors/write-safetensors.js'
export { readSafetensors, type Safetensors } from './safetensors/read-safetensors.js'
export { elementwiseRecurrent, linearRecurrent, linearRecurrentLayer, type Combine } from './recurrent/containers.js'
export { spikingRnn, spikingLstm, spikingGru, recurrentCell, type RecurrentOptions } from './recurrent/spiking-rnn.js'
export { recurrentLayer, type CellOptions, type RecurrentKind } from './recurrent/recurrent-layer.js'
export { reverseTimeLayer } from './recurrent/reverse-time.js'
export {
  temporalAttention,
  channelAttention,
  spatialAttention,
  multiDimensionalAttention,
  temporalAttentionLayer,
  channelAttentionLayer,
  spatialAttentionLayer,
  type GateOptions,
  type MultiDimensionalOptions,
} from './attention/multi-dimensional-attention.js'
export {
  spikingSelfAttention,
  qkAttention,
  spikingAttentionLayer,
  type SpikingAttentionOptions,
  type QkAttentionOptions,
  type MakeNeuron,
} from './attention/spiking-attention.js'

export { defineNeuron } from './define-neuron.js'
export { extendNeuron, type NeuronExtension } from './extend-neuron.js'
export {
  type Cell,
  type CommonOptions,
  type NeuronModel,
  type NeuronOptions,
  type NeuronSpec,
  type SettingSpecs,
  type Settings,
  type Step,
  type StepContext,
} from './spec.js'
export { resetMembrane, restOf, type Reset, type ResetName } from './reset.js'
export { learnable, type Learnable, type ParameterValue, type Per } from '@snn/surrogate'
export { integrateAndFire } from './integrate-and-fire.js'
export { lif } from './lif.js'
export { parametricLif } from './parametric-lif.js'
export { quadraticIntegrateAndFire } from './quadratic-integrate-and-fire.js'
export { exponentialIntegrateAndFire } from './exponential-integrate-and-fire.js'
export { izhikevich } from './izhikevich.js'
export { adaptiveExponential } from './adaptive-exponential.js'
export { adaptiveLif } from './adaptive-lif.js'
export { klif } from './klif.js'
export { cubaLif } from './cuba-lif.js'
export { liaf } from './liaf.js'
export { ilif } from './ilif.js'
export { slttLif } from './sltt-lif.js'
export { otttLif } from './ottt-lif.js'
export { synaptic } from './synaptic.js'
export { alphaLif } from './alpha-lif.js'
export { currentLif } from './current-lif.js'
export { lsnn } from './lsnn.js'
export { hodgkinHuxley } from './hodgkin-huxley.js'
export { resonateAndFire } from './resonate-and-fire.js'
export { sigmaDelta } from './sigma-delta.js'
export { nonSpikingIntegrateAndFire, nonSpikingLif } from './non-spiking.js'
export { sequenceCell, type SequenceCell, type SequenceContext } from './sequence-cell.js'
export { psn, maskedPsn, type PsnOptions, type MaskedPsnOptions } from './psn.js'
export { slidingPsn, type SlidingPsnOptions } from './sliding-psn.js'
export { dsrIntegrateAndFire, dsrLif, type DsrOptions, type DsrLifOptions } from './dsr.js'
export { gatedLif, type GatedLifOptions } from './gated-lif.js'
export { mpbnLif, foldMpbn, type MpbnOptions, type MembraneNorm } from './mpbn-lif.js'
export { interLayerConnection, type InterLayerOptions } from './inter-layer-connection.js'
export { noisy, type NoisyOptions } from './noisy.js'
export { powerLawNoise } from './power-law-noise.js'
export { fewSpike, gatedFewSpike, outlierAwareFewSpike, type FewSpikeTable, type FewSpikeOptions } from './few-spike.js'
export { decodeMembrane } from './decode-membrane.js'
export {
  halfThresholdIntegrateAndFire,
  activationAwareIntegrateAndFire,
  bipolarIntegrateAndFire,
} from './conversion.js'
export { deltaNeuron, differentialNeuron, multiThresholdNeuron } from './codes/graded.js'
export { drivenIntegrateAndFire, windowedIntegrateAndFire, signedIntegrateAndFire, burstNeuron } from './codes/rate.js'
export { phaseNeuron } from './codes/phase.js'
export { createNeuron, type AnyNeuronModel } from './create-neuron.js'

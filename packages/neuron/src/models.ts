// Every model of `defineNeuron` that this package exports: what `createNeuron` makes again by its kind, and what the
// laws of all neurons are tested on.
export { adaptiveExponential } from './adaptive-exponential.js'
export { adaptiveLif } from './adaptive-lif.js'
export { alphaLif } from './alpha-lif.js'
export { deltaNeuron, differentialNeuron, multiThresholdNeuron } from './codes/graded.js'
export { phaseNeuron } from './codes/phase.js'
export { burstNeuron, drivenIntegrateAndFire, signedIntegrateAndFire, windowedIntegrateAndFire } from './codes/rate.js'
export {
  halfThresholdIntegrateAndFire,
  activationAwareIntegrateAndFire,
  bipolarIntegrateAndFire,
} from './conversion.js'
export { cubaLif } from './cuba-lif.js'
export { currentLif } from './current-lif.js'
export { exponentialIntegrateAndFire } from './exponential-integrate-and-fire.js'
export { hodgkinHuxley } from './hodgkin-huxley.js'
export { ilif } from './ilif.js'
export { integrateAndFire } from './integrate-and-fire.js'
export { izhikevich } from './izhikevich.js'
export { klif } from './klif.js'
export { liaf } from './liaf.js'
export { lif } from './lif.js'
export { lsnn } from './lsnn.js'
export { nonSpikingIntegrateAndFire, nonSpikingLif } from './non-spiking.js'
export { otttLif } from './ottt-lif.js'
export { parametricLif } from './parametric-lif.js'
export { quadraticIntegrateAndFire } from './quadratic-integrate-and-fire.js'
export { resonateAndFire } from './resonate-and-fire.js'
export { sigmaDelta } from './sigma-delta.js'
export { slttLif } from './sltt-lif.js'
export { synaptic } from './synaptic.js'

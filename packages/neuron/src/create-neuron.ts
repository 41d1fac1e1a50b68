import type { Variable } from '@snn/tensor'
import { adaptiveExponential } from './adaptive-exponential.js'
import { adaptiveLif } from './adaptive-lif.js'
import { alphaLif } from './alpha-lif.js'
import { deltaNeuron, differentialNeuron, multiThresholdNeuron } from './codes/graded.js'
import { phaseNeuron } from './codes/phase.js'
import { burstNeuron, drivenIntegrateAndFire, signedIntegrateAndFire, windowedIntegrateAndFire } from './codes/rate.js'
import { halfThresholdIntegrateAndFire, activationAwareIntegrateAndFire, bipolarIntegrateAndFire } from './conversion.js'
import { specialNeurons } from './create-special.js'
import { cubaLif } from './cuba-lif.js'
import { currentLif } from './current-lif.js'
import { exponentialIntegrateAndFire } from './exponential-integrate-and-fire.js'
import { hodgkinHuxley } from './hodgkin-huxley.js'
import { ilif } from './ilif.js'
import { integrateAndFire } from './integrate-and-fire.js'
import { izhikevich } from './izhikevich.js'
import { klif } from './klif.js'
import { liaf } from './liaf.js'
import { lif } from './lif.js'
import { lsnn } from './lsnn.js'
import { nonSpikingIntegrateAndFire, nonSpikingLif } from './non-spiking.js'
import { otttLif } from './ottt-lif.js'
import { parametricLif } from './parametric-lif.js'
import { quadraticIntegrateAndFire } from './quadratic-integrate-and-fire.js'
import { restoreOptions } from './restore-options.js'
import { resonateAndFire } from './resonate-and-fire.js'
import type { SequenceCell } from './sequence-cell.js'
import { sigmaDelta } from './sigma-delta.js'
import { slttLif } from './sltt-lif.js'
import type { Cell } from './spec.js'
import { synaptic } from './synaptic.js'

/** Any model of `defineNeuron` or `extendNeuron`. */
export interface AnyNeuronModel {
  (options?: never): Cell
  readonly kind: string
  readonly spec: { readonly parameters: Readonly<Record<string, unknown>> }
}

const models: readonly AnyNeuronModel[] = [
  activationAwareIntegrateAndFire,
  adaptiveExponential,
  adaptiveLif,
  alphaLif,
  bipolarIntegrateAndFire,
  burstNeuron,
  cubaLif,
  currentLif,
  deltaNeuron,
  differentialNeuron,
  drivenIntegrateAndFire,
  exponentialIntegrateAndFire,
  halfThresholdIntegrateAndFire,
  hodgkinHuxley,
  ilif,
  integrateAndFire,
  izhikevich,
  klif,
  liaf,
  lif,
  lsnn,
  multiThresholdNeuron,
  nonSpikingIntegrateAndFire,
  nonSpikingLif,
  otttLif,
  parametricLif,
  phaseNeuron,
  quadraticIntegrateAndFire,
  resonateAndFire,
  sigmaDelta,
  signedIntegrateAndFire,
  slttLif,
  synaptic,
  windowedIntegrateAndFire,
]

/**
 * Makes a layer of neurons again from what it says of itself; undefined for a kind that is neither of this package nor among `own`,
 * the models that somebody else has defined.
 *
 * @throws `ARGUMENT` for a configuration that does not fit the model
 */
export function createNeuron(kind: string, config: Readonly<Record<string, unknown>>, variables: Readonly<Record<string, Variable>>, own: readonly AnyNeuronModel[] = []): Cell | SequenceCell | undefined {
  const model = [...own, ...models].find((candidate) => candidate.kind === kind)
  if (!model) return Object.hasOwn(specialNeurons, kind) ? specialNeurons[kind]!(config, variables, (...inner) => createNeuron(...inner, own)) : undefined
  const { options, learned } = restoreOptions(kind, ['threshold', ...Object.keys(model.spec.parameters)], config, variables)
  const cell = (model as unknown as (options: Readonly<Record<string, unknown>>) => Cell)(options)
  // a learnable parameter takes its size from the first input only where it has no Variable yet
  Object.assign(cell.variables, learned)
  return cell
}

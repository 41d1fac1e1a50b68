export { loadNetwork, type Block, type LoadedNetwork, type NetworkOptions } from './netx/load-network.js'
export { simulator, type ProcessValues, type Simulator } from './sim/simulator.js'
export {
  compileSimulator,
  type CompiledSimulator,
  type CompileSimulatorOptions,
} from './sim/compiled/compile-simulator.js'
export { steps, type Step, type StepsOptions } from './sim/steps.js'
export { type NamedProcess, type Neuron, type Process, type ProcessGraph, type Synapse } from './sim/process-graph.js'
export { type PerNeuron } from './sim/process.js'
export { type Lif, type LifReset, type TernaryLif } from './sim/processes/lif.js'
export { type Delta, type SigmaDelta } from './sim/processes/delta.js'
export { type Sigma } from './sim/processes/sigma.js'
export { resonatorDecays, type ResonateAndFire } from './sim/processes/resonate-and-fire.js'
export { type RfZero } from './sim/processes/rf-zero.js'
export { type Dense, type DenseWeights } from './sim/processes/dense.js'
export { type DelayDense } from './sim/processes/delay-dense.js'
export { type Conv } from './sim/processes/conv.js'
export { type SignMode } from './sim/synapse-weights.js'

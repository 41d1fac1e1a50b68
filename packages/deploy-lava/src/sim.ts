export { loadNetwork, type Block, type LoadedNetwork, type NetworkOptions } from './netx/load-network.js'
export { simulator, type ProcessValues, type Simulator } from './sim/simulator.js'
export { type NamedProcess, type Neuron, type Process, type ProcessGraph, type Synapse } from './sim/process-graph.js'

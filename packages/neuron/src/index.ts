export { defineNeuron, type Cell, type CommonOptions, type NeuronOptions, type NeuronSpec, type Reset, type Step } from './define-neuron.js'
export { learnable, type Learnable, type ParameterValue, type Per } from './parameter.js'
export { integrateAndFire } from './integrate-and-fire.js'

import { defineNeuron } from '@snn/neuron'

export const odd = defineNeuron('odd', { parameters: {}, state: {}, charge: (_, state) => state })

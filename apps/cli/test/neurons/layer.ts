import { lif } from '@snn/neuron'

export const layer = lif({ tau: 3 })

import { defineNeuron } from '@snn/neuron'

/** Neurons that are charged by how far their input is below the largest of all. */
export const winner = defineNeuron('winner', {
  parameters: {},
  state: { v: 0 },
  charge: (x, { v }) => ({ v: v.add(x.sub(x.max())) }),
})

import { defineNeuron } from '@snn/neuron'

/**
 * A synapse with short-term plasticity (Tsodyks, Pawelzik and Markram, Neural Computation 1998), as a layer between
 * spikes and the connection: each spike x uses the part u of the resources r that are left.
 *
 *   u <- u - u / tauFacilitation + U (1 - u) x
 *   a =  u r x
 *   r <- r + (1 - r) / tauDepression - a
 *   i <- i - i / tauSynapse + a            output i
 *
 * Time constants in steps. The defaults (50, 750, 20, U = 0.45) depress; 750, 50, 20 and U = 0.15 facilitate.
 * tauSynapse: 1 gives the releases a themselves. It has no spikes and no reset.
 */
export const tsodyksMarkram = defineNeuron('tsodyksMarkram', {
  parameters: { tauFacilitation: 50, tauDepression: 750, tauSynapse: 20, U: 0.45 },
  state: { u: 0, r: 1, i: 0 },
  defaults: { reset: 'none' },
  charge: (x, { u, r, i }, { tauFacilitation, tauDepression, tauSynapse, U }) => {
    const use = u.sub(u.div(tauFacilitation)).add(U.mul(u.neg().add(1)).mul(x))
    const release = use.mul(r).mul(x)
    return {
      u: use,
      r: r.add(r.neg().add(1).div(tauDepression)).sub(release),
      i: i.sub(i.div(tauSynapse)).add(release),
    }
  },
  fire: ({ i }) => i.mul(0).stopGradient(),
  reset: (state) => state,
  output: ({ i }) => i,
})

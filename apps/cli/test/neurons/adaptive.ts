import { defineNeuron, extendNeuron } from '@snn/neuron'

/** Each spike raises the threshold for a while. */
export const adaptive = defineNeuron('adaptive', {
  parameters: { tau: 2, beta: 0.1 },
  state: { v: 0, a: 0 },
  charge: (x, { v, a }, { tau }) => ({ v: v.add(x.sub(v).div(tau)), a: a.mul(0.9) }),
  fire: ({ v, a }, { threshold, beta }, spike) => spike(v.sub(threshold.add(a.mul(beta)))),
  reset: ({ v, a }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)), a: a.add(s) }),
})

/** The same with a gain on its input. */
export const gated = extendNeuron('gated', adaptive, {
  parameters: { gain: 1 },
  charge: (x, state, parameters, settings) => adaptive.spec.charge(x.mul(parameters.gain), state, parameters, settings),
})

/** Derived twice: the input of `gated` is filtered first. */
export const filtered = extendNeuron('filtered', gated, {
  state: { i: 0 },
  charge: (x, state, parameters, settings) => {
    const i = state.i.mul(0.5).add(x)
    return { ...gated.spec.charge(i, state, parameters, settings), i }
  },
})

export const tau = 2

import { defineNeuron } from '../src/index.js'

/**
 * A neuron of a user, adaptive leaky integrate-and-fire (Bellec et al. 2018):
 *
 *   charge  v <- v + (x - v) / tau          a <- 0.9 a
 *   fire    s  = H(v - (threshold + beta a))
 *   reset   v <- v - s threshold            a <- a + s
 */
export const alif = defineNeuron('alif', {
  parameters: { tau: 2, beta: 0.1 },
  state: { v: 0, a: 0 },
  resets: ['soft'],
  charge: (x, { v, a }, { tau }) => ({ v: v.add(x.sub(v).div(tau)), a: a.mul(0.9) }),
  fire: ({ v, a }, { threshold, beta }, spike) => spike(v.sub(threshold.add(a.mul(beta)))),
  reset: ({ v, a }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)), a: a.add(s) }),
})

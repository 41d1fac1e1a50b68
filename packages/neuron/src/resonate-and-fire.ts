import { defineNeuron } from './define-neuron.js'
import { resetMembrane } from './reset.js'

/**
 * Resonate-and-fire (Izhikevich, Neural Networks 2001): the state z = u + i v turns by `omega` (radians a step) and
 * shrinks by exp(-damping), so that inputs at the right distance add up. Solved exactly between inputs:
 *
 *   charge  u <- e^-damping (u cos omega - v sin omega) + x     v <- e^-damping (u sin omega + v cos omega)
 *   fire    s  = H(v - threshold)
 *   reset   u <- (1 - s) u     v <- (1 - s) v + s to, to = 1 (hard), or v - s threshold (soft)
 */
export const resonateAndFire = defineNeuron('resonateAndFire', {
  parameters: { omega: 1, damping: 0.1 },
  within: { damping: [0, Infinity] },
  state: { u: 0, v: ({ threshold }) => threshold.mul(0) },
  resets: ['to', 'soft', 'none'],
  defaults: { reset: { to: 1 } },
  charge: (x, { u, v }, { omega, damping }) => {
    const [kept, cos, sin] = [damping.neg().exp(), omega.cos(), omega.sin()]
    return { u: u.mul(cos).sub(v.mul(sin)).mul(kept).add(x), v: u.mul(sin).add(v.mul(cos)).mul(kept) }
  },
  reset: ({ u, v }, s, { threshold }, { reset }) => ({
    u: reset === 'none' ? u : u.mul(s.neg().add(1)),
    v: resetMembrane(v, s, threshold, reset),
  }),
})

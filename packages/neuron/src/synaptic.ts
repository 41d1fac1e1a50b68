import { atan } from '@snn/surrogate'
import { defineNeuron } from './define-neuron.js'
import { resetMembrane } from './reset.js'

/**
 * snnTorch's `Synaptic`, a LIF with a synaptic current `i`; with alpha: 0 its `Leaky`:
 *
 *   charge  i <- alpha i + x     v <- beta v + i, then reset where the last step spiked, without gradient
 *   fire    s  = H(v - threshold)
 *   reset   none here; with resetDelay: false at once
 *
 * with v <- v - s threshold (soft, the default), or (1 - s) v + s to (hard). With its delay, v is kept as it was when
 * it spiked.
 */
export const synaptic = defineNeuron('synaptic', {
  parameters: { alpha: 0.9, beta: 0.8 },
  state: { i: 0, v: 0 },
  settings: { resetDelay: true },
  resets: ['soft', 'to', 'none'],
  defaults: { surrogate: atan() },
  charge: (x, { i, v }, { alpha, beta, threshold }, { reset, resetDelay }) => {
    const current = i.mul(alpha).add(x)
    const charged = v.mul(beta).add(current)
    return {
      i: current,
      v: resetDelay ? resetMembrane(charged, v.ge(threshold).cast(v.dtype), threshold, reset) : charged,
    }
  },
  reset: ({ i, v }, s, { threshold }, { reset, resetDelay }) => ({
    i,
    v: resetDelay ? v : resetMembrane(v, s, threshold, reset),
  }),
})

import type { Tensor } from '@snn/tensor'
import { defineNeuron } from '../define-neuron.js'

/** 2^-(k + 1) in the k-th step from `start` on. */
function bitWeight(steps: Tensor, start: number): Tensor {
  return steps.stopGradient().sub(start).add(1).mul(-Math.LN2).exp()
}

/**
 * Phase-coded neuron (Kim et al. 2018; here layer after layer): a value is sent in `bits` binary spikes, the k-th of
 * which carries threshold 2^-(k + 1). It takes in until step `start`, and then fires its bits, largest first:
 *
 *   charge  v <- v + x
 *   fire    s  = H(v - threshold 2^-(k + 1)),  k = steps - start, for 0 <= k < bits, else 0
 *   reset   v <- v - s threshold 2^-(k + 1)    steps <- steps + 1
 *   output  s threshold 2^-(k + 1)
 *
 * Started at half of its smallest bit it rounds. Without gradient.
 */
export const phaseNeuron = defineNeuron('phaseNeuron', {
  parameters: {},
  state: { v: 0, steps: 0 },
  shared: ['steps'],
  settings: { start: 0, bits: 4 },
  charge: (x, { v, steps }) => ({ v: v.add(x), steps }),
  fire: ({ v, steps }, { threshold }, _spike, { start, bits }) => {
    const inWindow = steps.ge(start).and(steps.lt(start + bits))
    return v
      .ge(threshold.mul(bitWeight(steps, start)))
      .and(inWindow)
      .cast(v.dtype)
  },
  reset: ({ v, steps }, s, { threshold }, { start }) => ({
    v: v.sub(s.mul(threshold).mul(bitWeight(steps, start))),
    steps: steps.add(1),
  }),
  output: ({ steps }, s, { threshold }, { start }) => s.mul(threshold).mul(bitWeight(steps, start)),
})

import { extendNeuron } from '../extend-neuron.js'
import { integrateAndFire } from '../integrate-and-fire.js'
import { always, integrates, mayCharge, mayFire } from './window.js'

/**
 * Integrate-and-fire with a constant current of its own (the ramp of a calibrated network: it starts below half its
 * threshold and gets the deficit back step by step, so that what comes early does not fire too much):
 *
 *   charge  v <- v + x + current
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold
 */
export const drivenIntegrateAndFire = extendNeuron('drivenIntegrateAndFire', integrateAndFire, {
  parameters: { current: 0 },
  defaults: { reset: 'soft', amplitude: 'threshold' },
  charge: (x, { v }, { current }) => ({ v: v.add(x).add(current) }),
})

/**
 * `drivenIntegrateAndFire` in a window of time: it integrates from step `start - wait` on, fires in the `length` steps
 * from `start` on (0: without end), and takes nothing in once `length` steps of integration are over.
 */
export const windowedIntegrateAndFire = extendNeuron('windowedIntegrateAndFire', drivenIntegrateAndFire, {
  resets: ['soft'],
  settings: { ...always },
  state: { steps: 0 },
  shared: ['steps'],
  charge: (x, { v, steps }, { current }, window) => ({
    v: v.add(x.mul(mayCharge(steps, window))).add(current.mul(integrates(steps, window))),
    steps,
  }),
  fire: ({ v, steps }, { threshold }, spike, window) => spike(v.sub(threshold)).mul(mayFire(steps, window)),
  reset: ({ v, steps }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)), steps: steps.add(1) }),
})

/**
 * Signed integrate-and-fire: a spike too many is taken back by a negative one, as long as the sum of spikes, `count`,
 * stays at least 0. In a window of time as `windowedIntegrateAndFire`:
 *
 *   charge  v <- v + x + current
 *   fire    s  = 1 if v >= threshold, -1 if v < 0 and count > 0, else 0
 *   reset   v <- v - s threshold    count <- count + s
 */
export const signedIntegrateAndFire = extendNeuron('signedIntegrateAndFire', windowedIntegrateAndFire, {
  resets: ['soft'],
  state: { count: 0 },
  fire: ({ v, steps, count }, { threshold }, spike, window) =>
    spike(v.sub(threshold))
      .sub(v.lt(0).and(count.gt(0)).cast(v.dtype))
      .mul(mayFire(steps, window)),
  reset: ({ v, steps, count }, s, { threshold }) => ({
    v: v.sub(s.mul(threshold)),
    steps: steps.add(1),
    count: count.add(s),
  }),
})

/**
 * Burst neuron (Park et al., DAC 2019): spikes that follow each other carry more, gain times the threshold, with gain
 * 1, beta, beta^2 .. up to `largest`:
 *
 *   charge  v <- v + x
 *   fire    s  = H(v - gain threshold)
 *   reset   v <- v - s gain threshold    gain <- min(beta gain, largest) after a spike, else 1
 *   output  s gain threshold
 */
export const burstNeuron = extendNeuron('burstNeuron', integrateAndFire, {
  resets: ['soft'],
  parameters: { beta: 2, largest: 16 },
  state: { gain: 1 },
  fire: ({ v, gain }, { threshold }, spike) => spike(v.sub(gain.mul(threshold))),
  reset: ({ v, gain }, s, { threshold, beta, largest }) => ({
    v: v.sub(s.mul(gain).mul(threshold)),
    gain: s.mul(gain.mul(beta).minimum(largest).sub(1)).add(1),
  }),
  output: ({ gain }, s, { threshold }) => s.mul(gain).mul(threshold),
})

import { extendNeuron } from './extend-neuron.js'
import { defineNeuron } from './define-neuron.js'
import { integrateAndFire } from './integrate-and-fire.js'

/**
 * `integrateAndFire` with soft reset that starts at half the threshold, so that rates are rounded rather than cut (Deng
 * and Gu, ICLR 2021).
 */
export const halfThresholdIntegrateAndFire = extendNeuron('halfThresholdIntegrateAndFire', integrateAndFire, {
  state: { v: ({ threshold }) => threshold.div(2) },
  defaults: { reset: 'soft' },
})

/**
 * Integrate-and-fire whose firing, not its reset, is offset, as a rule by values per channel:
 *
 *   charge  v <- v + x
 *   fire    s  = H(v + offset - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)
 */
export const activationAwareIntegrateAndFire = extendNeuron('activationAwareIntegrateAndFire', integrateAndFire, {
  parameters: { offset: 0 },
  defaults: { reset: 'soft' },
  fire: ({ v }, { threshold, offset }, spike) => spike(v.add(offset).sub(threshold)),
})

/**
 * Bipolar integrate-and-fire with a spike tracer (You et al., ICML 2024): its output summed over time is the quantised
 * input summed, whatever the order. `q` is the charge in thresholds, `accumulated` the sum of spikes; `level` steps are
 * symmetric about 0 or, with symmetric: false, from 0 on. Spikes are -1, 0 or 1, without gradient, and hand on
 * +-threshold:
 *
 *   charge  q <- q + x / threshold
 *   fire    s  = 1 if q >= 1 and accumulated < high, -1 if q < 0 and accumulated > low, else 0
 *   reset   q <- q - s     accumulated <- accumulated + s
 *
 * with high = floor(level / 2) - 1 and low = floor(-level / 2), or level - 1 and 0.
 */
export const bipolarIntegrateAndFire = defineNeuron('bipolarIntegrateAndFire', {
  parameters: {},
  state: { q: 0.5, accumulated: 0 },
  settings: { level: 8, symmetric: true },
  defaults: { amplitude: 'threshold' },
  charge: (x, { q, accumulated }, { threshold }) => ({ q: q.add(x.div(threshold)), accumulated }),
  fire: ({ q, accumulated }, _parameters, _spike, { level, symmetric }) => {
    const [low, high] = symmetric ? [Math.floor(-level / 2), Math.floor(level / 2) - 1] : [0, level - 1]
    const up = q.ge(1).and(accumulated.lt(high)).cast(q.dtype)
    return up.sub(q.lt(0).and(accumulated.gt(low)).cast(q.dtype))
  },
  reset: ({ q, accumulated }, s) => ({ q: q.sub(s), accumulated: accumulated.add(s) }),
})

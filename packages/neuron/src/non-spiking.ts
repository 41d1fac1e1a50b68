import type { Tensor } from '@snn/tensor'
import { SnnError, where } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'
import { extendNeuron } from './extend-neuron.js'

/**
 * An integrator, as the last layer of a regression (Li et al., 2022): no spikes, no reset.
 *
 *   charge  v <- v + x
 *   output  v
 */
export const nonSpikingIntegrateAndFire = defineNeuron('nonSpikingIntegrateAndFire', {
  parameters: {},
  state: { v: 0 },
  defaults: { reset: 'none' },
  charge: (x, { v }) => ({ v: v.add(x) }),
  fire: ({ v }) => v.mul(0).stopGradient(),
  reset: (state) => state,
  output: ({ v }) => v,
})

/**
 * A leaky integrator: no spikes, no reset.
 *
 *   charge  v <- v + (x - v) / tau
 *   output  v
 */
export const nonSpikingLif = extendNeuron('nonSpikingLif', nonSpikingIntegrateAndFire, {
  parameters: { tau: 2 },
  charge: (x, { v }, { tau }) => ({ v: v.add(x.sub(v).div(tau)) }),
})

/**
 * One value of a membrane over time, v [T, ..] -> [..]: its maximum, the value furthest from 0 (of a tie the lower), its mean, or its
 * last value.
 *
 * @throws `ARGUMENT` for another name
 */
export function decodeMembrane(v: Tensor, by: 'max' | 'maxAbsolute' | 'mean' | 'last'): Tensor {
  if (by === 'max') return v.max(0)
  if (by === 'mean') return v.mean(0)
  if (by === 'last') return v.at(0, v.shape[0]! - 1)
  if (by !== 'maxAbsolute') throw new SnnError('ARGUMENT', `[decodeMembrane] ${String(by)}, expected 'max', 'maxAbsolute', 'mean' or 'last'. Correct the name.`, { name: 'by', value: by })
  const [high, low] = [v.max(0), v.min(0)]
  return where(high.gt(low.neg()), high, low)
}

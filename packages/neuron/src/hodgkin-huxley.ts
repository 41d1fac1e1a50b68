import { where, type Tensor } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'

/** u / (1 - exp(-u)), 1 at 0. */
function ratio(u: Tensor): Tensor {
  const near = u.abs().lt(1e-4)
  const safe = where(near, 1, u)
  return where(near, u.mul(0.5).add(1), safe.div(safe.neg().exp().neg().add(1)))
}

/** exp((v - at) / width), of the rates below. */
const rise = (v: Tensor, at: number, width: number): Tensor => v.sub(at).div(width).exp()

/** Opening and closing rates per ms, as gate -> (v in mV) -> [open, close]. */
const rates: Readonly<Record<'m' | 'h' | 'n', (v: Tensor) => readonly [open: Tensor, close: Tensor]>> = {
  m: (v) => [ratio(v.add(40).div(10)), rise(v, -65, -18).mul(4)],
  h: (v) => [rise(v, -65, -20).mul(0.07), rise(v, -35, -10).add(1).pow(-1)],
  n: (v) => [ratio(v.add(55).div(10)).mul(0.1), rise(v, -65, -80).mul(0.125)],
}

/**
 * Hodgkin and Huxley's membrane of the squid axon (Journal of Physiology 1952) at rest at -65 mV: v in mV, currents in
 * uA/cm^2, conductances in mS/cm^2, capacity in uF/cm^2, time in ms. One step is `substeps` Euler steps of `dt`:
 *
 *   charge  v <- v + dt (x - gNa m^3 h (v - eNa) - gK n^4 (v - eK) - gLeak (v - eLeak)) / capacity
 *           g <- g + dt (open(v) (1 - g) - close(v) g) for each gate g of m, h, n
 *   fire    s  = H(v - threshold) where v was below the threshold a step before: the upward crossing
 *   reset   none
 */
export const hodgkinHuxley = defineNeuron('hodgkinHuxley', {
  parameters: { gNa: 120, gK: 36, gLeak: 0.3, eNa: 50, eK: -77, eLeak: -54.387, capacity: 1, dt: 0.01, threshold: 0 },
  within: { capacity: [0, Infinity], dt: [0, Infinity], substeps: [0, Infinity] },
  settings: { substeps: 1 },
  resets: ['none'],
  state: { v: -65, m: 0.0529, h: 0.5961, n: 0.3177, above: 0 },
  charge: (x, { v: before, ...gates }, { gNa, gK, gLeak, eNa, eK, eLeak, capacity, dt, threshold }, { substeps }) => {
    let [v, m, h, n] = [before, gates.m, gates.h, gates.n]
    for (let i = 0; i < substeps; i++) {
      const sodium = m.mul(m).mul(m).mul(h).mul(gNa).mul(v.sub(eNa))
      const potassium = n.square().square().mul(gK).mul(v.sub(eK))
      const current = x.sub(sodium).sub(potassium).sub(v.sub(eLeak).mul(gLeak))
      const moved = (gate: Tensor, [open, close]: readonly [Tensor, Tensor]): Tensor =>
        gate.add(open.mul(gate.neg().add(1)).sub(close.mul(gate)).mul(dt))
      ;[v, m, h, n] = [
        v.add(current.mul(dt).div(capacity)),
        moved(m, rates.m(v)),
        moved(h, rates.h(v)),
        moved(n, rates.n(v)),
      ]
    }
    return { v, m, h, n, above: before.ge(threshold).cast(v.dtype) }
  },
  fire: ({ v, above }, { threshold }, spike) => spike(v.sub(threshold)).mul(above.neg().add(1)),
  reset: (state) => state,
})

import { wrap32 } from '../integers.js'
import { perNeuron, type PerNeuron, type RunningProcess } from '../process.js'

/** A resonator that sends its real part where the imaginary one rises through 0 and the real one is above `uth`. */
export interface RfZero {
  readonly type: 'RFZero'
  readonly shape: readonly number[]
  /** e^(-dt / tau) cos(2 pi f dt) times 2^15, cut toward zero; `lst` of the sine. */
  readonly lct: PerNeuron
  readonly lst: PerNeuron
  readonly uth: number
}

/**
 * Resonators that send their amplitude at phase 0, as `lava.proc.resfire.RFZero` in fixed point. Products in 32 bits,
 * divided rounding down.
 *
 *   u' = floor(u lct / 2^15) - floor(v lst / 2^15) + u_in
 *   v' = floor(v lct / 2^15) + floor(u lst / 2^15) + v_in
 *   sent: u' where u' > uth, v' >= 0 and v < 0, else 0
 */
export function runRfZero(spec: RfZero, count: number): RunningProcess {
  const inputs = { u_in: new Int32Array(count), v_in: new Int32Array(count) }
  const out = new Int32Array(count)
  const [u, v] = [new Int32Array(count), new Int32Array(count)]
  const [cos, sin] = [perNeuron(spec.lct, count), perNeuron(spec.lst, count)]
  const scaled = (a: number, b: number): number => Math.imul(a, b) >> 15
  return {
    inputs,
    out,
    state: { u, v },
    send() {
      for (let i = 0; i < count; i++) {
        const nextU = wrap32(scaled(u[i]!, cos[i]!) - scaled(v[i]!, sin[i]!) + inputs.u_in[i]!)
        const nextV = wrap32(scaled(v[i]!, cos[i]!) + scaled(u[i]!, sin[i]!) + inputs.v_in[i]!)
        out[i] = nextU > spec.uth && nextV >= 0 && v[i]! < 0 ? nextU : 0
        u[i] = nextU
        v[i] = nextV
      }
    },
  }
}

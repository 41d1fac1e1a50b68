import { leftShift, rightShift, wrap32 } from '../integers.js'
import { perNeuron, type PerNeuron, type RunningProcess } from '../process.js'

/** What processes have that send changes instead of values. */
export interface DeltaEncoder {
  readonly shape: readonly number[]
  /** In units of 2^(spike_exp + state_exp); may be fractional. */
  readonly vth: number
  readonly cum_error?: boolean
  readonly spike_exp?: number
  readonly state_exp?: number
}

/** Sends how far its input has moved from what it has sent, where that is at least the threshold. */
export interface Delta extends DeltaEncoder {
  readonly type: 'Delta'
}

/** Adds up the differences that come in, applies `act_mode` to sum and bias, and sends differences as `Delta` does. */
export interface SigmaDelta extends DeltaEncoder {
  readonly type: 'SigmaDelta'
  readonly bias?: PerNeuron
  readonly act_mode?: 'RELU' | 'UNIT'
}

/**
 * Encoders of changes, as `lava.proc.sdn` runs them in fixed point (`PyDeltaModelFixed`, `PySigmaDeltaModelFixed`). All
 * in 32 bits.
 *
 *   Delta       y = a << (spike_exp + state_exp)
 *   SigmaDelta  sigma = sigma + a,   y = ReLU(sigma + bias), without the ReLU where act_mode is UNIT
 *   both        d = y - act + residue
 *               s = d where |d| >= vth, else 0
 *               residue = d - s,   act = y,   sent: s >> state_exp
 *   cum_error   error = error + d,   s = d where |error| >= vth,   error = 0 where s is not 0
 *
 * vth and bias count in units of 2^(spike_exp + state_exp). The bits that `>>` loses are not carried on.
 */
export function runDelta(spec: Delta | SigmaDelta, count: number): RunningProcess {
  const { spike_exp: spikeExponent = 0, state_exp: stateExponent = 0, cum_error: cumulative = false } = spec
  const scale = spikeExponent + stateExponent
  const inputs = { a_in: new Int32Array(count) }
  const out = new Int32Array(count)
  const [sigma, act, residue, error] = [
    new Int32Array(count),
    new Int32Array(count),
    new Int32Array(count),
    new Int32Array(count),
  ]
  const vth = wrap32(Math.trunc(spec.vth * 2 ** scale))
  const bias =
    spec.type === 'SigmaDelta' ? perNeuron(spec.bias, count).map((value) => leftShift(value, scale)) : undefined
  const rectified = spec.type === 'SigmaDelta' && spec.act_mode !== 'UNIT'
  return {
    inputs,
    out,
    state: { sigma, act, residue, error },
    send() {
      const a = inputs.a_in
      for (let i = 0; i < count; i++) {
        let y: number
        if (bias) {
          sigma[i] = sigma[i]! + a[i]!
          y = wrap32(sigma[i]! + bias[i]!)
          if (rectified && y < 0) y = 0
        } else y = leftShift(a[i]!, scale)
        const d = wrap32(y - act[i]! + residue[i]!)
        if (cumulative) error[i] = error[i]! + d
        const s = magnitude(cumulative ? error[i]! : d) >= vth ? d : 0
        if (s !== 0) error[i] = 0
        residue[i] = d - s
        act[i] = y
        out[i] = rightShift(s, stateExponent)
      }
    },
  }
}

/** `numpy.abs` of int32: the smallest number is its own magnitude. */
const magnitude = (x: number): number => wrap32(Math.abs(x))

import { wrongArgument } from '@snn/tensor/library'
import { cos, sin } from '../accurate-trigonometry.js'
import { half24, leftShift, wrap32 } from '../integers.js'
import { perNeuronWide, type PerNeuron, type RunningProcess } from '../process.js'

/** A damped oscillation of two state variables that inputs push; `type` says when it fires. */
export interface ResonateAndFire {
  /** RF: fires at phase 0. RF_IZ: fires at the threshold of the imaginary part, and is reset (Izhikevich 2001). */
  readonly type: 'RF' | 'RF_IZ'
  readonly shape: readonly number[]
  /**
   * cos and sin of the phase of a step times 1 - alpha, times 2^decay_bits, cut toward zero: `resonatorDecays` makes
   * them of period and alpha.
   */
  readonly cos_decay: PerNeuron
  readonly sin_decay: PerNeuron
  /** Scaled by 2^state_exp. */
  readonly vth: number
  readonly state_exp?: number
  readonly decay_bits: number
}

/**
 * Resonators, as `lava.proc.rf` and `rf_iz` run them in fixed point. T(x) = x / 2^decay_bits, cut toward zero, for each
 * product alone; M = 2^23.
 *
 *   re' = clip(T(cos re) - T(sin im) + (a_re << state_exp))      to +-(M - 1)
 *   im' = clip(T(sin re) + T(cos im) + (a_im << state_exp))
 *   RF      1 where re' >= vth, im' >= 0 and im < 0; no reset
 *   RF_IZ   1 where im' >= vth; then re' = 0, im' = vth - 1
 */
export function runResonateAndFire(spec: ResonateAndFire, count: number): RunningProcess {
  const inputs = { a_real_in: new Int32Array(count), a_imag_in: new Int32Array(count) }
  const out = new Int32Array(count)
  const [real, imag] = [new Int32Array(count), new Int32Array(count)]
  const [cosine, sine] = [perNeuronWide(spec.cos_decay, count), perNeuronWide(spec.sin_decay, count)]
  const { vth, state_exp: exponent = 0, type } = spec
  const scale = 2 ** spec.decay_bits
  const cut = (product: number): number => Math.trunc(product / scale)
  return {
    inputs,
    out,
    state: { real, imag },
    send() {
      for (let i = 0; i < count; i++) {
        const [re, im] = [real[i]!, imag[i]!]
        const nextReal = clip(cut(cosine[i]! * re) - cut(sine[i]! * im) + leftShift(inputs.a_real_in[i]!, exponent))
        const nextImag = clip(cut(sine[i]! * re) + cut(cosine[i]! * im) + leftShift(inputs.a_imag_in[i]!, exponent))
        const spike = type === 'RF' ? nextReal >= vth && nextImag >= 0 && im < 0 : nextImag >= vth
        const reset = spike && type === 'RF_IZ'
        real[i] = reset ? 0 : nextReal
        imag[i] = reset ? wrap32(vth - 1) : nextImag
        out[i] = spike ? 1 : 0
      }
    },
  }
}

const clip = (x: number): number => Math.max(1 - half24, Math.min(half24 - 1, x))

/** `cos_decay` and `sin_decay` of a period in steps and a decay alpha, computed in the order of `lava.proc.rf.RF`. */
export function resonatorDecays(
  period: number,
  alpha: number,
  decayBits: number,
): { readonly cos_decay: number; readonly sin_decay: number } {
  if (![1 / period, alpha, decayBits].every(Number.isFinite))
    throw wrongArgument(
      'resonatorDecays',
      '(period, alpha, decayBits)',
      [period, alpha, decayBits],
      'three numbers, the period not 0',
    )
  const angle = (Math.PI * 2) / period
  const integer = (x: number): number => Math.trunc((1 - alpha) * x * 2 ** decayBits)
  return { sin_decay: integer(sin(angle)), cos_decay: integer(cos(angle)) }
}

import { decayed, half24, kept, leftShift, rightShift, wrap16, wrap32 } from '../integers.js'
import { perNeuron, perNeuronWide, type PerNeuron, type RunningProcess } from '../process.js'

/** What all leaky integrate-and-fire processes have. Decays are of 4096; `du` stands for `du + 1`. */
export interface LifDynamics {
  readonly shape: readonly number[]
  readonly u?: PerNeuron
  readonly v?: PerNeuron
  readonly du: PerNeuron
  readonly dv: PerNeuron
  /** Kept in 16 bits: 40000 becomes -25536. */
  readonly bias_mant?: PerNeuron
  readonly bias_exp?: PerNeuron
}

/**
 * Lava's LIF: u <- u - u (du + 1) / 2^12 + 64 a, v <- v - v dv / 2^12 + u + bias; fires where v > 64 vth, which sets v
 * to 0.
 */
export interface Lif extends LifDynamics {
  readonly type: 'LIF'
  readonly vth: PerNeuron
}

/** LIF whose u and v are set to 0 every `reset_interval` steps, in step `reset_offset` of each interval. */
export interface LifReset extends LifDynamics {
  readonly type: 'LIFReset'
  readonly vth: PerNeuron
  readonly reset_interval: number
  readonly reset_offset: number
}

/** LIF that sends 1 above `vth_hi` and -1 below `vth_lo`. */
export interface TernaryLif extends LifDynamics {
  readonly type: 'TernaryLIF'
  readonly vth_hi: PerNeuron
  readonly vth_lo: PerNeuron
}

/**
 * Leaky integrate-and-fire neurons with a current (CUBA), as `lava.proc.lif` runs them in fixed point. M = 2^23, T cuts
 * toward zero.
 *
 *   x = T(u (4096 - du - 1) / 4096) + (a << 6)        in 32 bits
 *   u = x - 2M where x > M,  x + 2M where x <= -M      wraps once
 *   v = clip(T(v (4096 - dv) / 4096) + u + bias)       to +-(M - 1)
 *   bias = bias_mant 2^bias_exp, rounded down
 *
 * | process | sends | then |
 * |---|---|---|
 * | LIF, LIFReset | 1 where v > vth << 6 | v = 0 |
 * | TernaryLIF | 1 where v > vth_hi << 6, -1 where v < vth_lo << 6 | v = 0 |
 *
 * LIFReset sets u and v to 0 at the start of Lava's step t when t mod interval = offset mod interval.
 */
export function runLif(spec: Lif | LifReset | TernaryLif, count: number): RunningProcess {
  const inputs = { a_in: new Int32Array(count) }
  const out = new Int32Array(count)
  const [u, v] = [perNeuron(spec.u, count), perNeuron(spec.v, count)]
  const keepU = perNeuronWide(spec.du, count).map((du) => kept(du + 1))
  const keepV = perNeuronWide(spec.dv, count).map(kept)
  const exponent = perNeuron(spec.bias_exp, count)
  const bias = perNeuron(spec.bias_mant, count).map((mantissa, i) =>
    exponent[i]! >= 0 ? leftShift(wrap16(mantissa), exponent[i]!) : rightShift(wrap16(mantissa), -exponent[i]!),
  )
  const high = perNeuronWide(spec.type === 'TernaryLIF' ? spec.vth_hi : spec.vth, count).map((vth) => vth * 64)
  const low =
    spec.type === 'TernaryLIF'
      ? perNeuronWide(spec.vth_lo, count).map((vth) => vth * 64)
      : new Float64Array(count).fill(-Infinity)
  // Parameters that are one number for all are kept as one: those of every neuron are more memory than the states.
  const [[keepsU, atU], [keepsV, atV], [biases, atBias], [highs, atHigh], [lows, atLow]] = [
    condensed(keepU),
    condensed(keepV),
    condensed(Float64Array.from(bias)),
    condensed(high),
    condensed(low),
  ]
  return {
    inputs,
    out,
    state: { u, v },
    send(step) {
      const a = inputs.a_in
      if (spec.type === 'LIFReset' && step % spec.reset_interval === modulo(spec.reset_offset, spec.reset_interval)) {
        u.fill(0)
        v.fill(0)
      }
      for (let i = 0; i < count; i++) {
        const x = wrap32(decayed(u[i]!, keepsU[i & atU]!) + (a[i]! << 6))
        const current = x > half24 ? x - 2 * half24 : x <= -half24 ? x + 2 * half24 : x
        const sum = wrap32(decayed(v[i]!, keepsV[i & atV]!) + current + biases[i & atBias]!)
        const voltage = sum >= half24 ? half24 - 1 : sum <= -half24 ? 1 - half24 : sum
        const spike = voltage > highs[i & atHigh]! ? 1 : voltage < lows[i & atLow]! ? -1 : 0
        u[i] = current
        v[i] = spike === 0 ? voltage : 0
        out[i] = spike
      }
    },
  }
}

/** [values, mask]: the value of neuron i is values[i & mask]. */
function condensed(values: Float64Array): readonly [values: Float64Array, mask: number] {
  const first = values[0]
  return values.every((value) => value === first) ? [values.slice(0, 1), 0] : [values, -1]
}

const modulo = (x: number, m: number): number => ((x % m) + m) % m

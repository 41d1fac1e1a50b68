import { leftShift, rightShift } from '../integers.js'
import { perNeuron, type PerNeuron, type RunningProcess } from '../process.js'
import { actingWeights } from '../synapse-weights.js'
import { columnsOf, type DenseWeights } from './dense.js'

/** Weights with a delay each: a spike adds to its target that many steps later. */
export interface DelayDense extends DenseWeights {
  readonly type: 'DelayDense'
  /** [out, in] in steps from 0 to 63, or one number. */
  readonly delays: PerNeuron
  /** Weights with a larger delay are left out. 0: the largest delay. */
  readonly max_delay?: number
}

/**
 * All-to-all synapses with a delay each, as `lava.proc.dense.DelayDense` in fixed point: `Dense`, but the sum of the
 * spikes that arrive d steps later is shifted by the exponent for each d alone, and added to what is on its way.
 *
 *   arriving[t + 1 + d]_i += (sum_j w_ij s_j over delays d) << weight_exp, or >> -weight_exp rounding down; in 32 bits
 */
export function runDelayDense(spec: DelayDense): RunningProcess {
  const [count, sources] = spec.shape
  const { weight_exp: exponent = 0, num_weight_bits: bits = 8, num_message_bits: messageBits = 0 } = spec
  const columns = columnsOf(actingWeights(spec.weights, bits, spec.sign_mode), count, sources)
  const delays = columnsOf(perNeuron(spec.delays, count * sources), count, sources)
  const slots = (spec.max_delay || delays.reduce((most, d) => Math.max(most, d), 0)) + 1
  const inputs = { s_in: new Int32Array(sources) }
  const out = new Int32Array(count)
  const sums = new Int32Array(slots * count)
  /** What arrives in each of the next steps, as a ring: slot `now` is the next step's. */
  const arriving = new Int32Array(slots * count)
  let now = 0
  return {
    inputs,
    out,
    state: {},
    send() {
      out.set(arriving.subarray(now * count, (now + 1) * count))
      arriving.fill(0, now * count, (now + 1) * count)
      now = (now + 1) % slots
    },
    receive() {
      sums.fill(0)
      const s = inputs.s_in
      for (let j = 0; j < sources; j++) {
        const value = messageBits === 0 ? (s[j] === 0 ? 0 : 1) : s[j]!
        if (value === 0) continue
        for (let i = 0; i < count; i++) {
          const delay = delays[j * count + i]!
          if (delay < slots)
            sums[delay * count + i] = sums[delay * count + i]! + Math.imul(columns[j * count + i]!, value)
        }
      }
      for (let d = 0; d < slots; d++) {
        const at = ((now + d) % slots) * count
        for (let i = 0; i < count; i++) {
          const sum = sums[d * count + i]!
          arriving[at + i] = arriving[at + i]! + (exponent > 0 ? leftShift(sum, exponent) : rightShift(sum, -exponent))
        }
      }
    },
  }
}

import { leftShift, rightShift } from '../integers.js'
import type { RunningProcess } from '../process.js'
import { actingWeights, type SignMode } from '../synapse-weights.js'

/** Weights, and how they are rounded: stored with `num_weight_bits` bits, times 2^weight_exp. */
export interface DenseWeights {
  /** [out, in], row by row. */
  readonly weights: ArrayLike<number>
  readonly shape: readonly [out: number, inputs: number]
  readonly weight_exp?: number
  readonly num_weight_bits?: number
  /** Absent: derived from the weights. */
  readonly sign_mode?: SignMode | null
  /** 0: whatever is not 0 counts as 1. */
  readonly num_message_bits?: number
}

/** Weights [out, in]: a = W s in each step. */
export interface Dense extends DenseWeights {
  readonly type: 'Dense'
}

/**
 * All-to-all synapses, as `lava.proc.dense.Dense` in fixed point, with the weights of `actingWeights`.
 *
 *   sum_i = sum_j w_ij s_j,   s_j = 1 where a spike came (message bits 0), else its value; in 32 bits
 *   sent in the next step: sum << weight_exp, or sum >> -weight_exp rounding down
 */
export function runDense(spec: Dense): RunningProcess {
  const [count, sources] = spec.shape
  const { weight_exp: exponent = 0, num_weight_bits: bits = 8, num_message_bits: messageBits = 0 } = spec
  const columns = columnsOf(actingWeights(spec.weights, bits, spec.sign_mode), count, sources)
  const inputs = { s_in: new Int32Array(sources) }
  const out = new Int32Array(count)
  const sum = new Int32Array(count)
  const arrived = new Int32Array(sources)
  return {
    inputs,
    out,
    state: {},
    send() {
      for (let i = 0; i < count; i++)
        out[i] = exponent > 0 ? leftShift(sum[i]!, exponent) : rightShift(sum[i]!, -exponent)
    },
    receive() {
      sum.fill(0)
      if (messageBits === 0) addRows(sum, columns, spikes(inputs.s_in, arrived), arrived)
      else addGraded(sum, columns, inputs.s_in)
    },
  }
}

/** [out, in] as [in, out], so that a spike adds one row. */
export function columnsOf(weights: Int32Array, count: number, sources: number): Int32Array {
  const columns = new Int32Array(weights.length)
  for (let i = 0; i < count; i++) for (let j = 0; j < sources; j++) columns[j * count + i] = weights[i * sources + j]!
  return columns
}

/** Writes the places of what is not 0 into `places`, and gives their number. */
function spikes(s: Int32Array, places: Int32Array): number {
  let found = 0
  for (let j = 0; j < s.length; j++) if (s[j] !== 0) places[found++] = j
  return found
}

/** sum += the rows `which[0 .. found - 1]` of [.., count]: four at a time, for each pass reads and writes the sums. */
function addRows(sum: Int32Array, rows: Int32Array, found: number, which: Int32Array): void {
  const count = sum.length
  let k = 0
  for (; k + 4 <= found; k += 4) {
    const [a, b, c, d] = [which[k]! * count, which[k + 1]! * count, which[k + 2]! * count, which[k + 3]! * count]
    for (let i = 0; i < count; i++) sum[i] = sum[i]! + rows[a + i]! + rows[b + i]! + rows[c + i]! + rows[d + i]!
  }
  for (; k < found; k++) {
    const a = which[k]! * count
    for (let i = 0; i < count; i++) sum[i] = sum[i]! + rows[a + i]!
  }
}

function addGraded(sum: Int32Array, rows: Int32Array, s: Int32Array): void {
  const count = sum.length
  for (let j = 0; j < s.length; j++) {
    const value = s[j]!
    if (value !== 0) for (let i = 0; i < count; i++) sum[i] = sum[i]! + Math.imul(rows[j * count + i]!, value)
  }
}

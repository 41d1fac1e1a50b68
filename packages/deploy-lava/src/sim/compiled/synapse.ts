import { concat, conv, tensor, type Tensor } from '@snn/tensor'
import { half24 } from '../integers.js'
import { perNeuron } from '../process.js'
import type { Synapse } from '../process-graph.js'
import { actingWeights } from '../synapse-weights.js'
import { addFlows, asFloat, asInteger, exactFloat, shiftDown, shiftUp, type Flow } from './flow.js'

/** A synapse in a program: what it sends follows from what came in the last steps. */
export interface SynapseProgram {
  /** Steps that it looks back. */
  readonly depth: number
  /** Shape of what it takes, for one sample. */
  readonly inputShape: readonly number[]
  /** Largest magnitude of a value that may come, where larger ones leave what is exact; looked at while it runs. */
  readonly largestInput?: number
  /** What is sent, of what came in each of the last steps, the oldest first: `depth` flows [.., in]. */
  send(past: readonly Flow[]): Flow
}

export function synapseProgram(process: Synapse): SynapseProgram {
  return process.type === 'Conv' ? convProgram(process) : denseProgram(process)
}

function denseProgram(process: Exclude<Synapse, { readonly type: 'Conv' }>): SynapseProgram {
  const [count, sources] = process.shape
  const { weight_exp: exponent = 0, num_weight_bits: bits = 8, num_message_bits: messageBits = 0 } = process
  const weights = actingWeights(process.weights, bits, process.sign_mode)
  const delays =
    process.type === 'DelayDense' ? perNeuron(process.delays, weights.length) : new Int32Array(weights.length)
  const longest =
    (process.type === 'DelayDense' && process.max_delay) || delays.reduce((most, d) => Math.max(most, d), 0)
  // One matrix for each delay: the exponent shifts the sum of each alone.
  const used = [...new Set(delays)].filter((delay) => delay <= longest).sort((a, b) => a - b)
  const matrices = used.map((delay) => {
    const part = weights.map((w, i) => (delays[i] === delay ? w : 0))
    return { delay, bound: rowBound(part, count), matrix: transposed(part, count, sources) }
  })
  const depth = (used.at(-1) ?? 0) + 1
  return {
    depth,
    inputShape: [sources],
    send(past) {
      const sums = matrices.map(({ delay, bound, matrix }) => {
        const sum = weighted(arriving(past[depth - 1 - delay]!, messageBits), bound, (part) => part.matmul(matrix))
        return shifted(sum, exponent)
      })
      return addFlows(sums)
    },
  }
}

function convProgram(process: Extract<Synapse, { readonly type: 'Conv' }>): SynapseProgram {
  const { weight, weight_shape: shape, stride, padding, dilation, groups, num_message_bits: messageBits = 0 } = process
  const bound = rowBound(weight, shape[0])
  const kernel = tensor({ data: Float32Array.from(weight), shape })
  return {
    depth: 1,
    inputShape: process.input_shape,
    // Beyond 32 bits Lava makes doubles of the sums.
    ...(messageBits > 0 ? { largestInput: Math.floor((2 ** 31 - 1) / Math.max(bound, 1)) } : {}),
    send(past) {
      const sum = weighted(arriving(past[0]!, messageBits), bound, (part) =>
        conv(part, kernel, { stride, padding, dilation, groups }),
      )
      return sum.bound < half24 ? sum : { value: wrap24(asInteger(sum)), bound: half24 }
    },
  }
}

/** Spikes, where values do not count. */
function arriving(flow: Flow, messageBits: number): Flow {
  if (messageBits > 0 || flow.spikes) return flow
  return { value: flow.value.ne(0).cast('float32'), bound: 1, spikes: true }
}

/**
 * Sums of products, exact: at once where they stay below 2^24, else from digits of the values that do, put together in
 * 32 bits.
 * `bound` is the largest sum of magnitudes of the weights of one output.
 */
function weighted(flow: Flow, bound: number, multiply: (part: Tensor) => Tensor): Flow {
  const product = bound * flow.bound
  if (product < exactFloat) return { value: multiply(asFloat(flow)), bound: product }
  const digit = Math.max(1, Math.floor(Math.log2((exactFloat - 1) / Math.max(bound, 1))))
  let rest = asInteger(flow)
  let sum: Tensor | undefined
  for (let at = 0; at < 33; at += digit) {
    const last = flow.bound / 2 ** at <= 2 ** digit - 1
    // The last digit keeps the sign.
    const part = last ? rest : rest.mod(2 ** digit)
    const term = shiftUp(multiply(part.cast('float32')).cast('int32'), at)
    sum = sum ? sum.add(term) : term
    if (last) break
    rest = shiftDown(rest, digit)
  }
  return { value: sum!, bound: Math.min(product, 2 ** 31) }
}

function shifted(sum: Flow, exponent: number): Flow {
  if (exponent <= 0)
    return {
      value: shiftDown(sum.value, -exponent),
      bound: exponent === 0 ? sum.bound : Math.ceil(sum.bound / 2 ** -exponent) + 1,
    }
  const bound = sum.bound * 2 ** exponent
  return bound < exactFloat
    ? { value: asFloat(sum).mul(2 ** exponent), bound }
    : { value: shiftUp(asInteger(sum), exponent), bound: Math.min(bound, 2 ** 31) }
}

/** (x + 2^23) mod 2^24 - 2^23. */
function wrap24(x: Tensor): Tensor {
  return x
    .add(half24)
    .mod(2 * half24)
    .sub(half24)
}

function rowBound(weights: ArrayLike<number>, rows: number): number {
  const width = weights.length / rows
  let most = 0
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = row * width; i < (row + 1) * width; i++) sum += Math.abs(weights[i]!)
    most = Math.max(most, sum)
  }
  return most
}

function transposed(weights: ArrayLike<number>, rows: number, columns: number): Tensor {
  const data = new Float32Array(rows * columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[j * rows + i] = weights[i * columns + j]!
  return tensor({ data, shape: [columns, rows] })
}

/**
 * Past [depth, N, ..] and what comes [T, N, ..]: what is looked at in each step, the oldest first, and the past after
 * them.
 */
export function lookBack(
  past: Tensor,
  coming: Flow,
  depth: number,
): { readonly views: readonly Flow[]; readonly after: Tensor } {
  const T = coming.value.shape[0]!
  const all = concat([past, coming.value], 0)
  const views = Array.from({ length: depth }, (_, i): Flow => ({ ...coming, value: all.slice(0, i, i + T) }))
  return { views, after: all.slice(0, T, T + depth) }
}

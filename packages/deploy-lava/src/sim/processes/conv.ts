import { half24 } from '../integers.js'
import type { RunningProcess } from '../process.js'

/** Convolution of spikes [C, H, W]. */
export interface Conv {
  readonly type: 'Conv'
  /** [C, H, W]. */
  readonly input_shape: readonly [number, number, number]
  /** [O, C / groups, kH, kW], row by row; correlation, as PyTorch. */
  readonly weight: ArrayLike<number>
  readonly weight_shape: readonly [number, number, number, number]
  /** [H, W]. */
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly groups: number
  /** 0: whatever is not 0 counts as 1. */
  readonly num_message_bits?: number
}

/** [O, H, W] of what a convolution gives. */
export function convShape({
  input_shape: [, height, width],
  weight_shape: [channels, , kernelHeight, kernelWidth],
  stride,
  padding,
  dilation,
}: Omit<Conv, 'type' | 'weight' | 'groups'>): [number, number, number] {
  const size = (axis: 0 | 1, n: number, kernel: number): number =>
    Math.floor((n + 2 * padding[axis] - dilation[axis] * (kernel - 1) - 1) / stride[axis] + 1)
  return [channels, size(0, height, kernelHeight), size(1, width, kernelWidth)]
}

/**
 * Convolution of spikes, as `lava.proc.conv.Conv` in fixed point. Weights are neither clipped nor shifted.
 *
 *   sum[o, y, x] = sum_{c, i, j} w[o, c, i, j] s[c, y stride + i dilation - padding, x ..]
 *   sent in the next step: the sum wrapped to 24 bits, (sum + 2^23) mod 2^24 - 2^23
 *
 * Lava sums in doubles and makes 32-bit numbers of them: what lies beyond becomes -2^31, which wraps to 0.
 */
export function runConv(spec: Conv): RunningProcess {
  const {
    input_shape: [channels, height, width],
    weight_shape: [features, groupInputs, kernelHeight, kernelWidth],
    stride,
    padding,
    dilation,
    groups,
  } = spec
  const [, outHeight, outWidth] = convShape(spec)
  const graded = (spec.num_message_bits ?? 0) > 0
  const perGroup = features / groups
  const places = outHeight * outWidth
  // [kH, kW, C, O / groups]: what arrives at a place adds a row of features for each channel, at each place that it
  // reaches.
  const taps = kernelHeight * kernelWidth
  const kernel = new Float64Array(spec.weight.length)
  for (let o = 0; o < features; o++) {
    const group = Math.floor(o / perGroup)
    for (let c = 0; c < groupInputs; c++) {
      for (let tap = 0; tap < taps; tap++)
        kernel[(tap * channels + group * groupInputs + c) * perGroup + (o % perGroup)] =
          spec.weight[(o * groupInputs + c) * taps + tap]!
    }
  }
  const inputs = { s_in: new Int32Array(channels * height * width) }
  const out = new Int32Array(features * places)
  /** The channels that something arrived on at one place, and what. */
  const arrived = new Int32Array(groupInputs)
  const values = new Float64Array(groupInputs)
  const sums =
    graded || largestSum(spec) >= 2 ** 31
      ? gradedSums(kernel, places * features, arrived, values)
      : spikeSums(kernel, places * features, arrived)

  /** Adds what arrived at (y, x) on channels of one group to the features of that group. */
  function spread(y: number, x: number, group: number, found: number): void {
    for (let i = 0; i < kernelHeight; i++) {
      const top = y + padding[0] - i * dilation[0]
      if (top < 0 || top % stride[0] !== 0 || top / stride[0] >= outHeight) continue
      for (let j = 0; j < kernelWidth; j++) {
        const left = x + padding[1] - j * dilation[1]
        if (left < 0 || left % stride[1] !== 0 || left / stride[1] >= outWidth) continue
        const to = ((top / stride[0]) * outWidth + left / stride[1]) * features + group * perGroup
        sums.add(to, (i * kernelWidth + j) * channels * perGroup, perGroup, found)
      }
    }
  }

  return {
    inputs,
    out,
    state: {},
    send() {
      for (let o = 0, at = 0; o < features; o++) {
        for (let place = 0; place < places; place++, at++) out[at] = clamp24(sums.of[place * features + o]!)
      }
    },
    receive() {
      sums.of.fill(0)
      const s = inputs.s_in
      const area = height * width
      for (let y = 0, place = 0; y < height; y++) {
        for (let x = 0; x < width; x++, place++) {
          for (let group = 0; group < groups; group++) {
            let found = 0
            for (let c = group * groupInputs; c < (group + 1) * groupInputs; c++) {
              const value = s[c * area + place]!
              if (value === 0) continue
              arrived[found] = c
              values[found++] = graded ? value : 1
            }
            if (found > 0) spread(y, x, group, found)
          }
        }
      }
    },
  }
}

function clamp24(sum: number): number {
  const integer = sum >= -(2 ** 31) && sum < 2 ** 31 ? sum : -(2 ** 31)
  return ((integer + half24) & (2 * half24 - 1)) - half24
}

/** Sums [H, W, O], to which rows of the kernel are added. */
interface Sums {
  readonly of: Int32Array | Float64Array
  /** Adds `found` rows of `width` features, which begin at `from` of the kernel, at `to`. */
  add(to: number, from: number, width: number, found: number): void
}

/** Sums of spikes, in 32 bits: four rows at a time, for each pass reads and writes the sums. */
function spikeSums(kernel: ArrayLike<number>, size: number, arrived: Int32Array): Sums {
  const of = new Int32Array(size)
  const rows = Int32Array.from(kernel)
  return {
    of,
    add(to, from, width, found) {
      let k = 0
      for (; k + 4 <= found; k += 4) {
        const [a, b, c, d] = [
          from + arrived[k]! * width,
          from + arrived[k + 1]! * width,
          from + arrived[k + 2]! * width,
          from + arrived[k + 3]! * width,
        ]
        for (let o = 0; o < width; o++)
          of[to + o] = of[to + o]! + rows[a + o]! + rows[b + o]! + rows[c + o]! + rows[d + o]!
      }
      for (; k < found; k++) {
        const a = from + arrived[k]! * width
        for (let o = 0; o < width; o++) of[to + o] = of[to + o]! + rows[a + o]!
      }
    },
  }
}

/** Sums of values, in doubles as there. */
function gradedSums(rows: Float64Array, size: number, arrived: Int32Array, values: Float64Array): Sums {
  const of = new Float64Array(size)
  return {
    of,
    add(to, from, width, found) {
      for (let k = 0; k < found; k++) {
        const [a, value] = [from + arrived[k]! * width, values[k]!]
        for (let o = 0; o < width; o++) of[to + o] = of[to + o]! + rows[a + o]! * value
      }
    },
  }
}

function largestSum({ weight, weight_shape: [features] }: Conv): number {
  const each = weight.length / features
  let most = 0
  for (let o = 0; o < features; o++) {
    let sum = 0
    for (let k = 0; k < each; k++) sum += Math.abs(weight[o * each + k]!)
    most = Math.max(most, sum)
  }
  return most
}

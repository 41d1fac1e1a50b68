import { sizeOf } from '@snn/tensor'

/**
 * What lies between two layers of neurons, as one affine map with weights in doubles. Shapes are those of one sample.
 */
export type LinearMap = DenseMap | ConvMap

export interface DenseMap {
  readonly kind: 'dense'
  /** [out, in], row by row. */
  readonly weight: Float64Array
  readonly outputs: number
  readonly inputs: number
  /** [out]; zeros where there is none. */
  readonly bias: Float64Array
}

export interface ConvMap {
  readonly kind: 'conv'
  /** [O, C / groups, kH, kW]. */
  readonly weight: Float64Array
  readonly weightShape: readonly [number, number, number, number]
  readonly bias: Float64Array
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly groups: number
  /** Whether it is the mean or sum of windows of each channel: all weights are the same. */
  readonly pool: boolean
}

/** Row r of the weights and bias times scale[r]. */
export function scaleRows<M extends LinearMap>(map: M, scale: (row: number) => number): M {
  const rows = map.bias.length
  const width = map.weight.length / rows
  return {
    ...map,
    weight: map.weight.map((w, i) => w * scale(Math.floor(i / width))),
    bias: map.bias.map((b, row) => b * scale(row)),
  }
}

/**
 * Weights times a factor of the input channel (or input) that they take. `channelOf` maps an input of a dense map to
 * its channel.
 */
export function scaleInputs<M extends LinearMap>(
  map: M,
  scale: (channel: number) => number,
  channelOf: (input: number) => number,
): M {
  if (map.kind === 'dense') return { ...map, weight: map.weight.map((w, i) => w * scale(channelOf(i % map.inputs))) }
  const [features, perGroup, height, width] = map.weightShape
  const groupRows = features / map.groups
  return {
    ...map,
    weight: map.weight.map((w, i) => {
      const row = Math.floor(i / (perGroup * height * width))
      const channel = Math.floor(row / groupRows) * perGroup + (Math.floor(i / (height * width)) % perGroup)
      return w * scale(channel)
    }),
  }
}

/** The bias, and `more` of each row. */
export function addBias<M extends LinearMap>(map: M, more: Float64Array): M {
  return { ...map, bias: map.bias.map((b, row) => b + more[row]!) }
}

/**
 * What a map (a convolution without padding) makes of an input that is `values` by channel, or of a dense map by input,
 * without the bias: by row.
 */
export function sumOfInputs(map: LinearMap, values: Float64Array): Float64Array {
  const weighted = scaleInputs(
    map,
    (channel) => values[channel]!,
    (input) => input,
  )
  const width = weighted.weight.length / map.bias.length
  return Float64Array.from(map.bias, (_, row) =>
    weighted.weight.subarray(row * width, (row + 1) * width).reduce((sum, w) => sum + w, 0),
  )
}

/** A dense map of the inputs of another: its input i is their input order[i]. */
export function withInputs(map: DenseMap, order: ArrayLike<number>): DenseMap {
  const weight = new Float64Array(map.weight.length)
  for (let row = 0; row < map.weight.length; row += map.inputs)
    for (let i = 0; i < map.inputs; i++) weight[row + order[i]!] = map.weight[row + i]!
  return { ...map, weight }
}

/** What comes, as it is. */
export function identityMap(shape: readonly number[]): LinearMap {
  const [n] = shape as [number]
  if (shape.length === 3)
    return {
      kind: 'conv',
      weight: new Float64Array(n).fill(1),
      weightShape: [n, 1, 1, 1],
      bias: new Float64Array(n),
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: n,
      pool: false,
    }
  const inputs = sizeOf(shape)
  return {
    kind: 'dense',
    weight: Float64Array.from({ length: inputs * inputs }, (_, i) => (i % (inputs + 1) === 0 ? 1 : 0)),
    bias: new Float64Array(inputs),
    outputs: inputs,
    inputs,
  }
}

export const isPool = (map: LinearMap): map is ConvMap => map.kind === 'conv' && map.pool

/** C, H, W of what a convolution gives. */
export function convShape(
  { weightShape: [features, , ...kernel], stride, padding, dilation }: ConvMap,
  input: readonly number[],
): [number, number, number] {
  const size = (axis: 0 | 1): number =>
    Math.floor((input[1 + axis]! + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis] + 1)
  return [features, size(0), size(1)]
}

/** Mean of windows of each of `channels` as a convolution. */
export function poolMap(
  channels: number,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  padding: readonly [number, number],
): ConvMap {
  const area = kernel[0] * kernel[1]
  return {
    kind: 'conv',
    weight: new Float64Array(channels * area).fill(1 / area),
    weightShape: [channels, 1, ...kernel],
    bias: new Float64Array(channels),
    stride,
    padding,
    dilation: [1, 1],
    groups: channels,
    pool: true,
  }
}

/**
 * `pool`, then `next`, as one convolution; exact where padding of `next` is 0, or where windows of `pool` neither
 * overlap nor leave anything out.
 */
export function poolThenConv(pool: ConvMap, next: ConvMap): ConvMap {
  const [features, perGroup, height, width] = next.weightShape
  const size = (axis: 0 | 1, n: number): number =>
    (n - 1) * next.dilation[axis] * pool.stride[axis] + pool.weightShape[2 + axis]!
  const [kernelHeight, kernelWidth] = [size(0, height), size(1, width)]
  const weight = new Float64Array(features * perGroup * kernelHeight * kernelWidth)
  const mean = pool.weight[0]!
  for (let f = 0; f < features * perGroup; f++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const w = next.weight[(f * height + i) * width + j]! * mean
        for (let a = 0; a < pool.weightShape[2]; a++) {
          for (let b = 0; b < pool.weightShape[3]; b++) {
            const [y, x] = [i * next.dilation[0] * pool.stride[0] + a, j * next.dilation[1] * pool.stride[1] + b]
            weight[(f * kernelHeight + y) * kernelWidth + x]! += w
          }
        }
      }
    }
  }
  const times = (a: readonly [number, number]): [number, number] => [a[0] * pool.stride[0], a[1] * pool.stride[1]]
  return {
    ...next,
    weight,
    weightShape: [features, perGroup, kernelHeight, kernelWidth],
    stride: times(next.stride),
    padding: times(next.padding),
    dilation: [1, 1],
  }
}

/** `pool` of [C, H, W] to [C, h, w], flattened, then `next`, as one dense map on [C, H, W]. */
export function poolThenDense(
  pool: ConvMap,
  [channels, height, width]: readonly [number, number, number],
  [, pooledHeight, pooledWidth]: readonly [number, number, number],
  next: DenseMap,
): DenseMap {
  const inputs = channels * height * width
  const weight = new Float64Array(next.outputs * inputs)
  const mean = pool.weight[0]!
  for (let o = 0; o < next.outputs; o++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < pooledHeight; y++) {
        for (let x = 0; x < pooledWidth; x++) {
          const w = next.weight[o * next.inputs + (c * pooledHeight + y) * pooledWidth + x]! * mean
          for (let a = 0; a < pool.weightShape[2]; a++) {
            for (let b = 0; b < pool.weightShape[3]; b++) {
              const [row, column] = [y * pool.stride[0] + a - pool.padding[0], x * pool.stride[1] + b - pool.padding[1]]
              if (row >= 0 && row < height && column >= 0 && column < width)
                weight[o * inputs + (c * height + row) * width + column]! += w
            }
          }
        }
      }
    }
  }
  return { ...next, weight, inputs }
}

/** `first`, then `next`. */
export function denseThenDense(first: DenseMap, next: DenseMap): DenseMap {
  const weight = new Float64Array(next.outputs * first.inputs)
  const bias = Float64Array.from(next.bias)
  for (let o = 0; o < next.outputs; o++) {
    for (let k = 0; k < next.inputs; k++) {
      const w = next.weight[o * next.inputs + k]!
      bias[o]! += w * first.bias[k]!
      for (let i = 0; i < first.inputs; i++) weight[o * first.inputs + i]! += w * first.weight[k * first.inputs + i]!
    }
  }
  return { kind: 'dense', weight, bias, outputs: next.outputs, inputs: first.inputs }
}

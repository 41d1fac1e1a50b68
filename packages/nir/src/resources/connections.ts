import { sizeOf, type Shape } from '@snn/tensor'
import { checkArray, checkArrayLike, checkMembers } from '@snn/tensor/library'

/** What a layer's weights are made of, on a chip that stores and wires them. */
export interface Connections {
  /** Pairs of an input and an output with a weight between them. */
  readonly synapses: number
  /** Weights that are stored once: of a convolution its kernel, of a matrix those that are not 0. */
  readonly parameters: number
  /** Most connections into one output, and out of one input. */
  readonly fanIn: number
  readonly fanOut: number
}

/** Of a matrix [out, in]; weights of 0 are no connections. */
export function matrixConnections(
  weight: ArrayLike<number>,
  shape: readonly [rows: number, columns: number],
): Connections {
  checkArray('matrixConnections', shape, 'shape', '[out, in]')
  const [rows, columns] = shape
  checkArrayLike('matrixConnections', weight, 'weight')
  const [into, outOf] = [new Int32Array(rows), new Int32Array(columns)]
  let synapses = 0
  for (let i = 0; i < rows * columns; i++) {
    if (weight[i] === 0) continue
    synapses++
    into[Math.floor(i / columns)]!++
    outOf[i % columns]!++
  }
  return { synapses, parameters: synapses, fanIn: largest(into), fanOut: largest(outOf) }
}

/** What a convolution connects. */
export interface Windows {
  /** [out, in / groups, .. kernel]. */
  readonly weightShape: Shape
  /** [in, .. spatial] before, and [out, .. spatial] behind. */
  readonly input: Shape
  readonly output: Shape
  /** Of each spatial axis; zeros in front of it. */
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly number[]
  readonly groups: number
}

/** Of a convolution over any number of axes: taps on the padding are no connections. */
export function windowConnections(windows: Windows): Connections {
  checkMembers(
    'windowConnections',
    windows,
    'windows',
    ['weightShape', 'input', 'output', 'stride', 'dilation', 'padding', 'groups'],
    'the sizes of a convolution',
  )
  const { weightShape, input, output, stride, dilation, padding, groups } = windows
  const [features, perGroup, ...kernel] = weightShape as [number, number, ...number[]]
  const axes = kernel.map((taps, axis) =>
    alongAxis(input[axis + 1]!, output[axis + 1]!, taps, stride[axis]!, dilation[axis]!, padding[axis]!),
  )
  const product = (key: 'pairs' | 'most' | 'reach'): number => axes.reduce((all, own) => all * own[key], 1)
  return {
    synapses: features * perGroup * product('pairs'),
    parameters: sizeOf(weightShape),
    fanIn: perGroup * product('most'),
    fanOut: (features / groups) * product('reach'),
  }
}

/** Taps that lie inside of all places, the most of one place, and the most places that one input reaches. */
function alongAxis(
  n: number,
  places: number,
  taps: number,
  stride: number,
  dilation: number,
  padding: number,
): { readonly pairs: number; readonly most: number; readonly reach: number } {
  const reached = new Int32Array(n)
  let [pairs, most] = [0, 0]
  for (let place = 0; place < places; place++) {
    let inside = 0
    for (let tap = 0; tap < taps; tap++) {
      const at = place * stride + tap * dilation - padding
      if (at < 0 || at >= n) continue
      inside++
      reached[at]!++
    }
    pairs += inside
    most = Math.max(most, inside)
  }
  return { pairs, most, reach: largest(reached) }
}

const largest = (values: Int32Array): number => values.reduce((a, b) => Math.max(a, b), 0)

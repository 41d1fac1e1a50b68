import { sizeOf, type Shape } from '@snn/tensor'
import type { Layer } from '@snn/nn'
import { filled, nirArray, type NirArray } from './array.js'

/** Arrays of a layer on the host, by the names of its Variables. */
export type Arrays = Readonly<Record<string, NirArray>>

/** A layer, with its arrays and the shapes of one sample before and behind it: all that its node is made of. */
export interface DescribedLayer<L extends Layer = Layer> {
  readonly name: string
  readonly layer: L
  readonly arrays: Arrays
  readonly input: Shape
  readonly output: Shape
}

/** The arrays of a layer. */
export async function arraysOf({ variables }: Layer): Promise<Arrays> {
  const entries = Object.entries(variables).map(
    async ([name, value]) => [name, nirArray(Float32Array.from(await value.data()), value.shape)] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

/** A parameter of neurons for each of them, by its Variable or the number in the configuration. */
export function parameterOf(
  { layer, arrays }: Pick<DescribedLayer, 'layer' | 'arrays'>,
  name: string,
  shape: Shape,
): NirArray {
  const own = arrays[name]
  return own ? broadcast(own, shape) : constant(Number(layer.config[name]), shape)
}

/** One value in every place; single precision where that holds it exactly. */
export function constant(value: number, shape: Shape): NirArray {
  return filled(value, shape, Math.fround(value) === value ? 'float32' : 'float64')
}

/** Each value changed. */
export function mapped(array: NirArray, change: (value: number) => number): NirArray {
  return nirArray(Float64Array.from(array.data, change), array.shape)
}

/** The values repeated along axes of size 1, and those in front, to `shape`. */
export function broadcast({ dtype, shape: own, data }: NirArray, shape: Shape): NirArray {
  const out = dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Float64Array(sizeOf(shape))
  const front = shape.length - own.length
  for (let i = 0; i < out.length; i++) {
    let at = 0
    let rest = i
    let stride = 1
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const place = rest % shape[axis]!
      rest = Math.floor(rest / shape[axis]!)
      const size = axis < front ? 1 : own[axis - front]!
      if (size !== 1) at += place * stride
      stride *= size
    }
    out[i] = data[at]!
  }
  return { dtype, shape, data: out }
}

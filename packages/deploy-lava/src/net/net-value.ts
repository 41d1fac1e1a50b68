import { checkArray, wrongArgument } from '@snn/tensor/library'

/**
 * Element types of numbers in a `.net` file. `bool` is what h5py makes of a NumPy bool: an HDF5 enumeration of FALSE
 * and TRUE in one byte.
 */
export type NetDType =
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'

/** Numbers of a `.net` file: `data` in row order (the last axis fastest), `shape` `[]` for a scalar. */
export interface NetTensor {
  readonly dtype: NetDType
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array
}

/** Text of a `.net` file: of a fixed number of bytes (`S10`), or of any length (`string`, UTF-8). */
export interface NetText {
  readonly dtype: 'string' | `S${number}`
  readonly shape: readonly number[]
  readonly text: readonly string[]
}

/** A data set of a `.net` file. */
export type NetValue = NetTensor | NetText

export const isText = (value: NetValue): value is NetText => 'text' in value

/**
 * Numbers as lava-dl writes them: weights and biases as float32, everything else as int64. `shape` defaults to one
 * axis.
 */
export function netTensor(
  dtype: NetDType,
  data: ArrayLike<number>,
  shape: readonly number[] = [data?.length],
): NetTensor {
  if (typeof data !== 'object' || typeof data?.length !== 'number')
    throw wrongArgument('netTensor', 'data', data, 'a list of numbers')
  checkArray('netTensor', shape, 'shape', 'a list of sizes')
  return { dtype, shape, data: dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data) }
}

/** A number as lava-dl stores one: an array without axes. */
export const netScalar = (value: number, dtype: NetDType = 'int64'): NetTensor => netTensor(dtype, [value], [])
/** The name of a kind of layer: an array of one string of 10 bytes. */
export const layerKindText = (kind: string): NetText => ({ dtype: 'S10', shape: [1], text: [kind] })
/** The name of a kind of neuron: a scalar string of any length. */
export const neuronKindText = (kind: string): NetText => ({ dtype: 'string', shape: [], text: [kind] })

import { checkArrayLike, checkMembers, checkObject } from '@snn/tensor/library'

/** How numbers are stored; `bool` as h5py does, an enumeration of FALSE and TRUE over a byte. */
export type Hdf5Number =
  | 'float16'
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
/** Strings of any length in UTF-8, or of a fixed number of bytes, padded with zeros. */
export type Hdf5Text = 'string' | `S${number}`
/** Element types that are read and written: numbers by their NumPy names, and strings. */
export type Hdf5Type = Hdf5Number | Hdf5Text

/** A data set or attribute in memory, in row order (the last axis fastest); shape []: a single value. */
export type Hdf5Values<T extends Hdf5Type = Hdf5Type> = T extends Hdf5Text
  ? { readonly type: T; readonly shape: readonly number[]; readonly data: readonly string[] }
  : { readonly type: T; readonly shape: readonly number[]; readonly data: Float32Array | Float64Array }

/** A group with all that is in it. */
export interface Hdf5Group<T extends Hdf5Type = Hdf5Type> {
  readonly attributes: ReadonlyMap<string, Hdf5Values<T>>
  readonly entries: ReadonlyMap<string, Hdf5Group<T> | Hdf5Dataset<T>>
}

/** A data set; `packed`: to be written in chunks by gzip. */
export type Hdf5Dataset<T extends Hdf5Type = Hdf5Type> = Hdf5Values<T> & { readonly packed?: boolean }

/** Whether an entry is a group, which holds others, and no values. */
export function isGroup<T extends Hdf5Type>(entry: Hdf5Group<T> | Hdf5Dataset<T>): entry is Hdf5Group<T> {
  checkMembers('isGroup', entry, 'entry', [], 'a group or values')
  return 'entries' in entry
}

/** Whether values are strings. */
export function isText(values: Hdf5Values): values is Hdf5Values<Hdf5Text> {
  checkMembers('isText', values, 'values', ['type'], 'values')
  return values.type.startsWith('S') || values.type === 'string'
}

/** A group of named things, to be written. */
export function group<T extends Hdf5Type>(
  entries: Readonly<Record<string, Hdf5Group<T> | Hdf5Dataset<T>>>,
  attributes: Readonly<Record<string, Hdf5Values<T>>> = {},
): Hdf5Group<T> {
  checkObject('group', entries, 'entries', 'groups and values by name')
  checkObject('group', attributes, 'attributes', 'values by name')
  return { entries: new Map(Object.entries(entries)), attributes: new Map(Object.entries(attributes)) }
}

/** Strings of this shape; without one, a single string. */
export function strings(data: string | readonly string[], shape: readonly number[] = []): Hdf5Values<'string'> {
  return { type: 'string', shape, data: typeof data === 'string' ? [data] : data }
}

/** Numbers of this shape; without one, a single number. */
export function numbers<T extends Hdf5Number>(
  type: T,
  data: number | ArrayLike<number>,
  shape: readonly number[] = [],
): { readonly type: T; readonly shape: readonly number[]; readonly data: Float32Array | Float64Array } {
  if (typeof data !== 'number') checkArrayLike('numbers', data, 'data')
  return {
    type,
    shape,
    data:
      typeof data === 'number' ? Float64Array.of(data) : data instanceof Float32Array ? data : Float64Array.from(data),
  }
}

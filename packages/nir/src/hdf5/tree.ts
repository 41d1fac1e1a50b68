/** How the elements of an HDF5 data set are stored: integers of 8 to 64 bits count as `int64`, halves as `float32`. */
export type Hdf5Type = 'float32' | 'float64' | 'int64' | 'bool' | 'string'

/** A data set or attribute in memory; no axes: a single value. */
export type Hdf5Values =
  | { readonly type: Exclude<Hdf5Type, 'string'>; readonly shape: readonly number[]; readonly data: Float32Array | Float64Array }
  | { readonly type: 'string'; readonly shape: readonly number[]; readonly data: readonly string[] }

/** A group of an HDF5 file in memory, with all that is in it. */
export interface Hdf5Group {
  readonly attributes: ReadonlyMap<string, Hdf5Values>
  readonly entries: ReadonlyMap<string, Hdf5Group | Hdf5Dataset>
}

/** A data set; `packed`: to be written in chunks by gzip. */
export type Hdf5Dataset = Hdf5Values & { readonly packed?: boolean }

export function isGroup(entry: Hdf5Group | Hdf5Dataset): entry is Hdf5Group {
  return 'entries' in entry
}

/** A group of named things, to be written. */
export function group(entries: Readonly<Record<string, Hdf5Group | Hdf5Dataset>>, attributes: Readonly<Record<string, Hdf5Values>> = {}): Hdf5Group {
  return { entries: new Map(Object.entries(entries)), attributes: new Map(Object.entries(attributes)) }
}

/** Strings of this shape; without one, a single string. */
export function strings(data: string | readonly string[], shape: readonly number[] = []): Hdf5Values {
  return { type: 'string', shape, data: typeof data === 'string' ? [data] : data }
}

/** Numbers of this shape; without one, a single number. */
export function numbers(type: 'float32' | 'float64' | 'int64' | 'bool', data: number | ArrayLike<number>, shape: readonly number[] = []): Hdf5Values {
  return { type, shape, data: typeof data === 'number' ? Float64Array.of(data) : data instanceof Float32Array ? data : Float64Array.from(data) }
}

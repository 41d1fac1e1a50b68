import { checkOptions } from '@snn/tensor/library'
import { checkTree } from './check-tree.js'
import { isGroup, isText, type Hdf5Dataset, type Hdf5Group, type Hdf5Number } from './tree.js'
import { bytesPerNumber, numberBytes } from './number-bytes.js'

/** A piece of a data set, of the size that all pieces of it have, packed. */
export interface Chunk {
  /** Of its first element. */
  readonly offsets: readonly number[]
  readonly bytes: Uint8Array
}

/** Pieces of the data sets that are to be written packed. */
export type Chunks = ReadonlyMap<Hdf5Dataset, { readonly shape: readonly number[]; readonly chunks: readonly Chunk[] }>

/**
 * The pieces of every data set of numbers that is marked `packed`, each deflated; for `writeTree`.
 *
 * @param chunkBytes  most bytes of a piece; default 2^16, about what h5py chooses
 */
export async function packedChunks(tree: Hdf5Group, options: { readonly chunkBytes?: number } = {}): Promise<Chunks> {
  checkTree('packedChunks', tree)
  checkOptions('packedChunks', options, ['chunkBytes'])
  const { chunkBytes = 2 ** 16 } = options
  return await packed(tree, chunkBytes)
}

async function packed(tree: Hdf5Group, chunkBytes: number): Promise<Chunks> {
  const found = new Map<Hdf5Dataset, { readonly shape: readonly number[]; readonly chunks: readonly Chunk[] }>()
  for (const entry of tree.entries.values()) {
    if (isGroup(entry)) for (const [inner, chunks] of await packed(entry, chunkBytes)) found.set(inner, chunks)
    else if (entry.packed && !isText(entry) && entry.shape.length > 0 && !entry.shape.includes(0))
      found.set(entry, await chunksOf(entry.type, entry.shape, entry.data, chunkBytes))
  }
  return found
}

async function chunksOf(
  type: Hdf5Number,
  shape: readonly number[],
  data: Float32Array | Float64Array,
  chunkBytes: number,
): Promise<{ readonly shape: readonly number[]; readonly chunks: readonly Chunk[] }> {
  const size = [...shape]
  const bytes = (): number => size.reduce((product, n) => product * n, bytesPerNumber[type])
  // The first axes are halved first, so that a chunk is a run of whole rows.
  for (let axis = 0; axis < size.length; axis++)
    while (bytes() > chunkBytes && size[axis]! > 1) size[axis] = Math.ceil(size[axis]! / 2)
  const chunks: Chunk[] = []
  const offsets = shape.map(() => 0)
  for (;;) {
    chunks.push({ offsets: [...offsets], bytes: await deflate(numberBytes(cut(data, shape, offsets, size), type)) })
    let axis = shape.length - 1
    while (axis >= 0 && (offsets[axis]! += size[axis]!) >= shape[axis]!) offsets[axis--] = 0
    if (axis < 0) return { shape: size, chunks }
  }
}

/** The elements of one chunk; zeros beyond the data. */
function cut(
  data: Float32Array | Float64Array,
  shape: readonly number[],
  offsets: readonly number[],
  size: readonly number[],
): Float64Array {
  const out = new Float64Array(size.reduce((product, n) => product * n, 1))
  const row = size.at(-1)!
  const width = Math.min(row, shape.at(-1)! - offsets.at(-1)!)
  const index = size.map(() => 0)
  for (let to = 0; to < out.length; to += row) {
    let [from, inside] = [0, true]
    for (let axis = 0; axis < shape.length; axis++) {
      const at = offsets[axis]! + index[axis]!
      inside &&= at < shape[axis]!
      from = from * shape[axis]! + at
    }
    if (inside) out.set(data.subarray(from, from + width), to)
    for (let axis = size.length - 2; axis >= 0 && ++index[axis]! === size[axis]; axis--) index[axis] = 0
  }
  return out
}

/** In zlib's form (RFC 1950), as HDF5's filter wants it. */
async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

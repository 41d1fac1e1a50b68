import type { Hdf5Module } from '@snn/hdf5'
import type { Dataset } from 'h5wasm'
import { invalid } from '../../invalid.js'
import { ecfEventBytes, mostEcfEvents, unpackEcf } from './ecf.js'
import { addFilter } from './hdf5-filter-library.js'

/** Filters that the library itself has: deflate, shuffle, fletcher32, szip, n-bit, scale-offset. */
const builtIn = new Set([1, 2, 3, 4, 5, 6])
/** Those that h5wasm-plugins has, by the number that is registered for them, with the name of their file. */
const plugins: Readonly<Record<number, readonly [title: string, name: string]>> = {
  307: ['bzip2', 'bz2'],
  32000: ['LZF', 'lzf'],
  32001: ['Blosc', 'blosc'],
  32004: ['LZ4', 'lz4'],
  32015: ['Zstandard', 'zstd'],
}
/** Prophesee's own coding of events, which is unpacked here. */
const ecf = 36559

/** Gets the file `libH5Z${name}.so` of the package h5wasm-plugins. */
export type LoadHdf5Filter = (name: string) => Promise<Uint8Array>

/** Thrown where data are packed by a filter that is to be loaded first. */
export class FilterNeeded {
  constructor(readonly id: number) {}
}

const folder = '/snn-hdf5-filters'
const loaded = new WeakMap<Hdf5Module, Set<number>>()
/** The chunks of ECF that are read next, and what was wrong with one. */
const chunks: { least: number; most: number; file: string; fault: unknown } = {
  least: 0,
  most: 0,
  file: '',
  fault: undefined,
}

/**
 * Throws `FilterNeeded` for a filter that can be loaded and is not yet, and `DATA_INVALID` for one that cannot. To be
 * called before data are read.
 */
export function checkFilters(module: Hdf5Module, { filters, metadata }: Dataset, path: string, file: string): void {
  for (const { id, name } of filters) {
    if (builtIn.has(id)) continue
    if (id === ecf) {
      const [most = Infinity, ...more] = metadata.chunks ?? []
      if (metadata.size !== ecfEventBytes || more.length > 0 || most > mostEcfEvents) {
        throw invalid(
          'hdf5',
          file,
          `${path} is packed by Prophesee's ECF (${ecf}) in chunks of ${metadata.chunks?.join(' x ')} of ${metadata.size} bytes, expected at most ${mostEcfEvents} events of ${ecfEventBytes} bytes.`,
        )
      }
      // The last chunk may end with the data set.
      const least = (((metadata.shape?.[0] ?? 0) - 1) % most) + 1
      Object.assign(chunks, { least, most, file })
    }
    if (loaded.get(module)?.has(id)) continue
    if (plugins[id] || id === ecf) throw new FilterNeeded(id)
    throw invalid(
      'hdf5',
      file,
      `${path} is packed by ${name || 'a filter'} (${id}), which cannot be unpacked here. Repack it where that filter is installed: h5repack -f GZIP=4 IN OUT.`,
    )
  }
}

/** The `DATA_INVALID` for which a chunk could not be unpacked here, once; undefined where that is not so. */
export function takeFault(): unknown {
  const { fault } = chunks
  chunks.fault = undefined
  return fault
}

function unpackChunk(packed: Uint8Array): Uint8Array | undefined {
  try {
    return unpackEcf(packed, chunks.least, chunks.most, 'hdf5', chunks.file)
  } catch (error) {
    chunks.fault = error
    return undefined
  }
}

/** Loads a filter. Throws `DATA_INVALID`, which says what to do, where its file is not to be had. */
export async function loadFilter(
  module: Hdf5Module,
  id: number,
  file: string,
  load: LoadHdf5Filter = fetchFilter,
): Promise<void> {
  const bytes = id === ecf ? undefined : await filterBytes(id, file, load)
  const filters = loaded.get(module)
  if (!filters) {
    module.FS.mkdirTree(folder)
    module.insert_plugin_search_path(folder, 0)
  }
  if (bytes) module.FS.writeFile(`${folder}/libH5Z${plugins[id]![1]}.so`, bytes)
  else addFilter(module, id, folder, unpackChunk)
  loaded.set(module, (filters ?? new Set()).add(id))
}

async function filterBytes(id: number, file: string, load: LoadHdf5Filter): Promise<Uint8Array> {
  const [title, name] = plugins[id]!
  return load(name).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw invalid(
      'hdf5',
      file,
      `packed by ${title} (${id}), whose filter cannot be loaded (${why}). In Node read it with @snn/datasets/node, elsewhere give { filter } that gets libH5Z${name}.so of h5wasm-plugins; or repack the file: h5repack -f GZIP=4 IN OUT.`,
      undefined,
      error,
    )
  })
}

/** From where the package lies, in browsers. */
async function fetchFilter(name: string): Promise<Uint8Array> {
  // @ts-expect-error the package has no types
  const { base_url: base } = (await import('h5wasm-plugins')) as { base_url: string }
  const response = await fetch(`${base}/plugins/libH5Z${name}.so`)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

import { invalid } from '../../invalid.js'

/** The compiled library. */
export type H5Module = Awaited<typeof import('h5wasm').ready>

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
/** Prophesee's own coding of events, of which there is no build for WebAssembly. */
const ecf = 36559

/** Gets the file `libH5Z${name}.so` of the package h5wasm-plugins. */
export type LoadHdf5Filter = (name: string) => Promise<Uint8Array>

/** Thrown where data are packed by a filter that is to be loaded first. */
export class FilterNeeded {
  constructor(readonly id: number) {}
}

const folder = '/snn-hdf5-filters'
const loaded = new WeakMap<H5Module, Set<number>>()

/** Throws `FilterNeeded` for a filter that can be loaded and is not yet, and `DATA_INVALID` for one that cannot. */
export function checkFilters(module: H5Module, used: readonly { readonly id: number; readonly name?: string }[], path: string, file: string): void {
  for (const { id, name } of used) {
    if (builtIn.has(id) || loaded.get(module)?.has(id)) continue
    if (plugins[id]) throw new FilterNeeded(id)
    const [title, fix] =
      id === ecf
        ? ["Prophesee's ECF", 'Repack it where their plugin is installed (h5repack -f GZIP=4 IN OUT), or record as RAW or convert it to DAT with their tools']
        : [name || 'a filter', 'Repack it where that filter is installed: h5repack -f GZIP=4 IN OUT']
    throw invalid('hdf5', file, `${path} is packed by ${title} (${id}), which cannot be unpacked here. ${fix}.`)
  }
}

/** Loads a filter. Throws `DATA_INVALID`, which says what to do, where its file is not to be had. */
export async function loadFilter(module: H5Module, id: number, file: string, load: LoadHdf5Filter = fetchFilter): Promise<void> {
  const [title, name] = plugins[id]!
  const bytes = await load(name).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw invalid('hdf5', file, `packed by ${title} (${id}), whose filter cannot be loaded (${why}). In Node read it with @snn/datasets/node, elsewhere give { filter } that gets libH5Z${name}.so of h5wasm-plugins; or repack the file: h5repack -f GZIP=4 IN OUT.`, undefined, error)
  })
  const filters = loaded.get(module)
  if (!filters) {
    module.FS.mkdirTree(folder)
    module.insert_plugin_search_path(folder, 0)
  }
  module.FS.writeFile(`${folder}/libH5Z${name}.so`, bytes)
  loaded.set(module, (filters ?? new Set()).add(id))
}

/** From where the package lies, in browsers. */
async function fetchFilter(name: string): Promise<Uint8Array> {
  // @ts-expect-error the package has no types
  const { base_url: base } = (await import('h5wasm-plugins')) as { base_url: string }
  const response = await fetch(`${base}/plugins/libH5Z${name}.so`)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

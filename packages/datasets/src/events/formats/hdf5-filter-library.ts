import type { Hdf5Module } from '@snn/hdf5'

/**
 * Adds a filter to HDF5 whose work `unpack` does. HDF5 gets its filters from libraries of WebAssembly in `folder`: this
 * one calls back by writing its arguments to a file, behind which `unpack` stands. Where that gives nothing, HDF5
 * throws.
 */
export function addFilter(
  module: Hdf5Module,
  id: number,
  folder: string,
  unpack: (packed: Uint8Array) => Uint8Array | undefined,
): void {
  const { FS } = module
  const memory = module as unknown as Memory
  const { _realloc: realloc } = memory
  /** Words of 32 bits at an address of now: memory may grow. */
  const words = (address: number, count: number): Uint32Array => new Uint32Array(memory.HEAPU8.buffer, address, count)
  const path = `${folder}/calls-${id}`
  FS.writeFile(path, new Uint8Array(0))
  const { node } = FS.lookupPath(path, {}) as unknown as { node: { stream_ops: object } }
  node.stream_ops = {
    ...node.stream_ops,
    write(_stream: unknown, _heap: unknown, address: number): number {
      const [bytes, size, chunk] = words(address, 3) as unknown as [number, number, number]
      const from = words(chunk, 1)[0]!
      const unpacked = unpack(memory.HEAPU8.subarray(from, from + bytes))
      const to = unpacked ? realloc(from, unpacked.length) : 0
      if (!unpacked || to === 0) return 0
      memory.HEAPU8.set(unpacked, to)
      words(chunk, 1)[0] = to
      words(size, 1)[0] = unpacked.length
      return unpacked.length
    },
  }
  const { fd } = FS.open(path, 'r+') as unknown as { fd: number }
  FS.writeFile(`${folder}/libH5Zcalls${id}.so`, filterLibrary(id, fd))
}

/** What the types of the library leave out. */
interface Memory {
  readonly HEAPU8: Uint8Array
  readonly _realloc: (address: number, size: number) => number
}

/**
 * A WebAssembly library as Emscripten links it at run time
 * (https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md), with the filter `id`, which calls back
 * by the open file `fd`:
 *
 * ```c
 * struct { H5Z_class2_t filter; size_t bytes, *size; void **chunk; ciovec io; size_t result; } m = { { 1, id, 0, 1 } };
 * int H5PLget_plugin_type(void) { return 0; }
 * const void *H5PLget_plugin_info(void) { m.filter.name = ""; m.filter.filter = call; return &m; }
 * size_t call(unsigned flags, size_t n, const unsigned *values, size_t bytes, size_t *size, void **chunk) {
 *   m.bytes = bytes; m.size = size; m.chunk = chunk; m.io = (ciovec){ &m.bytes, 12 }; m.result = 0;
 *   fd_write(fd, &m.io, 1, &m.result);
 *   return m.result;
 * }
 * ```
 */
function filterLibrary(id: number, fd: number): Uint8Array<ArrayBuffer> {
  // Of m: name at 16, filter at 28, bytes at 32, size at 36, chunk at 40, io at 44, result at 52, an empty name at 56.
  const m = [1, id, 0, 1, ...Array<number>(11).fill(0)].flatMap((word) =>
    [0, 8, 16, 24].map((shift) => (word >>> shift) & 255),
  )
  const constant = (value: number): Code => [0x41, leb(value)]
  const argument = (index: number): Code => [0x20, index]
  const address = (offset: number): Code => [memoryBase, constant(offset), 0x6a] // add
  const store = (offset: number, value: Code): Code => [memoryBase, value, 0x36, 2, offset]
  const load = (offset: number): Code => [memoryBase, 0x28, 2, offset]
  const writeAndDrop = [0x10, 0, 0x1a]
  const pluginType = constant(0)
  const pluginInfo = [store(16, address(56)), store(28, tableBase), memoryBase]
  const call = [
    [store(32, argument(3)), store(36, argument(4)), store(40, argument(5))],
    [store(44, address(32)), store(48, constant(12)), store(52, constant(0))],
    [constant(fd), address(44), constant(1), address(52), writeAndDrop],
    load(52),
  ]
  return Uint8Array.from(
    numbers([
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(0, [text('dylink.0'), section(1, [m.length, 2, 1, 0])]), // room in memory and table, each with the power of 2 that it is aligned to
      section(1, list([functionType(4, 1), functionType(0, 1), functionType(6, 1)])),
      section(
        2,
        list([
          imported('memory', [2, 0, 0]),
          imported('__indirect_function_table', [1, 0x70, 0, 0]),
          imported('__memory_base', [3, i32, 0]),
          imported('__table_base', [3, i32, 0]),
          imported('fd_write', [0, 0]),
        ]),
      ),
      section(3, list([1, 1, 2])),
      section(
        7,
        list([
          [text('H5PLget_plugin_type'), 0, 1],
          [text('H5PLget_plugin_info'), 0, 2],
        ]),
      ),
      section(9, list([[0, tableBase, end, list([3])]])),
      section(10, list([pluginType, pluginInfo, call].map((body) => sized([0, body, end])))),
      section(11, list([[0, memoryBase, end, sized(m)]])),
    ]),
  )
}

/** Bytes of WebAssembly, in any nesting. */
type Code = number | readonly Code[]
const i32 = 0x7f
const end = 0x0b
const memoryBase: Code = [0x23, 0]
const tableBase: Code = [0x23, 1]

const numbers = (code: Code): number[] => (typeof code === 'number' ? [code] : code.flatMap(numbers))
/** A number from 0 to 8191 as LEB128, the same with a sign and without. */
function leb(value: number): Code {
  return value < 64 ? value : [(value & 127) | 128, value >>> 7]
}

const sized = (code: Code): Code => [leb(numbers(code).length), code]
const section = (kind: number, code: Code): Code => [kind, sized(code)]
const list = (items: readonly Code[]): Code => [leb(items.length), items]
const text = (name: string): Code => sized([...new TextEncoder().encode(name)])
const imported = (name: string, what: Code): Code => [text('env'), text(name), what]
const functionType = (parameters: number, results: number): Code => [
  0x60,
  list(Array<Code>(parameters).fill(i32)),
  list(Array<Code>(results).fill(i32)),
]

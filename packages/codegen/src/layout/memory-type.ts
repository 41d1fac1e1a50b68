/** The memory that all kernels of a backend work on. */
export interface MemoryType {
  /** Whether threads share it. */
  readonly isShared: boolean
  /** Whether its addresses have 64 bits; default 32, which reach 4 GiB. */
  readonly is64?: boolean
}

/** Most pages of 64 KiB that runtimes let a memory have. */
export function mostPages({ is64 }: Pick<MemoryType, 'is64'>): number {
  return is64 ? 2 ** 18 : 2 ** 16
}

/** A memory of `pages` pages, which can grow. Throws a TypeError where the runtime has none with 64-bit addresses. */
export function createMemory(type: MemoryType, pages = 1): WebAssembly.Memory {
  const limits = { initial: pages, maximum: mostPages(type), shared: type.isShared }
  if (!type.is64) return new WebAssembly.Memory(limits)
  return new WebAssembly.Memory({
    ...limits,
    address: 'i64',
    initial: BigInt(pages),
    maximum: BigInt(limits.maximum),
  } as unknown as WebAssembly.MemoryDescriptor)
}

/** Words of arguments, as a caller writes them: a float64 holds every address. */
export type ArgumentArray = Float64Array | Uint32Array

interface ArgumentArrayConstructor {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArgumentArray
}

/** What words of arguments are written with. */
export function argumentArray({ is64 }: Pick<MemoryType, 'is64'>): ArgumentArrayConstructor {
  return is64 ? Float64Array : Uint32Array
}

import { withWideAddresses } from './wide-addresses.js'

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
  return new WebAssembly.Memory({ ...limits, address: 'i64', initial: BigInt(pages), maximum: BigInt(limits.maximum) } as unknown as WebAssembly.MemoryDescriptor)
}

/** In what array a caller writes the words of arguments. */
export function argumentArray({ is64 }: Pick<MemoryType, 'is64'>): typeof Float64Array | typeof Uint32Array {
  return is64 ? Float64Array : Uint32Array
}

/** A module over the memory `memory.memory`; its fields are printed for 32-bit addresses. */
export function printModule(memory: MemoryType, fields: readonly string[]): string {
  const limits = memory.isShared ? `1 ${mostPages(memory)} shared` : '0'
  const text = ['(module', `(import "memory" "memory" (memory ${memory.is64 ? 'i64 ' : ''}${limits}))`, ...fields].join('\n') + ')'
  return memory.is64 ? withWideAddresses(text) : text
}

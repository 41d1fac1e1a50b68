import { createMemory, mostPages, type MemoryType } from '@snn/codegen'

/** A range of the memory. */
export interface Region {
  readonly offset: number
  readonly bytes: number
}

const pageBytes = 2 ** 16

/** Most bytes that 32-bit addresses reach, in whole pages. */
export const narrowBytes = 2 ** 32 - pageBytes

/** Most bytes that there can be with 64-bit addresses: 16 GiB. */
export const wideBytes = pageBytes * mostPages({ is64: true })

/** Regions begin on cache lines. */
const alignment = 64

function alignUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment
}

/**
 * The memory that generated kernels work on: one growing WebAssembly memory, and who has which part of it. What is free
 * is kept in order, and neighbours are merged.
 */
export class Memory implements MemoryType {
  readonly is64: boolean
  readonly wasm: WebAssembly.Memory
  /** Address 0 stays free, so that it can mean nothing. */
  #end = alignment
  readonly #free: Region[] = []

  /**
   * A limit that 32-bit addresses do not reach makes it one with 64-bit addresses: a TypeError where the runtime has
   * none.
   */
  constructor(
    readonly isShared: boolean,
    readonly limit: number,
  ) {
    this.is64 = limit > narrowBytes
    this.wasm = createMemory(this)
  }

  /** Asked for anew after every growth, which may replace it. */
  get buffer(): ArrayBufferLike {
    return this.wasm.buffer
  }

  /** The lowest free range. Throws a RangeError when there is none within the limit. */
  allocate(bytes: number): Region {
    const size = alignUp(Math.max(bytes, 1))
    const at = this.#free.findIndex((region) => region.bytes >= size)
    const found = this.#free[at]
    if (found) {
      this.#free.splice(
        at,
        1,
        ...(found.bytes > size ? [{ offset: found.offset + size, bytes: found.bytes - size }] : []),
      )
      return { offset: found.offset, bytes: size }
    }
    const last = this.#free.at(-1)
    const offset = last && last.offset + last.bytes === this.#end ? last.offset : this.#end
    if (offset + size > this.limit) throw new RangeError(`${offset + size} bytes`)
    // a kernel may read a few bytes more than there are
    const missing = offset + size + alignment - this.buffer.byteLength
    if (missing > 0) this.#grow(Math.ceil(missing / pageBytes))
    if (offset !== this.#end) this.#free.pop()
    this.#end = offset + size
    return { offset, bytes: size }
  }

  #grow(pages: number): void {
    // addresses of 64 bits are a BigInt in JavaScript
    this.wasm.grow((this.is64 ? BigInt(pages) : pages) as number)
  }

  free(region: Region): void {
    let at = this.#free.findIndex(({ offset }) => offset > region.offset)
    if (at < 0) at = this.#free.length
    let { offset, bytes } = region
    const after = this.#free[at]
    const before = this.#free[at - 1]
    let [from, count] = [at, 0]
    if (after && offset + bytes === after.offset) {
      bytes += after.bytes
      count++
    }
    if (before && before.offset + before.bytes === offset) {
      offset = before.offset
      bytes += before.bytes
      from--
      count++
    }
    this.#free.splice(from, count, { offset, bytes })
  }
}

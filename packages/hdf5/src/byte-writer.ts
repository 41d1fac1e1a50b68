/** Bytes that grow, little-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  add(more: ArrayLike<number>): void {
    const at = this.zeros(more.length)
    this.#bytes.set(more, at)
  }

  raw(...more: readonly number[]): void {
    this.add(more)
  }

  text(text: string): void {
    this.add(new TextEncoder().encode(text))
  }

  /** Adds zeros, and gives where they begin. */
  zeros(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length))
      wider.set(this.#bytes)
      this.#bytes = wider
    }
    return at
  }

  /** Adds zeros up to a multiple of 8, and gives the length. */
  align(): number {
    this.zeros((8 - (this.#length % 8)) % 8)
    return this.#length
  }

  uint16(value: number): void {
    this.raw(value & 255, value >> 8)
  }

  uint32(value: number): void {
    this.raw(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24)
  }

  /** 2^64 stands for all bits. */
  uint64(value: number): void {
    this.setUint64(this.zeros(8), value)
  }

  uint64s(...values: readonly number[]): void {
    for (const value of values) this.uint64(value)
  }

  setUint64(at: number, value: number): void {
    const bits = value === 2 ** 64 ? 2n ** 64n - 1n : BigInt(value)
    new DataView(this.#bytes.buffer).setBigUint64(at, bits, true)
  }
}

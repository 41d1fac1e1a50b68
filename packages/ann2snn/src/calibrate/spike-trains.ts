/** Spikes of a layer, each -1, 0 or 1, four to a byte. */
export interface SpikeTrain {
  readonly length: number
  readonly packed: Uint8Array
}

/** 00: none, 01: one, 10: one of negative sign. */
const decoded: readonly (readonly [number, number, number, number])[] = Array.from({ length: 256 }, (_, byte) => {
  const one = (shift: number): number => [0, 1, -1, 0][(byte >> shift) & 3]!
  return [one(0), one(2), one(4), one(6)] as const
})

const code = (value: number): number => (value > 0 ? 1 : value < 0 ? 2 : 0)

/** Of each of `values[start] .. values[end - 1]` the sign alone. */
export function packSpikes(values: ArrayLike<number>, start: number, end: number): SpikeTrain {
  const length = end - start
  const packed = new Uint8Array(Math.ceil(length / 4))
  const whole = length >> 2
  let i = start
  for (let byte = 0; byte < whole; byte++, i += 4) packed[byte] = code(values[i]!) | (code(values[i + 1]!) << 2) | (code(values[i + 2]!) << 4) | (code(values[i + 3]!) << 6)
  for (let rest = 0; i < end; i++, rest += 2) packed[whole]! |= code(values[i]!) << rest
  return { length, packed }
}

/** Writes the spikes to `to` from `at` on. */
export function unpackSpikes({ length, packed }: SpikeTrain, to: Float32Array, at: number): void {
  const whole = length >> 2
  let i = at
  for (let byte = 0; byte < whole; byte++, i += 4) {
    const four = decoded[packed[byte]!]!
    to[i] = four[0]
    to[i + 1] = four[1]
    to[i + 2] = four[2]
    to[i + 3] = four[3]
  }
  for (let rest = 0; i < at + length; i++, rest++) to[i] = decoded[packed[whole]!]![rest]!
}

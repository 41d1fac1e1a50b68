/** What Philox computes with: words of 32 bits without sign. */
export interface WordOperations<V> {
  readonly number: (value: number) => V
  readonly add: (x: V, y: V) => V
  readonly xor: (x: V, y: V) => V
  /** Both words of the product. */
  readonly product: (x: V, y: V) => { readonly low: V; readonly high: V }
}

type Four<V> = readonly [V, V, V, V]

/**
 * Philox4x32 with ten rounds (Salmon et al. 2011), on words of whatever kind: the four random words for a counter.
 * Element i of the numbers of a `random` is word i % 4 for the counter [floor(i / 4), 0, offset, 0], as the float32
 * (word >> 8) 2^-24.
 */
export function philox<V>(
  { number, add, xor, product }: WordOperations<V>,
  counter: Four<V>,
  key: readonly [V, V],
): Four<V> {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [first, second] = [product(c0, number(0xd2511f53)), product(c2, number(0xcd9e8d57))]
    ;[c0, c1, c2, c3] = [xor(xor(second.high, c1), k0), second.low, xor(xor(first.high, c3), k1), first.low]
    ;[k0, k1] = [add(k0, number(0x9e3779b9)), add(k1, number(0xbb67ae85))]
  }
  return [c0, c1, c2, c3]
}

/** A word as a number in [0, 1): without its lowest bits, times the factor. */
export const uniformBits = { shift: 8, factor: 2 ** -24 } as const

/**
 * `count` numbers in [0, 1) that look random: the finalizer of MurmurHash3 (Appleby 2011) of the index. `serve.py`
 * makes the same, so that both sides of a comparison work on equal data.
 */
export function numbers(count: number, key: number): Float32Array {
  const out = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let h = i + Math.imul(key + 1, 0x9e3779b9)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    // 24 bits: float32 holds them exactly
    out[i] = ((h ^ (h >>> 16)) >>> 8) / 2 ** 24
  }
  return out
}

/** The same in [-limit, limit). */
export function symmetric(count: number, key: number, limit: number): Float32Array {
  return numbers(count, key).map((x) => (2 * x - 1) * limit)
}

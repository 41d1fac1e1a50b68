/** A small seeded generator (mulberry32): whole numbers below `n`. */
export function randomInts(seed: number): (n: number) => number {
  let state = seed >>> 0
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n)
  }
}

/**
 * A damaged copy: truncated, with flipped bits, with a part spliced in from elsewhere in the file, or with a varint blown up (a
 * length, a size, an enumeration). Most damage is done near an end, where the structure of small-weight files lies.
 */
export function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const below = randomInts(seed)
  const place = (): number => (below(4) === 0 ? below(bytes.length) : below(2) === 0 ? below(Math.min(bytes.length, 4096)) : bytes.length - 1 - below(Math.min(bytes.length, 4096)))
  switch (below(4)) {
    case 0: return bytes.slice(0, place())
    case 1: {
      const out = bytes.slice()
      for (let i = 1 + below(8); i > 0; i--) out[place()]! ^= 1 << below(8)
      return out
    }
    case 2: {
      const [from, to, length] = [place(), place(), 1 + below(64)]
      const part = bytes.subarray(from, from + length)
      return concat(bytes.subarray(0, to), part, bytes.subarray(to + (below(2) ? part.length : 0)))
    }
    default: {
      const at = place()
      const huge = [0xff, 0xff, 0xff, 0xff, 0x07].slice(below(4))
      return concat(bytes.subarray(0, at), Uint8Array.from(huge), bytes.subarray(at + 1 + below(huge.length)))
    }
  }
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Gives the next number in [0, 1). */
export type Random = () => number

/** Numbers in [0, 1) from a seed: splitmix32, for orders, samples and noise of data. */
export function uniform(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
}

/** 0 to length - 1 in an order that `seed` and `stream` fix (Fisher-Yates). */
export function permutation(length: number, seed: number, stream = 0): number[] {
  const next = uniform(Math.imul(seed, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35))
  const order = Array.from({ length }, (_, i) => i)
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

/** Numbers in [0, 1) that `seed` and `draw` (whole numbers to 2^53) fix. */
export function randomStream(seed: number, draw: number): Random {
  const mixed = uniform(
    Math.imul(seed, 0x85ebca6b) ^
      Math.imul(draw % 2 ** 32, 0xc2b2ae35) ^
      Math.imul(Math.floor(draw / 2 ** 32), 0x27d4eb2f),
  )
  return uniform(Math.floor(mixed() * 2 ** 32))
}

/** Numbers of mean 0 and variance 1 (Box and Muller 1958). */
export function normalFrom(random: Random): Random {
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

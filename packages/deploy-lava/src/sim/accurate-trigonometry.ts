/**
 * Sine, cosine and arc tangent, rounded correctly. Decays of resonators are cut to integers right beside integers, so
 * that the last bit of a double decides; JavaScript's own functions are off in it for one angle in four, the C library
 * that NumPy uses for one in two hundred.
 */
const bits = 160n
const one = 1n << bits

/** x as a whole number of 2^-160. Exact for 2^-100 < |x| < 4. */
const toFixed = (x: number): bigint => BigInt(x * 2 ** 156) << (bits - 156n)
/** The nearest double. */
const toNumber = (x: bigint): number => Number(x) / 2 ** 160

/** Taylor series of cos and sin, for |x| < 4. */
function series(x: bigint): { readonly cos: bigint; readonly sin: bigint } {
  const sums = [0n, 0n]
  let term = one
  for (let n = 0n; term !== 0n && term !== -1n; n++) {
    sums[Number(n % 2n)]! += n % 4n < 2n ? term : -term
    term = ((term * x) >> bits) / (n + 1n)
  }
  return { cos: sums[0]!, sin: sums[1]! }
}

/** |x| < 4. */
export const sin = (x: number): number => toNumber(series(toFixed(x)).sin)
/** |x| < 4. */
export const cos = (x: number): number => toNumber(series(toFixed(x)).cos)

/** One step of Newton from JavaScript's own. */
export function atan2(y: number, x: number): number {
  if (x === 0 && y === 0) return 0
  const near = toFixed(Math.atan2(y, x))
  const { cos: c, sin: s } = series(near)
  const [fixedY, fixedX] = [toFixed(y), toFixed(x)]
  return toNumber(near + ((fixedY * c - fixedX * s) << bits) / (fixedX * c + fixedY * s))
}

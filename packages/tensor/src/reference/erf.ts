const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI)

/**
 * The error function 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x, to within 1e-15.
 *
 *   |x| <= 2   erf x = 2 / sqrt(pi) exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ..), whose terms all have one sign
 *   |x| >  2   1 - erfc x = 1 - exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / (x + ..))))
 *
 * (Abramowitz and Stegun 1964, 7.1.6 and 7.1.14.)
 */
export function erf(x: number): number {
  const a = Math.abs(x)
  if (a > 6) return Math.sign(x)
  if (a > 2) {
    let fraction = a
    for (let k = 100; k > 0; k--) fraction = a + k / 2 / fraction
    return Math.sign(x) * (1 - (Math.exp(-a * a) * TWO_OVER_ROOT_PI) / 2 / fraction)
  }
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum
}

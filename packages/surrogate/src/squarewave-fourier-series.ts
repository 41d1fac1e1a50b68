import type { Tensor } from '@snn/tensor'
import { defineSurrogate } from './define-surrogate.js'

/**
 * The first n - 1 terms of the Fourier series of a square wave of `period` (defaults 2 and 8), with m = 1, 3, .. 2 n -
 * 3:
 *
 *   primitive   1/2 + (2 / pi) sum_m sin(2 pi m x / period) / m
 *   derivative  (4 / period) sum_m cos(2 pi m x / period)
 */
export const squarewaveFourierSeries = defineSurrogate('squarewaveFourierSeries', {
  parameters: { period: 8 },
  within: { period: [0, Infinity], n: [1, Infinity] },
  settings: { n: 2 },
  primitive: (x, { period }, { n }) =>
    sum(x, n, (m) =>
      x
        .mul(period.pow(-1).mul(2 * Math.PI * m))
        .sin()
        .div(m),
    )
      .mul(2 / Math.PI)
      .add(0.5),
  derivative: (x, { period }, { n }) =>
    sum(x, n, (m) => x.mul(period.pow(-1).mul(2 * Math.PI * m)).cos()).mul(period.pow(-1).mul(4)),
})

function sum(x: Tensor, n: number, term: (m: number) => Tensor): Tensor {
  let total = x.mul(0)
  for (let i = 1; i < n; i++) total = total.add(term(2 * i - 1))
  return total
}

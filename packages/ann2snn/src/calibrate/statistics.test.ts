import { describe, expect, it } from 'vitest'
import { random } from '../../test/networks.js'
import { Histogram } from './statistics.js'

describe('Histogram', () => {
  it('has the quantiles of all positive values, whatever order and range they come in', () => {
    const histogram = new Histogram()
    const all: number[] = []
    for (const [i, gain] of [0.01, 3, 0.5, 40, 7].entries()) {
      const values = random(5000, i + 1).map((x) => Math.max(0, x) ** 2 * gain)
      histogram.add(values)
      all.push(...values.filter((x) => x > 0))
    }
    all.sort((a, b) => a - b)
    expect(histogram.maximum).toBe(all.at(-1))
    expect(histogram.quantile(1)).toBe(all.at(-1))
    for (const q of [0.3, 0.6, 0.9, 0.99, 0.999]) {
      const exact = all[Math.ceil(q * all.length) - 1]!
      expect(Math.abs(histogram.quantile(q) - exact)).toBeLessThanOrEqual(40 / 1024)
    }
  })

  it('does not let zeros decide, however many', () => {
    const histogram = new Histogram()
    histogram.add(new Float32Array(100_000))
    histogram.add(Float32Array.of(1, 2, 3, 4))
    expect(histogram.quantile(0.5)).toBeCloseTo(2, 2)
    expect(histogram.quantile(0.999)).toBe(4)
  })

  it('is zero where all values are, and takes a part of an array', () => {
    const histogram = new Histogram()
    histogram.add(new Float32Array(10))
    expect([histogram.maximum, histogram.quantile(0.999)]).toEqual([0, 0])
    histogram.add(Float32Array.of(9, 1, 2, 9), 1, 3)
    expect(histogram.maximum).toBe(2)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atan2, cos, sin } from './accurate-trigonometry.js'

describe('trigonometry to the last bit', () => {
  it('is as mpmath 1.3.0 rounds', () => {
    // The nearest doubles, computed with 200 bits.
    expect([sin(0.5), cos(0.5), sin(3), cos(3), sin(-2.5)]).toEqual([
      0.479425538604203, 0.8775825618903728, 0.1411200080598672, -0.9899924966004454, -0.5984721441039565,
    ])
    expect([atan2(1, 2), atan2(-3, -4), atan2(0, -1), atan2(0, 1), atan2(0, 0)]).toEqual([
      0.4636476090008061,
      -2.498091544796509,
      Math.PI,
      0,
      0,
    ])
  })

  it('is within one last bit of JavaScript', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4096, max: 4096 }), fc.integer({ min: -4096, max: 4096 }), (y, x) => {
        fc.pre(x !== 0 || y !== 0)
        const angle = atan2(y / 4096, x / 4096)
        expect(Math.abs(angle - Math.atan2(y, x))).toBeLessThanOrEqual(2 ** -51)
        expect(Math.abs(sin(angle) - Math.sin(angle))).toBeLessThanOrEqual(2 ** -52)
        expect(Math.abs(cos(angle) - Math.cos(angle))).toBeLessThanOrEqual(2 ** -52)
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { erf } from './erf.js'

// From the power series, summed with 60 digits by Python's decimal module.
const table: [number, number][] = [
  [0, 0],
  [1e-10, 1.128379167095513e-10],
  [0.1, 0.1124629160182848984047123],
  [0.5, 0.5204998778130465376827467],
  [0.9, 0.7969082124228321396646662],
  [1.5, 0.9661051464753107270669763],
  [1.99, 0.9951114131996169970473154],
  [2, 0.9953222650189527341620693],
  [2.01, 0.9955248493552482370797929],
  [2.5, 0.9995930479825550410604358],
  [3, 0.9999779095030014145586272],
  [4, 0.9999999845827420997199811],
  [5.5, 0.999999999999992642152082],
]

describe('erf', () => {
  it.each(table)('of %f', (x, expected) => {
    expect(Math.abs(erf(x) - expected)).toBeLessThanOrEqual(1e-15 * Math.max(expected, 1e-10))
    expect(erf(-x)).toBe(-erf(x))
  })
  it('reaches 1, and keeps NaN', () => {
    expect(erf(7)).toBe(1)
    expect(erf(-Infinity)).toBe(-1)
    expect(erf(NaN)).toBeNaN()
  })
})

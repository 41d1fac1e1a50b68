import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkGradient, contract, gradientOf } from '../../test/finite-difference.js'
import { gradientTests, type Sample } from '../../test/gradient-samples.js'
import { grad } from '../grad.js'
import { interpret } from '../interpret.js'
import { customGradient } from '../ops/elementwise.js'
import { placeholder } from '../ops/leaf.js'
import { referenceKernels } from '../reference/kernels.js'
import { given } from '../testing/case.js'
import type { Primitive } from '../primitive.js'
import type { Tensor } from '../tensor.js'
import { gradientRules } from './gradient.js'

const loss =
  (sample: Sample) =>
  (...inputs: Tensor[]): Tensor =>
    contract(sample.build(...inputs))

describe.each(Object.entries(gradientTests))('gradient of %s', (primitive, test) => {
  const rule = gradientRules[primitive as Primitive]
  if (test === 'none') {
    it('has none', () => expect(rule).toBe('none'))
    return
  }
  it('has one', () => expect(rule).not.toBe('none'))
  it('agrees with finite differences', () => {
    fc.assert(
      fc.property(test.samples, (sample) => checkGradient(loss(sample), sample.inputs, sample.precision)),
      { numRuns: 40 },
    )
  })
  if (!test.smooth) return
  it('has a gradient that agrees with finite differences', () => {
    fc.assert(
      fc.property(test.samples, (sample) =>
        checkGradient(gradientOf(loss(sample)), sample.inputs, { tolerance: 1e-5, ...sample.precision }),
      ),
      { numRuns: 25 },
    )
  })
})

describe('gradients by decree', () => {
  const x = placeholder([3], 'float64')
  const at = new Map([[x, given('float64', [-1, 0.5, 2])]])
  const value = (t: Tensor): number[] => [...interpret(t, referenceKernels, at).data]

  it('stopGradient lets none through', () => {
    expect(value(grad(x.stopGradient().mul(x).sum(), x))).toEqual([-1, 0.5, 2])
  })
  it('customGradient replaces that of its value, and reaches its inputs alone', () => {
    const spike = customGradient(x.ge(0).cast('float64').mul(x), [x], (dy, [x]) => [dy.mul(x!.square())])
    expect(value(grad(spike.sum(), x))).toEqual([1, 0.25, 4])
  })
  it('customGradient may send nothing', () => {
    expect(value(grad(customGradient(x.square(), [x], () => [null]).sum(), x))).toEqual([0, 0, 0])
  })
  it('equal maxima share', () => {
    const y = placeholder([2, 2], 'float64')
    const ties = new Map([[y, given('float64', [3, 3, 1, 2], [2, 2])]])
    expect([...interpret(grad(y.max(1).sum(), y), referenceKernels, ties).data]).toEqual([0.5, 0.5, 0, 1])
    const z = y.maximum(3)
    expect([...interpret(grad(z.sum(), y), referenceKernels, ties).data]).toEqual([0.5, 0.5, 0, 0])
  })
})

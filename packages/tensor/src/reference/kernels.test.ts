import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/kernels.json' with { type: 'json' }
import { build } from '../build.js'
import { interpret } from '../interpret.js'
import { full, oneHot, placeholder, scalar, tensor } from '../ops/leaf.js'
import type { Tensor } from '../tensor.js'
import { given } from '../testing/case.js'
import { compare } from '../testing/compare.js'
import { referenceKernels } from './kernels.js'

describe('reference kernels agree with NumPy and SciPy', () => {
  it.each(
    golden.cases.map(
      (item, i) =>
        [`${item.primitive} ${i} of [${item.inputs.map(({ shape }) => shape.join()).join('], [')}]`, item] as const,
    ),
  )('%s', (_, item) => {
    const inputs = item.inputs.map(({ data, shape }) => given('float64', data, shape))
    const parameters = inputs.map(({ shape, dtype }) => placeholder(shape, dtype))
    const result = build(item.primitive as 'neg', parameters, item.attributes)
    const value = interpret(
      result,
      referenceKernels,
      new Map(parameters.map((parameter, i) => [parameter, inputs[i]!])),
    )
    compare(
      value,
      given('float64', item.result.data, item.result.shape),
      { relative: 1e-13, absolute: 1e-13 },
      item.primitive,
    )
  })
})

describe('reference kernels by hand', () => {
  const value = (t: Tensor): number[] => [...interpret(t, referenceKernels).data]

  it('int32 wraps', () => {
    const large = tensor([2 ** 31 - 1, 65536], { dtype: 'int32' })
    expect(value(large.add(1))).toEqual([-(2 ** 31), 65537])
    expect(value(large.mul(large))).toEqual([1, 0])
    expect(value(large.sum())).toEqual([65535 - 2 ** 31])
  })
  it('int32 division truncates, mod follows the divisor', () => {
    const x = tensor([7, -7, 7, -7], { dtype: 'int32' })
    const y = tensor([2, 2, -2, -2], { dtype: 'int32' })
    expect(value(x.div(y))).toEqual([3, -3, -3, 3])
    expect(value(x.mod(y))).toEqual([1, 1, -1, -1])
  })
  it('float32 results are rounded to float32', () => {
    expect(value(scalar(0.1).add(scalar(0.2)))).toEqual([Math.fround(Math.fround(0.1) + Math.fround(0.2))])
  })
  it('scatter-add, gather and argmax', () => {
    const at = tensor([2, 0, 2], { dtype: 'int32' })
    expect(value(build('scatterAdd', [at, tensor([1, 2, 3])], { axis: 0, size: 4 }))).toEqual([2, 0, 4, 0])
    expect(value(tensor([5, 6, 7]).gather(at, 0))).toEqual([7, 5, 7])
    expect(value(tensor([1, 7, 7, 2]).argmax())).toEqual([1])
    expect(value(oneHot(at, 3))).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 1])
    expect(() => value(tensor([5]).gather(full([1], 1, { dtype: 'int32' }), 0))).toThrow('[gather] index 1 at')
  })
  it('the maximum of a window that lies in the padding alone is -Infinity', () => {
    const window = { kernel: [2], stride: [1], dilation: [2], padding: [[1, 1]] as const }
    const x = tensor([3]).reshape([1, 1])
    expect(value(build('maxPool', [x], window))).toEqual([-Infinity])
    expect(value(build('argmaxPool', [x], window))).toEqual([0])
  })
})

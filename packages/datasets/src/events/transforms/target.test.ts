import { isSnnError, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { asType, repeatTarget, toOneHotEncoding } from './target.js'

// Values as NumPy gives them: astype, tile(expand_dims(target, 0), [n, 1]), eye(classes)[target].
const floats: TensorLike = { data: Float32Array.of(-1.7, 0, 0.4, 255, 2.9, NaN), shape: [2, 3] }
const listed = ({ data, shape, dtype }: TensorLike) => ({ data: [...data], shape, dtype })
const argument = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (isSnnError(error, 'ARGUMENT')) return error.message
    throw error
  }
  return 'nothing thrown'
}

describe('transforms of targets and types', () => {
  it('asType', () => {
    expect(listed(asType({ dtype: 'int32' })({ ...floats, data: floats.data.slice(0, 3), shape: [3] }))).toEqual({
      data: [-1, 0, 0],
      shape: [3],
      dtype: 'int32',
    })
    expect(listed(asType({ dtype: 'bool' })(floats))).toEqual({
      data: [1, 0, 1, 1, 1, 1],
      shape: [2, 3],
      dtype: 'bool',
    })
    expect(listed(asType({ dtype: 'float64' })({ data: Uint8Array.of(0, 255), shape: [2] }))).toEqual({
      data: [0, 255],
      shape: [2],
      dtype: 'float64',
    })
    expect(listed(asType({ dtype: 'uint8' })({ data: Int32Array.of(-1, 256, 7), shape: [3] })).data).toEqual([
      255, 0, 7,
    ])
  })

  it('repeatTarget', () => {
    expect(listed(repeatTarget({ n: 3 })(7))).toEqual({ data: [7, 7, 7], shape: [3, 1], dtype: 'int32' })
    const target: TensorLike = { data: Float32Array.of(1, 2), shape: [2] }
    expect(listed(repeatTarget({ n: 2 })(target))).toEqual({ data: [1, 2, 1, 2], shape: [2, 2], dtype: undefined })
    expect(repeatTarget({ n: 2 })(target).data).toBeInstanceOf(Float32Array)
    expect(argument(() => repeatTarget({ n: 0 }))).toMatch(
      /^\[repeatTarget\] n 0, expected a whole number of at least 1/,
    )
    expect(argument(() => repeatTarget({ n: 1 })(1.5))).toMatch(/target 1\.5, expected a whole number/)
  })

  it('toOneHotEncoding', () => {
    expect(listed(toOneHotEncoding({ classes: 3 })(2))).toEqual({ data: [0, 0, 1], shape: [3], dtype: 'float32' })
    expect(listed(toOneHotEncoding({ classes: 2 })({ data: Int32Array.of(1, 0, 1), shape: [3, 1] }))).toEqual({
      data: [0, 1, 1, 0, 0, 1],
      shape: [3, 1, 2],
      dtype: 'float32',
    })
    for (const index of [-1, 3, 0.5])
      expect(argument(() => toOneHotEncoding({ classes: 3 })({ data: Float64Array.of(index), shape: [1] }))).toMatch(
        /expected a whole number from 0 to 2/,
      )
    expect(argument(() => toOneHotEncoding({ classes: 1.5 }))).toMatch(/classes 1\.5/)
  })
})

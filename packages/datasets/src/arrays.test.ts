import { describe, expect, it } from 'vitest'
import { fromArrays } from './arrays.js'

const uint8 = (...shape: number[]) => ({ data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i), shape })
const labels = { data: Int32Array.of(1, 0), shape: [2] }

describe('fromArrays', () => {
  it.each([
    [[2, 4], [1, 1, 4], [4, 5, 6, 7]],
    [[2, 2, 2], [1, 2, 2], [4, 5, 6, 7]],
    [[2, 3, 1, 2], [3, 1, 2], [6, 7, 8, 9, 10, 11]],
    [[2, 1, 2, 3], [1, 2, 3], [6, 7, 8, 9, 10, 11]],
    [[2, 2, 1, 3], [3, 2, 1], [6, 9, 7, 10, 8, 11]],
  ])('pixels %j become %j', async (shape, chw, second) => {
    const dataset = fromArrays(uint8(...shape), labels)
    expect(dataset).toMatchObject({ length: 2, dtype: 'uint8', shape: chw })
    const { image, label } = await dataset.get(1)
    expect({ shape: image.shape, data: [...image.data], label }).toEqual({ shape: chw, data: second, label: 0 })
  })

  it('takes floating point numbers in any shape as they are', async () => {
    const dataset = fromArrays({ data: Float64Array.of(0.5, 1, 1.5, 2), shape: [2, 2] }, labels)
    expect(dataset.dtype).toBe('float32')
    expect((await dataset.get(1)).image).toEqual({ data: Float32Array.of(1.5, 2), shape: [2], dtype: 'float32' })
  })

  it('takes labels as a column and one-hot', async () => {
    const label = async (value: Parameters<typeof fromArrays>[1]) => (await fromArrays(uint8(2, 4), value).get(0)).label
    expect(await label({ data: Uint8Array.of(7, 1), shape: [2, 1] })).toBe(7)
    expect(await label({ data: Float32Array.of(0, 0, 1, 1, 0, 0), shape: [2, 3] })).toBe(2)
  })

  it('refuses what does not fit', async () => {
    expect(() => fromArrays(uint8(3, 4), labels)).toThrow(/images \[3,4\] and labels \[2\]/)
    expect(() => fromArrays(uint8(2, 2, 2, 2), labels)).toThrow(/expected \[N, H, W\]/)
    expect(() => fromArrays({ data: Int32Array.of(1, 2), shape: [2, 1] }, labels)).toThrow(/int32, expected uint8/)
    expect(() => fromArrays(uint8(2, 4), { data: Int32Array.of(0, -1), shape: [2] })).toThrow(/label -1 of sample 1/)
    expect(() => fromArrays(uint8(2, 4), { data: Int32Array.of(0, 2), shape: [2] }, { classes: ['a', 'b'] })).toThrow(/label 2 of sample 1.*0 to 1/)
    expect(() => fromArrays(uint8(2, 4), { data: Float32Array.of(1, 1, 0, 1), shape: [2, 2] })).toThrow(/not one-hot/)
    expect(() => fromArrays(uint8(2, 4), { data: Float32Array.of(0, 0.5), shape: [2] })).toThrow(/label 0.5/)
    await expect(fromArrays(uint8(2, 4), labels).get(2)).rejects.toThrow(/sample 2 of 2/)
  })
})

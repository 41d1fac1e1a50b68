import { describe, expect, it } from 'vitest'
import { fromArrays } from './arrays.js'

const uint8 = (...shape: number[]) => ({
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  shape,
})
const labels = { data: Int32Array.of(1, 0), shape: [2] }

describe('fromArrays', () => {
  it.each([
    [
      [2, 4],
      [1, 1, 4],
      [4, 5, 6, 7],
    ],
    [
      [2, 2, 2],
      [1, 2, 2],
      [4, 5, 6, 7],
    ],
    [
      [2, 3, 1, 2],
      [3, 1, 2],
      [6, 7, 8, 9, 10, 11],
    ],
    [
      [2, 1, 2, 3],
      [1, 2, 3],
      [6, 7, 8, 9, 10, 11],
    ],
    [
      [2, 2, 1, 3],
      [3, 2, 1],
      [6, 9, 7, 10, 8, 11],
    ],
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
    for (const data of [Int32Array.of(-1, 2), Int32Array.of(0, 256)]) {
      expect(() => fromArrays({ data, shape: [2, 1] }, labels)).toThrow(
        `whole numbers from ${data[0]} to ${data[1]}, expected pixels from 0 to 255`,
      )
    }
    expect(() => fromArrays({ data: BigInt64Array.of(0n, 1n) as never, shape: [2, 1] }, labels)).toThrow(
      /images.data is a BigInt64Array/,
    )
    expect(() => fromArrays(uint8(2, 4), { data: Int32Array.of(0, -1), shape: [2] }, { classes: ['a', 'b'] })).toThrow(
      /label -1 of sample 1.*0 to 1/,
    )
    expect(() => fromArrays(uint8(2, 4), { data: Int32Array.of(0, 2), shape: [2] }, { classes: ['a', 'b'] })).toThrow(
      /label 2 of sample 1.*0 to 1/,
    )
    expect(() => fromArrays(uint8(2, 4), { data: Float32Array.of(1, 1, 0, 1), shape: [2, 2] })).toThrow(/not one-hot/)
    expect(() => fromArrays(uint8(2, 4), { data: Float32Array.of(0, 0.5), shape: [2] })).toThrow(/label 0.5/)
    await expect(fromArrays(uint8(2, 4), labels).get(2)).rejects.toThrow(/sample 2 of 2/)
  })

  it('takes whole numbers of any type as pixels where they are, and says so; bool as the numbers 0 and 1', async () => {
    const values = [0, 17, 255, 3, 4, 5, 6, 7]
    for (const data of [
      Int32Array.from(values),
      Uint16Array.from(values),
      Uint8ClampedArray.from(values),
      Int16Array.from(values),
    ]) {
      const dataset = fromArrays({ data: data as never, shape: [2, 2, 2] }, labels)
      expect([dataset.dtype, dataset.shape, (await dataset.get(0)).image.data, dataset.notes]).toEqual([
        'uint8',
        [1, 2, 2],
        Uint8Array.of(0, 17, 255, 3),
        [expect.stringContaining('from 0 to 255')],
      ])
    }
    const bool = fromArrays({ data: Uint8Array.of(0, 1, 1, 0), shape: [2, 2], dtype: 'bool' }, labels)
    expect([bool.dtype, bool.shape, (await bool.get(0)).image.data, bool.notes]).toEqual([
      'float32',
      [2],
      Float32Array.of(0, 1),
      undefined,
    ])
  })

  it('takes labels -1 and 1 as two classes, with a note, and leaves other whole numbers to an offset', async () => {
    const classes = async (data: Int32Array | Float64Array) => {
      const dataset = fromArrays(
        { data: new Uint8Array(2 * data.length), shape: [data.length, 2] },
        { data, shape: [data.length] },
      )
      return [
        await Promise.all(Array.from(data, async (_, i) => (await dataset.get(i)).label)),
        dataset.notes?.length ?? 0,
      ]
    }
    expect(await classes(Int32Array.of(-1, 1, 1))).toEqual([[0, 1, 1], 1])
    expect(await classes(Float64Array.of(1, -1, -1))).toEqual([[1, 0, 0], 1])
    for (const others of [
      [-1, 0, 1],
      [-1, -1],
      [1, 1],
      [-2, -1, 5],
      [0, 1],
    ])
      expect(await classes(Int32Array.from(others))).toEqual([others, 0])
  })
})

import { describe, expect, it } from 'vitest'
import { parseIdx } from './idx.js'

describe('parseIdx', () => {
  it('views uint8 data without copying', () => {
    const file = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6)
    const { data, shape, dtype } = parseIdx(file)
    expect({ data: [...data], shape, dtype }).toEqual({ data: [1, 2, 3, 4, 5, 6], shape: [2, 3], dtype: 'uint8' })
    expect(data.buffer).toBe(file.buffer)
  })

  it('reads the other types, big-endian', () => {
    expect(parseIdx(Uint8Array.of(0, 0, 9, 1, 0, 0, 0, 1, 0xff)).data).toEqual(Int32Array.of(-1))
    expect(parseIdx(Uint8Array.of(0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 0)).data).toEqual(Int32Array.of(256))
    expect(parseIdx(Uint8Array.of(0, 0, 0x0c, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe)).data).toEqual(Int32Array.of(-2))
    expect(parseIdx(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0)).data).toEqual(Float32Array.of(1))
    expect(parseIdx(Uint8Array.of(0, 0, 0x0e, 1, 0, 0, 0, 1, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0)).data).toEqual(
      Float64Array.of(1),
    )
  })

  it.each([
    [[1, 2], /2 bytes, expected a header/],
    [[0, 0, 7, 1, 0, 0, 0, 0], /starts with 00 00 07 01, expected 00 00/],
    [[0, 0, 8, 3, 0, 0, 0, 1], /ends within the sizes of 3 axes, expected 16 bytes/],
    [[0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff, 1], /1 bytes of data, expected 4294967295 for shape \[4294967295\]/],
    [[0, 0, 8, 1, 0, 0, 0, 1, 1, 2], /2 bytes of data, expected 1/],
  ])('refuses %j', (bytes, message) => expect(() => parseIdx(Uint8Array.from(bytes))).toThrow(message))
})

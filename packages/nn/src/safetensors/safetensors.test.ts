import { isSnnError, type DType, type TensorLike } from '@snn/tensor'
import { allocate } from '@snn/tensor/library'
import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/safetensors.json' with { type: 'json' }
import { readSafetensors, writeSafetensors } from '../index.js'

interface Listed {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: readonly string[]
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
const number = (text: string): number => (text === 'inf' ? Infinity : Number(text))
const tensorOf = ({ dtype, shape, data }: Listed): Required<TensorLike> => {
  const values = allocate(dtype as DType, data.length)
  values.set(data.map(number))
  return { data: values, shape, dtype: dtype as DType }
}
const plain = (tensors: Readonly<Record<string, TensorLike>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data, shape, dtype }]) => [name, { data, shape, dtype }]))

/** A file with this header, given as JSON or text, and so many bytes of data. */
function file(header: unknown, data = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

const f32 = (shape: readonly unknown[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
})
const invalid = (bytes: Uint8Array, message: RegExp): void => {
  expect(() => readSafetensors(bytes)).toThrow(
    expect.objectContaining({ code: 'DATA_INVALID', message: expect.stringMatching(message) }),
  )
}

describe('safetensors against the Python package', () => {
  for (const [name, { tensors, metadata, base64 }] of Object.entries(golden.cases)) {
    const expected = Object.fromEntries(
      Object.entries(tensors as Readonly<Record<string, Listed>>).map(([key, listed]) => [key, tensorOf(listed)]),
    )
    it(`reads and writes the same bytes: ${name}`, () => {
      const bytes = fromBase64(base64)
      const read = readSafetensors(bytes)
      expect(plain(read.tensors)).toEqual(expected)
      expect(read.metadata).toEqual(metadata)
      expect(writeSafetensors(expected, metadata as Record<string, string>)).toEqual(bytes)
    })
  }

  it('reads from the middle of a buffer, and hands out copies', () => {
    const bytes = writeSafetensors({ w: { data: Float64Array.of(1, 2), shape: [2] } })
    const within = new Uint8Array(bytes.length + 6)
    within.set(bytes, 3)
    const { tensors } = readSafetensors(within.subarray(3, 3 + bytes.length))
    within.fill(0)
    expect(tensors['w']!.data).toEqual(Float64Array.of(1, 2))
  })
})

describe('writeSafetensors refuses', () => {
  it('the reserved name, metadata that are no strings, data that do not fit', () => {
    const one = { data: Float32Array.of(1), shape: [1] }
    expect(() => writeSafetensors({ __metadata__: one })).toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
    expect(() => writeSafetensors({ one }, { epoch: 3 as never })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT' }),
    )
    expect(() => writeSafetensors({ one: { data: Float32Array.of(1), shape: [2] } })).toThrow(
      expect.objectContaining({ code: 'SHAPE', message: expect.stringContaining('writeSafetensors: one') }),
    )
    expect(() => writeSafetensors({ one: { data: Float32Array.of(1), shape: [1], dtype: 'int32' } })).toThrow(
      expect.objectContaining({ code: 'DTYPE' }),
    )
  })
})

describe('readSafetensors refuses', () => {
  it('files that are too short, or whose header says it is longer than the file or than any', () => {
    invalid(new Uint8Array(7), /7 bytes/)
    invalid(file('{}', 0, 3n), /header of 3 bytes where 2/)
    invalid(file('{}', 0, 0xffff_ffff_ffff_ffffn), /18446744073709551615/)
    const huge = new Uint8Array(100_000_016)
    new DataView(huge.buffer).setBigUint64(0, 100_000_001n, true)
    invalid(huge, /at most 100000000/)
  })

  it('headers that are no JSON object in UTF-8', () => {
    for (const header of ['', '{', '[]', '"x"', 'null', '3', '\ufeff{}', '['.repeat(100_000)])
      invalid(file(header), /header that is no JSON/)
    invalid(
      file('{"a":1}').map((byte) => (byte === 0x61 ? 0xff : byte)),
      /UTF-8/,
    )
  })

  it('names and keys that stand twice', () => {
    const entry = JSON.stringify(f32([1], 0, 4))
    invalid(file(`{"a":${entry},"a":${entry}}`, 4), /'a' twice/)
    invalid(file(`{"a":${entry}, "\\u0061" :${entry}}`, 4), /'a' twice/)
    invalid(file('{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', 4), /'dtype' twice/)
    invalid(file('{"__metadata__":{"x":"1","x":"2"}}'), /'x' twice/)
    // a string that only looks like a key, and the same key in two objects
    expect(readSafetensors(file(`{"__metadata__":{"x":"\\"a\\":"},"a":${entry}}`, 4)).metadata).toEqual({ x: '"a":' })
  })

  it('metadata that are no strings, entries that are no tensors', () => {
    invalid(file({ __metadata__: { x: 1 } }), /__metadata__/)
    invalid(file({ __metadata__: [] }), /__metadata__/)
    for (const entry of [null, 3, [], 'F32']) invalid(file({ a: entry }), /without a description/)
    invalid(file({ a: { shape: [], data_offsets: [0, 4] } }, 4), /without a dtype/)
    for (const shape of [undefined, 3, [-1], [0.5], ['1'], [2 ** 53]])
      invalid(file({ a: { ...f32([], 0, 4), shape } }, 4), /with shape/)
    for (const offsets of [undefined, [0], [0, 4, 8], [0, -4], [0, 1.5], [0, 1e300]])
      invalid(file({ a: { ...f32([1], 0, 4), data_offsets: offsets } }, 4), /with offsets/)
  })

  it('offsets outside of the file, holes, overlaps, sizes that do not fit the shape', () => {
    invalid(file({ a: f32([1], 4, 0) }, 4), /at bytes 4 to 0/)
    invalid(file({ a: f32([1], 0, 4) }, 3), /at bytes 0 to 4 of the data's 3/)
    invalid(file({ a: f32([2], 0, 4) }, 4), /in 4 bytes/)
    invalid(file({ a: f32([2 ** 52, 2 ** 52], 0, 4) }, 4), /in 4 bytes/)
    invalid(file({ a: f32([2 ** 52, 2 ** 52, 0], 0, 0) }), /in 0 bytes/)
    invalid(file({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4), /'b' at byte 0/)
    invalid(file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), /'b' at byte 4/)
    invalid(file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /'b' at byte 8 of the data, where byte 4/)
    invalid(file({ a: f32([1], 0, 4) }, 8), /8 bytes of data, of which the tensors take 4/)
    invalid(file({}, 1), /1 bytes of data/)
    invalid(
      file({ a: { dtype: 'BOOL', shape: [2], data_offsets: [0, 2] } }, 2).map((byte, i, all) =>
        i === all.length - 1 ? 2 : byte,
      ),
      /BOOL/,
    )
  })

  it('dtypes that we do not have', () => {
    for (const dtype of ['F8_E4M3', 'F8_E5M2', 'C64', 'f32', 'toString']) {
      expect(() => readSafetensors(file({ a: { dtype, shape: [0], data_offsets: [0, 0] } }))).toThrow(
        expect.objectContaining({ code: 'DTYPE', message: expect.stringContaining(dtype) }),
      )
    }
  })

  it('takes names that mean something to JavaScript for names', () => {
    const names = ['__proto__', 'constructor', 'toString', '0']
    const bytes = writeSafetensors(
      Object.fromEntries(names.map((name, i) => [name, { data: Float32Array.of(i), shape: [] }])),
    )
    const { tensors } = readSafetensors(bytes)
    expect(Object.keys(tensors).sort()).toEqual([...names].sort())
    names.forEach((name, i) => expect(tensors[name]!.item()).toBe(i))
  })
})

describe('damaged files', () => {
  it('give a typed error or load, 5000 mutations', () => {
    const bytes = writeSafetensors(
      {
        a: { data: Float32Array.of(1, 2, 3), shape: [3] },
        b: { data: Int32Array.of(4), shape: [1, 1] },
        c: { data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' },
      },
      { epoch: '7' },
    )
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true)) + 8
    let state = 12345
    const draw = (below: number): number => {
      state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) | 0
      return (state >>> 8) % below
    }
    const outcomes = { read: 0, refused: 0 }
    for (let i = 0; i < 5000; i++) {
      const at = draw(i % 4 === 0 ? bytes.length : header)
      let changed = bytes.slice()
      if (i % 5 === 0) changed = changed.slice(0, at)
      else if (i % 5 === 1) changed.copyWithin(at, draw(header), draw(header))
      else changed[at] = i % 5 === 2 ? changed[at]! ^ (1 << draw(8)) : '0123456789"{}[],:\\ '.charCodeAt(draw(19))
      try {
        for (const { data, shape } of Object.values(readSafetensors(changed).tensors))
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
        outcomes.read++
      } catch (error) {
        if (!isSnnError(error)) throw new Error(`mutation ${i} at ${at}`, { cause: error })
        outcomes.refused++
      }
    }
    expect(outcomes.read).toBeGreaterThan(100)
    expect(outcomes.refused).toBeGreaterThan(1000)
  })
})

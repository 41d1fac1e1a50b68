import { isSnnError } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import golden from '../test/golden/numpy.json' with { type: 'json' }
import { parseNpy } from './npy.js'
import { parseNpz } from './npz.js'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const dtypes: Readonly<Record<string, string>> = {
  u1: 'uint8',
  b1: 'bool',
  f2: 'float32',
  f4: 'float32',
  f8: 'float64',
}

describe(`parseNpy, against files of numpy ${golden.version}`, () => {
  it.each(golden.cases)('$dtype, order $order, shape $shape', ({ dtype, shape, values, npy }) => {
    const array = parseNpy(bytesOf(npy))
    expect(array.shape).toEqual(shape)
    expect(array.dtype).toBe(dtypes[dtype.slice(1)] ?? 'int32')
    expect(Array.from(array.data)).toEqual(values)
  })

  it('reads files at odd addresses', () => {
    const { npy, values } = golden.cases.find(({ dtype }) => dtype === '<f8')!
    const file = bytesOf(npy)
    const shifted = new Uint8Array(file.length + 1)
    shifted.set(file, 1)
    expect(Array.from(parseNpy(shifted.subarray(1)).data)).toEqual(values)
  })

  it('names what it cannot read', () => {
    const text = (descr: string, shape: string, data = ''): Uint8Array => {
      const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`
      return new TextEncoder().encode(header + data).reduce(
        (out, byte, i) => ((out[10 + i] = byte), out),
        new Uint8Array(10 + header.length + data.length)
          .fill(0)
          .map((_, i) => [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0][i] ?? 0),
      )
    }
    expect(parseNpy(text("'|u1'", '(3,)', 'abc')).data).toEqual(Uint8Array.of(97, 98, 99))
    expect(parseNpy(text("'|u1'", '()', 'a')).shape).toEqual([])
    expect(() => parseNpy(text("'|O'", '(3,)', 'abc'), 'a.npy')).toThrow(
      /\[npy\] a\.npy at byte 10: dtype O, expected one of u1.*astype/,
    )
    expect(() => parseNpy(text("[('x', '<f4')]", '(1,)', 'abcd'))).toThrow(/dtype records/)
    expect(() => parseNpy(text("'|u1'", '(4,)', 'abc'))).toThrow(/3 bytes of data, expected 4/)
    expect(() => parseNpy(text("'|u1'", '(2,)', 'abc'))).toThrow(/3 bytes of data, expected 2/)
    expect(() => parseNpy(text("'<f8'", '(999999999999999999999, 0)'))).toThrow(/expected 0 for shape/)
    try {
      parseNpy(new Uint8Array(3), 'x.npy')
      expect.unreachable()
    } catch (error) {
      expect(isSnnError(error, 'DATA_INVALID') && error.details).toEqual({ file: 'x.npy', offset: 0 })
    }
  })

  it('refuses integers that 32 bits cannot hold', () => {
    const { npy } = golden.cases.find(({ dtype }) => dtype === '<i8')!
    const file = bytesOf(npy)
    file.set([0, 0, 0, 0, 1, 0, 0, 0], file.length - 8)
    expect(() => parseNpy(file)).toThrow(/integer 4294967296, expected one that fits 32 bits/)
  })
})

describe('parseNpz', () => {
  it.each(Object.entries(golden.archives))('reads what %s writes', (_, archive) => {
    const arrays = parseNpz(bytesOf(archive))
    expect([...arrays.keys()].sort()).toEqual(['x', 'y'])
    expect(Array.from(arrays.get('x')!.data)).toEqual(golden.x)
    expect(arrays.get('x')!.shape).toEqual([5, 4, 3, 3])
    expect(arrays.get('y')).toMatchObject({ data: Int32Array.of(0, 1, 2, 3, 4), shape: [5], dtype: 'int32' })
  })

  it('takes no memory on the word of the archive', () => {
    const archive = bytesOf(golden.archives.savez_compressed)
    const directory = Buffer.from(archive.buffer).indexOf('PK\x01\x02')
    new DataView(archive.buffer).setUint32(directory + 24, 0xfffffff0, true)
    expect(() => parseNpz(archive, 'a.npz')).toThrow(/\[npz\] a\.npz: entry x\.npy claims 4294967280 bytes/)
  })
})

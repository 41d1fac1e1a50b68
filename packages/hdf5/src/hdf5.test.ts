import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  group,
  numbers,
  packedChunks,
  readTree,
  strings,
  writeTree,
  type Hdf5Dataset,
  type Hdf5Group,
  type Hdf5Number,
  type Hdf5Values,
} from './index.js'

const read = (bytes: Uint8Array, options = {}): Promise<Hdf5Group> => readTree('readMine', bytes, 'mine.h5', options)

const whole: readonly Hdf5Number[] = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64']
const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
const anyValues: fc.Arbitrary<Hdf5Values> = fc
  .tuple(
    shapes,
    fc.constantFrom<Hdf5Number>('float32', 'float64', 'bool', ...whole),
    fc.array(fc.nat(127), { minLength: 256, maxLength: 256 }),
  )
  .map(([shape, type, data]) => {
    const own = data
      .slice(
        0,
        shape.reduce((a, b) => a * b, 1),
      )
      .map((value) => (type === 'bool' ? value % 2 : value))
    return { type, shape, data: type === 'float32' ? Float32Array.from(own) : Float64Array.from(own) }
  })
// HDF5 ends text at the first 0
const anyText: fc.Arbitrary<Hdf5Values> = fc
  .array(
    fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
    { minLength: 1, maxLength: 4 },
  )
  .map((data) => strings(data, [data.length]))
const names = fc.stringMatching(/^[a-z]{1,12}$/)
const anyTree = (depth: number): fc.Arbitrary<Hdf5Group> => {
  const entry: fc.Arbitrary<Hdf5Group | Hdf5Dataset> =
    depth === 0 ? fc.oneof(anyValues, anyText) : fc.oneof(anyValues, anyText, anyTree(depth - 1))
  // attributes are small
  const attribute = fc.oneof(
    anyText,
    fc.integer({ min: -9, max: 9 }).map((value): Hdf5Values => numbers('int64', value)),
  )
  return fc
    .tuple(
      fc.dictionary(names, entry, { maxKeys: 12, noNullPrototype: true }),
      fc.dictionary(names, attribute, { maxKeys: 3, noNullPrototype: true }),
    )
    .map(([entries, attributes]) => group(entries, attributes))
}

describe('a tree', () => {
  it('that is written is read, with every type, shape and attribute', async () => {
    await fc.assert(
      fc.asyncProperty(anyTree(2), async (tree) => {
        expect(await read(writeTree(tree))).toEqual(tree)
      }),
      { numRuns: 60, seed: 1 },
    )
  }, 60_000)

  const packedShapes: readonly (readonly [shape: readonly number[], type: Hdf5Number, chunkBytes: number])[] = [
    [[3], 'float32', 2 ** 16],
    // edges in both axes
    [[50, 31], 'float64', 1024],
    [[3, 41, 1, 90], 'bool', 256],
    // more chunks than a node of their tree has, and more nodes than one above them has
    [[700], 'float64', 64],
    [[9000], 'int16', 4],
    [[70, 70, 3], 'uint8', 3],
    [[0, 4], 'float32', 64],
    [[], 'int64', 64],
  ]
  it.each(packedShapes)(
    'is packed in chunks, whatever their number and edges: %j of %s in %i bytes',
    async (shape, type, chunkBytes) => {
      const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
        type === 'bool' ? (i * 7 + Math.floor(i / 11)) % 2 : (i * 31) % 113,
      )
      const values: Hdf5Values = { type, shape, data: type === 'float32' ? Float32Array.from(data) : data }
      const tree = group({ inner: group({ values: { ...values, packed: true } }), plain: values })
      expect(await read(writeTree(tree, await packedChunks(tree, { chunkBytes })))).toEqual(
        group({ inner: group({ values }), plain: values }),
      )
    },
  )

  it('becomes smaller where it is packed', async () => {
    const tree = group({ zeros: { ...numbers('float64', new Float64Array(40_000), [200, 200]), packed: true } })
    expect(writeTree(tree, await packedChunks(tree)).length).toBeLessThan(0.05 * writeTree(tree).length)
  })

  it('may have many entries', async () => {
    const many = group(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`entry${i}`, numbers('int64', i)])))
    expect((await read(writeTree(many))).entries.size).toBe(3000)
  })

  it('refuses what is no file, too deep, or cannot be written', async () => {
    await expect(read(new Uint8Array(20))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: '[readMine] mine.h5: does not start as an HDF5 file.',
    })
    await expect(read(writeTree(group({ a: group({ b: group({}) }) })), { deepest: 1 })).rejects.toThrow(
      '/a/b lies deeper than 1 groups',
    )
    expect((await read(writeTree(group({}, { note: strings('x') })), { attributes: false })).attributes.size).toBe(0)
    expect(() => writeTree(group({ a: { type: 'S2', shape: [1], data: ['long'] } }))).toThrow(
      "[writeTree] 'long' has 4 bytes, expected at most 2 (S2).",
    )
    expect(() => writeTree(group({ a: numbers('float16', 1) }))).toThrow(
      '[writeTree] float16 is not written, expected float32.',
    )
    for (const [type, value] of [
      ['uint8', 256],
      ['int8', -129],
      ['int64', 1.5],
      ['uint32', -1],
      ['int32', NaN],
      ['bool', 2],
    ] as const) {
      expect(() => writeTree(group({ a: numbers(type, value) })), `${value} as ${type}`).toThrow(
        `[writeTree] /a holds ${value} (number 0), which ${type} does not.`,
      )
    }
    expect(() => writeTree(group({ a: group({ b: numbers('float32', [1, 2], [3]) }) }))).toThrow(
      '[writeTree] /a/b with 2 values for the shape [3], expected 3.',
    )
    expect(() => writeTree(group({ a: numbers('float8' as 'float32', 1) }))).toThrow(
      /\/a of type float8, expected one of/,
    )
  })
})

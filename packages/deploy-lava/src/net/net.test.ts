import { isSnnError } from '@snn/tensor'
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mutation } from '../../../datasets/test/mutations.js'
import { dense, everything, net } from '../../test/nets.js'
import { sharedData } from '../../../datasets/test/shared-data.js'
import { loadNetwork } from '../netx/load-network.js'
import { netScalar, netTensor, type NetDType, type NetValue } from './net-value.js'
import { readNet } from './read-net.js'
import { writeNet } from './write-net.js'

const folder = sharedData('lava')

describe('a .net file', () => {
  it('survives a round trip value for value', async () => {
    const written = everything()
    const bytes = writeNet(written)
    expect(await readNet(bytes)).toEqual(written)
    expect(writeNet(await readNet(bytes))).toEqual(bytes)
  })

  it('holds values of every dtype and shape', async () => {
    const number = fc
      .constantFrom<NetDType>(
        'float32',
        'float64',
        'int8',
        'int16',
        'int32',
        'int64',
        'uint8',
        'uint16',
        'uint32',
        'uint64',
        'bool',
      )
      .chain((dtype) =>
        fc
          .tuple(
            fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
            fc.array(
              dtype === 'bool' ? fc.nat(1) : dtype.startsWith('float') ? fc.float({ noNaN: true }) : fc.nat(127),
              { minLength: 81, maxLength: 81 },
            ),
          )
          .map(([shape, data]): NetValue =>
            netTensor(
              dtype,
              data.slice(
                0,
                shape.reduce((a, b) => a * b, 1),
              ),
              shape,
            ),
          ),
      )
    // HDF5 ends text at the first 0.
    const text = fc
      .array(
        fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\0', '')),
        { minLength: 1, maxLength: 5 },
      )
      .map((list): NetValue => ({ dtype: 'string', shape: [list.length], text: list }))
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), fc.oneof(number, text), {
          maxKeys: 40,
          noNullPrototype: true,
        }),
        async (values) => {
          const written = {
            ...net(dense(1, [2])),
            other: Object.fromEntries(Object.entries(values).map(([key, value]) => [`more/${key}`, value])),
          }
          expect(await readNet(writeNet(written))).toEqual(written)
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  }, 120_000)

  it.skipIf(!folder)('of lava-dl survives a round trip value for value', { timeout: 180_000 }, async () => {
    const paths = readdirSync(folder!, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.net'))
    expect(paths.length).toBeGreaterThanOrEqual(102)
    for (const path of paths) {
      const read = await readNet(readFileSync(join(folder!, path)), { file: path })
      expect(await readNet(writeNet(read)), path).toEqual(read)
    }
  })

  it('is not written from values that do not fit', () => {
    const withBias = (bias: NetValue) => () => writeNet(net(dense(1, [2], { bias })))
    expect(withBias({ dtype: 'int8', shape: [], data: Float64Array.of(200) })).toThrow(
      '[writeNet] /layer/0/bias holds 200, expected whole numbers from -128 to 127 (int8).',
    )
    expect(withBias({ dtype: 'int64', shape: [2], data: Float64Array.of(2) })).toThrow(
      '/layer/0/bias has 1 values, expected 2 for the shape [2].',
    )
    expect(withBias({ dtype: 'S3', shape: [1], text: ['long'] })).toThrow(
      "'long', which has 4 bytes, expected at most 3",
    )
    expect(() => writeNet({ layers: [], other: { a: netScalar(1), 'a/b': netScalar(1) } })).toThrow(
      "'a' is a value and a group",
    )
  })

  it('is refused where it is none', async () => {
    await expect(readNet(new Uint8Array(100))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: '[readNet] the .net file: does not start as an HDF5 file.',
    })
    await expect(readNet(writeNet({ layers: [], other: { x: netScalar(1) } }), { file: 'x.net' })).rejects.toThrow(
      '[readNet] x.net: no /layer/0 in it',
    )
    await expect(readNet(writeNet({ layers: [], other: { 'layer/0/type': netScalar(1) } }))).rejects.toThrow(
      '/layer/0/type is no text',
    )
    const gap = {
      'layer/0/type': { dtype: 'S5', shape: [1], text: ['dense'] },
      'layer/2/type': { dtype: 'S5', shape: [1], text: ['dense'] },
    } as const
    await expect(readNet(writeNet({ layers: [], other: gap }))).rejects.toThrow('2 layers, but no /layer/1')
  })
})

describe('damaged files', () => {
  it('1000 mutations: a typed error or a network', { timeout: 300_000 }, async () => {
    const files = [
      writeNet(everything()),
      ...(folder
        ? ['tiny.net', 'fuzz/091-quirk-strtype.net', 'fuzz/031-delay.net'].map(
            (path) => new Uint8Array(readFileSync(join(folder, path))),
          )
        : []),
    ]
    const outcome = { read: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), mutation, async (file, mutate) => {
        const bytes = mutate(file)
        const before = process.memoryUsage().arrayBuffers
        try {
          loadNetwork(await readNet(bytes))
          outcome.read++
        } catch (error) {
          if (!isSnnError(error, 'DATA_INVALID') && !isSnnError(error, 'CONVERT_UNSUPPORTED')) throw error
          expect(error.message).toMatch(/^\[(readNet|loadNetwork)\] .+/)
          outcome.refused++
        }
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * 2 ** 20)
      }),
      { numRuns: 1000, seed: 1, endOnFailure: true },
    )
    expect(outcome.refused).toBeGreaterThan(20)
    expect(outcome.read).toBeGreaterThan(20)
  })
})

import { isSnnError } from '@snn/tensor'
import fc from 'fast-check'
import { File, ready, type Dataset } from 'h5wasm'
import { describe, expect, it } from 'vitest'
import { mutation } from '../../datasets/test/mutations.js'
import { anyGraph, anyNode } from '../test/graphs.js'
import { sharedFile, sharedPath } from '../test/shared-data.js'
import { nodeTypes } from './fields.js'
import { nirArray, nirFromJson, nirToJson, readNir, writeNir, type NirGraph } from './index.js'

const unchecked = { check: false }
const shared = [
  'braille_noDelay_bias_zero',
  'braille_noDelay_bias_zero_subgraph',
  'cnn_sinabs',
  'lif_norse',
  'lif_rockpool',
  'two_lif_neurons',
]

/** The graph with all that a file may leave open filled in, and names in order: HDF5 sorts them. */
async function stored(graph: NirGraph): Promise<NirGraph> {
  return readNir(await writeNir(graph, unchecked), unchecked)
}

/** A graph as text, whatever the order of names. */
function text(graph: NirGraph): string {
  const sorted = (value: unknown): unknown =>
    ArrayBuffer.isView(value)
      ? Array.from(value as Float64Array, (x) => (Object.is(x, -0) ? '-0' : String(x)))
      : Array.isArray(value)
        ? value.map(sorted)
        : typeof value === 'object' && value !== null
          ? Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, inner]) => [key, sorted(inner)])
          : value
  return JSON.stringify(sorted(graph))
}

describe('files', () => {
  it('there are the 19 types of NIR', () => {
    expect(nodeTypes).toHaveLength(19)
    expect(Object.keys(anyNode)).toEqual(nodeTypes.slice(0, -1))
  })

  it('what was written is read, as HDF5 and as JSON', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, fc.boolean(), async (graph, compression) => {
        const read = await readNir(await writeNir(graph, { check: false, compression }), unchecked)
        expect(read.version).toBe('1.0.8')
        const { version: _, ...rest } = read
        const { version: __, ...fromJson } = nirFromJson(nirToJson(graph, unchecked), unchecked)
        expect(text(fromJson)).toBe(text(rest))
        // Shapes that the graph leaves open may be filled in; all that it states is kept.
        expect(text(await stored(read))).toBe(text(read))
        if (!JSON.stringify(graph).includes('null')) expect(text(rest)).toBe(text(graph))
      }),
      { numRuns: 60, seed: 1, endOnFailure: true },
    )
  })

  it('old files: no v_reset, no w_in, fixed strings, sizes as single numbers', async () => {
    const lif = {
      type: 'LIF',
      tau: { dtype: 'float64', shape: [2], data: [1, 2] },
      r: { dtype: 'float64', shape: [2], data: [1, 1] },
      v_leak: { dtype: 'float64', shape: [2], data: [0, 0] },
      v_threshold: { dtype: 'float32', shape: [2], data: [1, 1] },
    }
    const read = nirFromJson(JSON.stringify({ node: { type: 'NIRGraph', nodes: { lif }, edges: [] } }))
    expect(read.version).toBeUndefined()
    expect(read.nodes['lif']).toMatchObject({ v_reset: nirArray(new Float32Array(2)) })
    expect((await stored(read)).nodes['lif']).toEqual(read.nodes['lif'])
  })

  it.skipIf(!sharedPath('nir'))('published files keep every value', async () => {
    for (const name of shared) {
      const graph = await readNir(sharedFile(`nir/${name}.nir`), unchecked)
      expect(text(await stored(graph))).toBe(text(graph))
      expect(text(nirFromJson(nirToJson(graph, unchecked), unchecked))).toBe(text(graph))
    }
  })

  it.each([
    ['no graph', {}, 'graph.json: holds nothing at its top, expected { node } with the graph, and { version }.'],
    ['an unknown type', { node: { type: 'Lif' } }, "of the type 'Lif'"],
    [
      'an unknown field',
      { node: { type: 'NIRGraph', nodes: { a: { type: 'Input', shape: [1], size: 3 } }, edges: [] } },
      "node/nodes/a (Input) has the field 'size'",
    ],
    [
      'a field that is missing',
      { node: { type: 'NIRGraph', nodes: { a: { type: 'Input' } }, edges: [] } },
      "lacks the field 'shape'",
    ],
    [
      'edges that are no pairs',
      { node: { type: 'NIRGraph', nodes: {}, edges: ['a'] } },
      'expected names of shape [E,2]',
    ],
    [
      'an array of another size',
      {
        node: {
          type: 'NIRGraph',
          nodes: { a: { type: 'I', r: { dtype: 'float64', shape: [2], data: [1] } } },
          edges: [],
        },
      },
      'an array of 1 values',
    ],
  ])('refuse %s', (_, json, message) => {
    expect(() => nirFromJson(JSON.stringify(json))).toThrow(message)
  })
})

describe('damaged files: a typed error or a whole load, never anything else', () => {
  const graph: NirGraph = {
    type: 'NIRGraph',
    nodes: {
      in: { type: 'Input', shape: [2] },
      w: {
        type: 'Affine',
        weight: nirArray(Float32Array.of(1, 2, 3, 4), [2, 2]),
        bias: nirArray([0, 1]),
        metadata: { tool: 'none', more: { list: ['a', 'b'] } },
      },
      lif: {
        type: 'LIF',
        tau: nirArray([1, 1]),
        r: nirArray([1, 1]),
        v_leak: nirArray([0, 0]),
        v_threshold: nirArray([1, 1]),
        v_reset: nirArray([0, 0]),
      },
      out: { type: 'Output', shape: [2] },
    },
    edges: [
      ['in', 'w'],
      ['w', 'lif'],
      ['lif', 'w'],
      ['lif', 'out'],
    ],
  }

  it('1,000 mutations', { timeout: 240_000 }, async () => {
    const files = [
      await writeNir(graph),
      await writeNir(graph, { compression: false }),
      ...(sharedPath('nir')
        ? ['lif_norse', 'braille_noDelay_bias_zero'].map((name) => sharedFile(`nir/${name}.nir`))
        : []),
    ]
    const outcome = { loaded: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), mutation, async (file, mutate) => {
        const start = performance.now()
        try {
          await readNir(mutate(file))
          outcome.loaded++
        } catch (error) {
          if (!isSnnError(error, 'DATA_INVALID') && !isSnnError(error, 'NIR_INVALID')) throw error
          expect(error.message).toMatch(/^\[readNir\] .+/)
          outcome.refused++
        }
        expect(performance.now() - start).toBeLessThan(5000)
      }),
      { numRuns: 1000, seed: 1, endOnFailure: true },
    )
    expect(outcome.refused).toBeGreaterThan(200)
    expect(outcome.loaded).toBeGreaterThan(30)
  })

  it('500 mutations of JSON', () => {
    const json = new TextEncoder().encode(nirToJson(graph))
    fc.assert(
      fc.property(mutation, (mutate) => {
        try {
          nirFromJson(new TextDecoder().decode(mutate(json)))
        } catch (error) {
          if (!isSnnError(error, 'DATA_INVALID') && !isSnnError(error, 'NIR_INVALID')) throw error
        }
      }),
      { numRuns: 500, seed: 1, endOnFailure: true },
    )
  })
})

describe('files made to harm', () => {
  /** A file that the library itself makes. */
  async function made(make: (file: File) => void): Promise<Uint8Array> {
    const { FS } = await ready
    const file = new File('harm.h5', 'w')
    make(file)
    file.close()
    return FS.readFile('harm.h5')
  }

  it('claim more than they can hold', async () => {
    const bytes = await made((file) => {
      file.create_dataset({
        name: 'node',
        data: new Float64Array(4),
        shape: [4],
        maxshape: [null],
        chunks: [4],
        compression: 'gzip',
      })
      ;(file.get('node') as Dataset).resize([2 ** 31])
    })
    expect(bytes.length).toBeLessThan(100_000)
    await expect(readNir(bytes)).rejects.toThrow(
      /\[readNir\] graph\.nir: \/node would take 17179869184 bytes, expected at most \d+ from a file of \d+\./,
    )
  })

  it('hold themselves, or something outside', async () => {
    const circle = await made((file) => void file.create_group('node').create_hard_link('/', 'again'))
    await expect(readNir(circle)).rejects.toThrow(/lies deeper than 64 groups|a group holds itself/)
    const outside = await made((file) => void file.create_external_link('/etc/passwd', '/x', 'node'))
    await expect(readNir(outside)).rejects.toThrow('/node is ExternalLink, expected a group or a data set.')
  })
})

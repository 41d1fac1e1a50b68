import { compile, isSnnError, reference, type Tensor } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mutation } from '../../../datasets/test/mutations.js'
import {
  checkNirData,
  compareNirData,
  fromNir,
  fromNirData,
  nirArray,
  readNir,
  readNirData,
  toEvents,
  toNirData,
  toTimeGrid,
  writeNir,
  writeNirData,
  type NirGraph,
  type NirGraphData,
  type TimeGriddedData,
} from '../index.js'

const grids: fc.Arbitrary<TimeGriddedData> = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 4 }),
    fc.boolean(),
    fc.constantFrom(1e-4, 1e-3, 0.1, 0.3),
  )
  .chain(([samples, steps, neurons, binary, dt]) =>
    fc
      .array(binary ? fc.constantFrom(0, 1) : fc.float({ noNaN: true }), {
        minLength: samples * steps * neurons,
        maxLength: samples * steps * neurons,
      })
      .map((data) => ({
        type: 'TimeGriddedData' as const,
        shape: [samples, steps, neurons] as const,
        data: Float32Array.from(data),
        binary,
        dt,
      })),
  )

const lif = (n: number) => ({
  type: 'LIF' as const,
  tau: nirArray(new Float32Array(n).fill(0.01)),
  r: nirArray(new Float32Array(n).fill(1)),
  v_leak: nirArray(new Float32Array(n)),
  v_threshold: nirArray(new Float32Array(n).fill(0.5)),
  v_reset: nirArray(new Float32Array(n)),
})
const graph: NirGraph = {
  type: 'NIRGraph',
  nodes: { input: { type: 'Input', shape: [3] }, lif: lif(3), output: { type: 'Output', shape: [3] } },
  edges: [
    ['input', 'lif'],
    ['lif', 'output'],
  ],
}

describe('recorded data', () => {
  it('what was written is read', async () => {
    await fc.assert(
      fc.asyncProperty(grids, grids, async (a, b) => {
        const valued = { ...toEvents({ ...b, binary: true }), type: 'ValuedEventData' as const }
        const data: NirGraphData = {
          type: 'NIRGraphData',
          nodes: {
            lif: {
              type: 'NIRNodeData',
              observables: {
                spikes: a,
                events: toEvents(a),
                values: { ...valued, value: valued.time.map((t) => (t === Infinity ? 0 : t / 2)) },
              },
            },
            inner: { type: 'NIRGraphData', nodes: { x: { type: 'NIRNodeData', observables: { membrane: b } } } },
          },
        }
        expect(await readNirData(await writeNirData(data))).toEqual(data)
      }),
      { numRuns: 60, seed: 1, endOnFailure: true },
    )
  })

  it('spikes as events are the same spikes again, whatever dt', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const spikes = { ...grid, binary: true, data: grid.data.map((value) => Number(value !== 0)) }
        expect(toTimeGrid(toEvents(spikes), { dt: grid.dt })).toEqual(spikes)
        expect(toTimeGrid(toEvents(spikes, { timeShift: 0 }), { dt: grid.dt })).toEqual(spikes)
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  it('a run is written, read, and held against another', async () => {
    const run = async (as: 'euler' | 'exact') => {
      const net = fromNir(await readNir(await writeNir(graph)), { dt: 1e-3, as })
      const all = compile((x: Tensor) => net.run('sequence', x, { record: ['lif.v', 'lif.spike'] }).recorded, {
        backend: reference(),
      })
      const x = { data: Float32Array.from({ length: 120 }, (_, i) => (i % 7) / 3), shape: [20, 2, 3] }
      return toNirData({ 'input.values': x, ...(await all(x)) }, { dt: 1e-3 })
    }
    const [ours, theirs] = [await run('euler'), await readNirData(await writeNirData(await run('exact')))]
    expect(() => checkNirData(ours, graph)).not.toThrow()
    expect(Object.keys(fromNirData(ours, { dt: 1e-3 }))).toEqual(['input.values', 'lif.spikes', 'lif.membrane'])
    expect(fromNirData(ours, { dt: 1e-3 })['lif.spikes']!.shape).toEqual([20, 2, 3])
    expect(compareNirData(ours, await readNirData(await writeNirData(ours)), { dt: 1e-3 })).toEqual([])
    const differences = compareNirData(ours, theirs, { dt: 1e-3, tolerance: 1e-3 })
    expect(differences.map(({ path }) => path)).toContain('lif.membrane')
    expect(differences[0]!.at).toHaveLength(3)
    expect(() => checkNirData(ours, { ...graph, nodes: { ...graph.nodes, lif: lif(4) } })).toThrow(
      /'lif' has 3 neurons in lif.*, and 4 in the graph/,
    )
  })

  it('refuses what does not fit', async () => {
    await expect(readNirData(await writeNir(graph))).rejects.toThrow(
      'is a graph, no recorded data. Read it by readNir.',
    )
    await expect(readNir(await writeNirData({ type: 'NIRGraphData', nodes: {} }))).rejects.toThrow(
      'holds recorded data, no graph. Read it by readNirData.',
    )
    await expect(
      writeNirData({
        type: 'NIRGraphData',
        nodes: {
          a: {
            type: 'NIRNodeData',
            observables: {
              v: { type: 'TimeGriddedData', shape: [1, 2, 3], data: new Float32Array(5), binary: false, dt: 1 },
            },
          },
        },
      }),
    ).rejects.toMatchObject({ code: 'SHAPE' })
    expect(() => toNirData({ spike: { data: new Float32Array(1), shape: [1, 1] } }, { dt: 1 })).toThrow(
      'such as lif.spike',
    )
  })

  it('1,000 mutations: a typed error or a whole load', { timeout: 240_000 }, async () => {
    const spikes: TimeGriddedData = {
      type: 'TimeGriddedData',
      shape: [2, 10, 3],
      data: new Float32Array(60).fill(1),
      binary: true,
      dt: 1e-3,
    }
    const membrane = { ...spikes, data: Float32Array.from({ length: 60 }, (_, i) => i), binary: false }
    const file = await writeNirData({
      type: 'NIRGraphData',
      nodes: { lif: { type: 'NIRNodeData', observables: { spikes, membrane, events: toEvents(spikes) } } },
    })
    const outcome = { loaded: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(mutation, async (mutate) => {
        try {
          await readNirData(mutate(file))
          outcome.loaded++
        } catch (error) {
          if (!isSnnError(error, 'DATA_INVALID')) throw error
          outcome.refused++
        }
      }),
      { numRuns: 1000, seed: 1, endOnFailure: true },
    )
    expect(outcome.refused).toBeGreaterThan(200)
    expect(outcome.loaded).toBeGreaterThan(30)
  })
})

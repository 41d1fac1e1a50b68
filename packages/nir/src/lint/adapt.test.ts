import { compile, reference, type Tensor } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  adaptNir,
  fromNir,
  inferShapes,
  lint,
  nirArray,
  readers,
  type DiscretisationName,
  type NirArray,
  type NirGraph,
  type NirNode,
  type ReaderName,
} from '../index.js'

const backend = reference()
/** Quarters that look random, so that sums and products are exact in whatever order. */
const quarters = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.round(8 * Math.sin(12.9898 * (i + 1) + 78.233 * seed)) / 4)
const all = (value: number, shape: readonly number[]): NirArray =>
  nirArray(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape)

const dt = 2 ** -10
const neurons = (shape: readonly number[], threshold: number): NirNode => ({
  type: 'IF',
  r: all(1 / dt, shape),
  v_threshold: all(threshold, shape),
  v_reset: all(0, shape),
})

/** conv [2,5,6] -> pool -> neurons or nothing -> flatten -> matrix. */
const graphs: fc.Arbitrary<NirGraph> = fc
  .record({
    groups: fc.constantFrom(1, 2),
    kernel: fc.constantFrom([1, 3], [3, 1], [3, 3], [1, 2]),
    pool: fc.constantFrom('AvgPool2d', 'SumPool2d'),
    pools: fc.constantFrom(1, 2),
    firing: fc.boolean(),
    pooledFires: fc.boolean(),
    bias: fc.boolean(),
    threshold: fc.constantFrom(0.5, 1.5),
    seed: fc.nat(1000),
  })
  .map(({ groups, kernel, pool, pools, firing, pooledFires, bias, threshold, seed }) => {
    let next = seed
    const take = (shape: readonly number[]): NirArray =>
      nirArray(
        quarters(
          shape.reduce((a, b) => a * b, 1),
          next++,
        ),
        shape,
      )
    const nodes: Record<string, NirNode> = {
      input: { type: 'Input', shape: [2, 6, 6] },
      conv: {
        type: 'Conv2d',
        input_shape: [6, 6],
        weight: take([4, 2 / groups, ...kernel]),
        stride: 1,
        padding: [0, 1],
        dilation: 1,
        groups,
        bias: take([4]),
      },
    }
    const shape = inferShapes({ type: 'NIRGraph', nodes: { ...nodes }, edges: [['input', 'conv']] }).shapes.get(
      'conv',
    )!.output
    const chain = (own: Readonly<Record<string, NirNode>>): NirGraph => ({
      type: 'NIRGraph',
      nodes: own,
      edges: Object.keys(own)
        .slice(1)
        .map((name, i) => [Object.keys(own)[i]!, name] as const),
    })
    if (firing) nodes['fire'] = neurons(shape, threshold + 1 / 1024)
    for (let i = 0; i < pools; i++)
      nodes[`pool${i}`] = { type: pool as 'AvgPool2d', kernel_size: [2, 1], stride: [2, 1], padding: 0 }
    if (pooledFires)
      nodes['pooled'] = neurons(inferShapes(chain(nodes)).shapes.get(`pool${pools - 1}`)!.output, threshold + 1 / 1024)
    nodes['flatten'] = { type: 'Flatten', input_type: null, start_dim: 0, end_dim: -1 }
    const [features] = inferShapes(chain(nodes)).shapes.get('flatten')!.output
    const weight = take([3, features!])
    nodes['matrix'] = bias ? { type: 'Affine', weight, bias: take([3]) } : { type: 'Linear', weight }
    nodes['output'] = { type: 'Output', shape: [3] }
    return chain(nodes)
  })

/** Outputs of four steps. */
async function outputs(graph: NirGraph, as: DiscretisationName, x: Float32Array): Promise<number[]> {
  const net = fromNir(graph, { dt, as })
  await using run = compile((now: Tensor) => net.forward(now), { backend })
  return [...(await run({ data: x, shape: [4, 1, 2, 6, 6] })).data]
}

describe('adaptNir', () => {
  it('changes forms, never what a graph does, and leaves a tool less to refuse', { timeout: 60_000 }, async () => {
    const names = Object.keys(readers) as ReaderName[]
    await fc.assert(
      fc.asyncProperty(graphs, fc.constantFrom(...names), async (graph, reader) => {
        const x = quarters(288, 7)
        const adapted = adaptNir(graph, reader, { dt })
        expect(lint(adapted, reader, { dt }).length).toBeLessThanOrEqual(lint(graph, reader, { dt }).length)
        // no sum of sixty-fourths ties with a threshold, of which the two take another view; r in steps is what the tools'
        // own steps take it for
        const counted = Object.values(adapted.nodes).some((node) => node.type === 'IF' && node.r.data[0] === 1)
        expect(await outputs(adapted, counted ? 'norse' : 'spikingjelly', x)).toEqual(
          await outputs(graph, 'spikingjelly', x),
        )
      }),
      { numRuns: 60, seed: 3 },
    )
  })

  it('gives sinabs and Speck what they read', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const kernel = (graph.nodes['conv'] as { readonly weight: NirArray }).weight.shape
        // a core of Speck pools what its neurons give
        for (const reader of 'pooled' in graph.nodes ? (['sinabs'] as const) : (['sinabs', 'speck'] as const)) {
          const left = lint(adaptNir(graph, reader, { dt }), reader, { dt }).filter(
            ({ effect, node }) => effect === 'rejects' && node !== 'conv',
          )
          expect(left).toEqual([])
        }
        // a kernel of even sides has no middle
        const refused = lint(adaptNir(graph, 'speck', { dt }), 'speck', { dt })
          .filter(({ effect, node }) => effect === 'rejects' && node === 'conv')
          .map(({ what }) => what)
        expect(refused).toEqual(kernel[3] === 2 ? ['a kernel that is not square'] : [])
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  it('leaves what has no such form, and what something else takes', () => {
    const pool: NirNode = { type: 'AvgPool2d', kernel_size: 2, stride: 2, padding: 0 }
    const graph: NirGraph = {
      type: 'NIRGraph',
      nodes: {
        input: { type: 'Input', shape: [1, 2, 2] },
        pool,
        fire: neurons([1, 1, 1], 1),
        output: { type: 'Output', shape: [1, 1, 1] },
      },
      edges: [
        ['input', 'pool'],
        ['pool', 'fire'],
        ['fire', 'output'],
      ],
    }
    // a mean is a sum over thresholds four times as large, in steps
    expect(adaptNir(graph, 'sinabs', { dt }).nodes).toMatchObject({
      pool: { type: 'SumPool2d' },
      fire: { r: { data: Float32Array.of(1) }, v_threshold: { data: Float32Array.of(4) } },
    })
    const branched: NirGraph = { ...graph, edges: [...graph.edges, ['pool', 'output']] }
    expect(adaptNir(branched, 'sinabs', { dt }).nodes['pool']).toEqual(pool)
    expect(lint(graph, 'sinabs', { dt }).find(({ node }) => node === 'pool')).toMatchObject({
      effect: 'rejects',
      fix: 'Give it as a SumPool2d before smaller weights.',
    })
    expect(adaptNir(graph, 'nir', { dt })).toEqual(graph)
    expect(() => adaptNir(graph, 'nest' as ReaderName)).toThrow("[adaptNir] reader 'nest', expected one of nir, ")
  })

  it('is advised only what the tool reads', () => {
    const scalar = all(1, [1])
    const around = (node: NirNode): NirGraph => ({
      type: 'NIRGraph',
      nodes: { input: { type: 'Input', shape: [1] }, node, output: { type: 'Output', shape: [1] } },
      edges: [
        ['input', 'node'],
        ['node', 'output'],
      ],
    })
    const lif = around({
      type: 'LIF',
      tau: scalar,
      r: scalar,
      v_leak: all(0, [1]),
      v_threshold: scalar,
      v_reset: all(0, [1]),
    })
    for (const reader of Object.keys(readers) as ReaderName[]) {
      for (const { what, fix } of lint(lif, reader)) {
        if (!what.includes('does not read LIF')) continue
        for (const type of fix.match(/\b(Cuba)?(IF|LIF)\b/g) ?? [])
          expect(readers[reader].nodes[type as 'IF'].reads, `${reader}: ${fix}`).toBe(true)
      }
    }
    expect(lint(lif, 'speck')[0]!.fix).toBe('Use the neurons that it reads: IF.')
  })
})

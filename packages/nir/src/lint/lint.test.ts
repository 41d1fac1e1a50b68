import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyNode } from '../../test/graphs.js'
import { sharedFile, sharedPath } from '../../test/shared-data.js'
import {
  capabilityTable,
  inferShapes,
  lint,
  nirArray,
  readers,
  readNir,
  type NirGraph,
  type NirNode,
  type ReaderName,
} from '../index.js'

const names = Object.keys(readers) as ReaderName[]
const one = (value: number) => nirArray(Float32Array.of(value))

/** One node between an input and an output of its own shapes. */
function around(node: NirNode): NirGraph {
  const own = inferShapes({ type: 'NIRGraph', nodes: { node }, edges: [] }).shapes.get('node') ?? {
    input: [2, 8, 8],
    output: [1],
  }
  const output = inferShapes({
    type: 'NIRGraph',
    nodes: { input: { type: 'Input', shape: own.input }, node },
    edges: [['input', 'node']],
  }).shapes.get('node')?.output ?? [1]
  return {
    type: 'NIRGraph',
    nodes: { input: { type: 'Input', shape: own.input }, node, output: { type: 'Output', shape: output } },
    edges: [
      ['input', 'node'],
      ['node', 'output'],
    ],
  }
}

const whats = (graph: NirGraph, reader: ReaderName, dt = 1e-4): string[] =>
  lint(graph, reader, { dt }).map(({ effect, what }) => `${effect} ${what}`)

describe('lint', () => {
  it('says of every node that a tool does not read, and of no other, that it is not read', () => {
    for (const [type, arbitrary] of Object.entries(anyNode)) {
      fc.assert(
        fc.property(arbitrary, fc.constantFrom(...names), (node, name) => {
          const graph = around(node)
          if (inferShapes(graph).faults.length > 0 || type === 'Input' || type === 'Output') return
          const found = lint(graph, name)
          const refused = found.filter(({ what }) => what.endsWith(`does not read ${type}`))
          expect(refused).toHaveLength(readers[name].nodes[node.type].reads ? 0 : 1)
          for (const { node: at, what, fix, source } of found) {
            expect(what.length * fix.length).toBeGreaterThan(0)
            expect(['node', '']).toContain(at)
            expect(source).toMatch(/^https:\/\/\S+ .+/)
          }
        }),
        { numRuns: 20, seed: 1 },
      )
    }
  })

  it('every cell of the table has its source', () => {
    for (const { url, nodes, graph } of Object.values(readers)) {
      expect(url).toMatch(/^https:\/\/git(hub|lab)\.com\//)
      expect(Object.keys(nodes)).toHaveLength(19)
      for (const { source } of Object.values(nodes)) expect(source.length).toBeGreaterThan(3)
      expect(graph.source.length).toBeGreaterThan(3)
    }
  })

  it('the table in the documentation is made from the data', () => {
    // To make it again: node --conditions=@snn/source --import tsx -e "import('@snn/nir').then((nir) =>
    // console.log(nir.capabilityTable()))"
    const text = readFileSync(new URL('../../CAPABILITIES.md', import.meta.url), 'utf8')
    expect(text).toContain(capabilityTable())
  })

  const lif = (more: Partial<Record<'tau' | 'r' | 'v_leak' | 'v_threshold' | 'v_reset', number>> = {}): NirGraph =>
    around({
      type: 'LIF',
      tau: one(more.tau ?? 0.01),
      r: one(more.r ?? 1),
      v_leak: one(more.v_leak ?? 0),
      v_threshold: one(more.v_threshold ?? 1),
      v_reset: one(more.v_reset ?? 0),
    })

  it('knows what depends on values', () => {
    expect(whats(lif(), 'norse')).toEqual([])
    expect(whats(lif({ r: 2 }), 'norse')).toEqual(['changes r other than 1: takes r as 1, with a warning'])
    expect(whats(lif({ v_leak: 0.1 }), 'snntorch')).toEqual(['rejects v_leak other than 0'])
    expect(whats(lif({ v_reset: -1 }), 'snntorch')).toEqual(['changes v_reset other than 0: resets to 0'])
    expect(whats(lif({ v_leak: 0.1 }), 'spikingjelly')[0]).toBe('rejects v_leak other than v_reset')
    expect(whats(lif({ r: 100 }), 'spikingjelly')).toEqual(['changes a tie: fires at the threshold, too'])
    expect(whats(lif({ r: 7 }), 'spikingjelly')[0]).toBe('changes r other than 1 and tau / dt: takes r as tau / dt')
    expect(
      whats(around({ type: 'IF', r: one(1000), v_threshold: one(1), v_reset: one(0) }), 'spikingjelly', 1e-3),
    ).toEqual(['changes a tie: fires at the threshold, too'])
  })

  it('knows shapes that nir refuses itself', () => {
    const conv = (groups: number, kernel: readonly number[]) =>
      around({
        type: 'Conv2d',
        input_shape: [8, 8],
        weight: nirArray(new Float32Array(4 * (4 / groups) * kernel[0]! * kernel[1]!).fill(1), [
          4,
          4 / groups,
          ...kernel,
        ]),
        stride: 1,
        padding: 1,
        dilation: 1,
        groups,
        bias: nirArray(new Float32Array(4)),
      })
    expect(whats(conv(1, [3, 3]), 'nir')).toEqual([])
    expect(whats(conv(2, [3, 3]), 'nir')).toEqual(['rejects groups'])
    expect(whats(conv(1, [3, 5]), 'nir')).toEqual(['rejects a kernel that is not square'])
    const rounds = 'changes biases and thresholds: rounds them to whole steps of the weights'
    expect(whats(conv(1, [3, 3]), 'speck')).toEqual([rounds])
    const uneven = conv(1, [3, 3])
    const node = uneven.nodes['node'] as Extract<NirNode, { readonly type: 'Conv2d' }>
    node.weight.data[0] = 0.3
    expect(whats(uneven, 'speck')).toEqual(['changes weights that are not whole steps of 8 bits: rounds them', rounds])
    node.weight.data[0] = 38 / 127
    expect(whats(uneven, 'speck')).toEqual([rounds])
  })

  it('knows circles and graphs inside', () => {
    const nodes = {
      input: { type: 'Input', shape: [1] },
      lif: lif().nodes['node']!,
      w: { type: 'Linear', weight: nirArray(Float32Array.of(1), [1, 1]) },
      out: { type: 'Output', shape: [1] },
    } as const satisfies Record<string, NirNode>
    const pair: NirGraph = {
      type: 'NIRGraph',
      nodes,
      edges: [
        ['input', 'lif'],
        ['lif', 'w'],
        ['w', 'lif'],
        ['lif', 'out'],
      ],
    }
    expect(whats(pair, 'snntorch').filter((what) => what.includes('circle'))).toEqual([])
    expect(whats(pair, 'brainscales2').filter((what) => what.includes('circle'))).toHaveLength(1)
    const two: NirGraph = {
      type: 'NIRGraph',
      nodes: { ...nodes, second: nodes.lif },
      edges: [
        ['input', 'lif'],
        ['lif', 'second'],
        ['second', 'lif'],
        ['second', 'out'],
      ],
    }
    expect(whats(two, 'snntorch').filter((what) => what.includes('circle'))).toHaveLength(1)
    const outer: NirGraph = {
      type: 'NIRGraph',
      nodes: { in: nodes.input, inner: pair, out: nodes.out },
      edges: [
        ['in', 'inner'],
        ['inner', 'out'],
      ],
    }
    expect(whats(outer, 'norse')[0]).toBe('rejects Norse does not read NIRGraph')
    expect(whats(outer, 'snntorch').filter((what) => what.startsWith('rejects'))).toEqual([])
    expect(whats({ ...pair, edges: [...pair.edges, ['w', 'gone']] }, 'nir')[0]).toContain('named by edges')
  })

  it('knows what does not fit on Speck', () => {
    const wide = around({
      type: 'Affine',
      weight: nirArray(new Float32Array(300 * 300), [300, 300]),
      bias: nirArray(new Float32Array(300)),
    })
    expect(whats(wide, 'speck')).toContain(
      'rejects 153600 words of kernels and 300 of neurons, which no core of Speck holds together',
    )
  })

  it.skipIf(!sharedPath('nir'))('published graphs', async () => {
    const read = (name: string) => readNir(sharedFile(`nir/${name}.nir`))
    expect(lint(await read('lif_norse'), 'norse')).toEqual([])
    expect(lint(await read('cnn_sinabs'), 'nir')).toEqual([])
    expect(new Set(lint(await read('cnn_sinabs'), 'sinabs').map(({ effect }) => effect))).toEqual(new Set(['changes']))
    expect(
      whats(await read('braille_noDelay_bias_zero'), 'snntorch').every((what) =>
        what.startsWith('changes w_in other than 1: divides the threshold'),
      ),
    ).toBe(true)
    expect(whats(await read('two_lif_neurons'), 'snntorch')).toContain('rejects v_leak other than 0')
  })
})

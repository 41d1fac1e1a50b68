import { cpu } from '@snn/backend-cpu'
import { integrateAndFire } from '@snn/neuron'
import { addLayer, conv2d, flatten, input, linear, Network, sequential, type Layer, type NetworkNode } from '@snn/nn'
import { compile, reference, sizeOf, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { loadNetwork } from '../netx/load-network.js'
import golden from '../../test/golden/branches.json' with { type: 'json' }
import { compileSimulator } from '../sim/compiled/compile-simulator.js'
import type { ProcessGraph } from '../sim/process-graph.js'
import { simulator } from '../sim/simulator.js'
import { exportNet, hasBranches } from './export-net.js'
import { exportProcesses } from './export-processes.js'

const node = (name: string, layer: Layer, ...inputs: string[]): NetworkNode => ({ name, layer, inputs })

/**
 * Two ways of equal length, which meet, so that spikes meet in the step in which they do in the network; weights are
 * whole 64ths.
 */
function branches(): Network {
  const net = new Network({
    inputs: [{ name: 'x', shape: [2, 5, 5] }],
    nodes: [
      node('c1', conv2d(2, 3, 3, { padding: 1, bias: false }), 'x'),
      node('n1', integrateAndFire(), 'c1'),
      node('c2', conv2d(3, 4, 3, { padding: 1, bias: false }), 'n1'),
      node('n2', integrateAndFire({ threshold: 2 }), 'c2'),
      node('c3', conv2d(3, 4, 1, { bias: false }), 'n1'),
      node('n3', integrateAndFire(), 'c3'),
      node('c4', conv2d(4, 4, 3, { padding: 1, bias: false }), 'n2'),
      node('sum', addLayer({}), 'c4', 'n3'),
      node('n4', integrateAndFire({ threshold: 1.5 }), 'sum'),
      node('flat', flatten(), 'n4'),
      node('fc', linear(100, 3, { bias: false }), 'flat'),
      node('n5', integrateAndFire({ threshold: 4 }), 'fc'),
    ],
    outputs: ['n5'],
  })
  for (const [i, cell] of Object.values(net.parameters()).entries())
    cell.set({
      data: Float32Array.from(
        { length: sizeOf(cell.shape) },
        (_, at) => (at === 0 ? 127 : Math.round(140 * Math.sin(at * (i + 1.3)) * Math.sin(at) + 20)) / 64,
      ).map((w) => Math.max(-127 / 64, Math.min(127 / 64, w))),
      shape: cell.shape,
    })
  return net
}

const T = 14
const spikes = (size: number): Float32Array =>
  Float32Array.from({ length: T * size }, (_, i) => ((i * 7919) % 5 < 2 ? 1 : 0))

describe('exportProcesses', () => {
  it('writes a network with branches, which exportNet refuses, and its spikes are those of the network', async () => {
    const net = branches()
    expect(await hasBranches(net)).toBe(true)
    await expect(exportNet(net)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message:
        '[exportNet] n4 (add): it takes c4 and n4_from_n3, and layers of a .net file are a chain. Use exportProcesses, whose processes connect freely, or train without shortcuts and branches.',
    })
    const { graph, report } = await exportProcesses(net)
    expect(report.layers.map(({ name, from }) => [name, from])).toEqual([
      ['c1', ['x']],
      ['c2', ['n1']],
      ['c3', ['n1']],
      ['c4', ['n2', 'n3']],
      ['fc', ['n4']],
    ])
    const given = spikes(50)
    const expected = await compile((x: Tensor) => net.forward(x), { backend: reference() })({
      data: given,
      shape: [T, 1, 2, 5, 5],
    })
    const run = simulator(graph)
    const [depth, out] = [4, [] as number[]]
    for (let t = 0; t < T + depth; t++) {
      run.step(t < T ? given.subarray(t * 50, (t + 1) * 50) : undefined)
      if (t >= depth) out.push(...run.processes.get(graph.blocks.at(-1)!.neuron)!.out)
    }
    expect(out.some((s) => s === 1)).toBe(true)
    expect(out).toEqual(Array.from(expected.data))
    const backend = await cpu()
    await using compiled = compileSimulator(graph, { backend, record: graph.blocks.map(({ neuron }) => neuron) })
    const recorded = await compiled.run({
      data: Float32Array.from({ length: (T + depth) * 50 }, (_, i) => given[i] ?? 0),
      shape: [T + depth, 1, 2, 5, 5],
    })
    expect(Array.from(recorded[graph.blocks.at(-1)!.neuron]!.slice(depth * 3))).toEqual(out)
  })

  it('gives of a chain the processes that the loader makes of its file', async () => {
    const net = sequential(
      input([1, 6, 6]),
      conv2d(1, 2, 3, { padding: 1 }),
      integrateAndFire(),
      flatten(),
      linear(72, 7),
      integrateAndFire(),
      linear(7, 3),
    )
    net.initialize({ seed: 3 })
    const { graph } = await exportProcesses(net)
    const loaded = loadNetwork((await exportNet(net)).net)
    const plain = (value: object): unknown =>
      JSON.parse(
        JSON.stringify(value, (_, item: unknown) =>
          ArrayBuffer.isView(item) ? Array.from(item as unknown as ArrayLike<number>) : item,
        ),
      )
    expect(graph.blocks.map(({ neuron }) => neuron)).toEqual(loaded.blocks.map(({ neuron }) => neuron))
    expect(plain({ ...graph, blocks: [] })).toEqual(plain({ ...loaded, blocks: [] }))
  })

  it('shares a weight that is large beside those of the other input out to several synapses', async () => {
    const net = branches()
    net.parameters()['c4.weight']!.set({ data: new Float32Array(144).map((_, i) => (i % 9) / 32), shape: [4, 4, 3, 3] })
    const { graph, report } = await exportProcesses(net)
    const synapses = graph.blocks[3]!.synapses.map(
      (name) => graph.processes.find((process) => process.name === name)!.process,
    )
    expect(synapses.length).toBe(5) // 1 / 0.25, and the convolution
    expect(report.layers[3]!.scale).toBeCloseTo((254 / 0.25) * 1.5, 9)
    const [, ...shares] = synapses.map((process) =>
      Array.from((process as { readonly weight: ArrayLike<number> }).weight),
    )
    for (const channel of [0, 1, 2, 3])
      expect(shares.reduce((sum, weight) => sum + weight[channel]!, 0)).toBe(2 * Math.round((254 * 4) / 2))
  })

  it('runs as real Lava ran it, with its program', () => {
    const { membranes, spikes: sent, depth, inputShape, processes, connections } = golden
    const run = simulator({
      inputShape,
      connections,
      processes: processes.map(({ name, ...process }) => ({ name, process })),
    } as unknown as ProcessGraph)
    const size = sizeOf(inputShape)
    for (let t = 0; t < sent.length / size + depth; t++)
      run.step(t * size < sent.length ? Array.from(sent.slice(t * size, (t + 1) * size), Number) : undefined)
    expect(Array.from([...run.processes.values()].at(-1)!.state['v']!)).toEqual(membranes)
  })

  it('comes with a program that says what it needs, and the processes that it connects', async () => {
    const { files } = await exportProcesses(branches(), { steps: 8, out: 'two' })
    expect(Object.keys(files)).toEqual(['two.json', 'two.py'])
    const { inputShape, depth, processes, connections } = JSON.parse(
      new TextDecoder().decode(files['two.json']),
    ) as Record<string, unknown[]>
    expect([inputShape, depth, processes!.length, connections!.length]).toEqual([[2, 5, 5], 4, 11, 12])
    expect(new TextDecoder().decode(files['two.py'])).toContain('two.json')
  })
})

import { cubaLif, integrateAndFire, lif } from '@snn/neuron'
import {
  addLayer,
  avgPool2d,
  batchNorm2d,
  conv2d,
  flatten,
  globalAveragePoolLayer,
  input,
  linear,
  maxPool2d,
  Network,
  sequential,
  type Layer,
  type NetworkNode,
  type Part,
} from '@snn/nn'
import { compile, grad, reference, sizeOf, type Tensor, type Variable } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lif, LifReset } from '../sim/processes/lif.js'
import { simulator } from '../sim/simulator.js'
import { chipNetwork, type ChipNetwork, type ChipNetworkOptions } from './chip-network.js'

const backend = reference()

/** Numbers from 0 to 1, the same in each run. */
function numbers(seed: number): () => number {
  let state = seed * 2654435761 + 1
  return () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31
}

function setWeights(net: Network, random: () => number): void {
  for (const [path, cell] of Object.entries<Variable>(net.parameters()))
    cell.set({
      data: Float32Array.from({ length: sizeOf(cell.shape) }, () =>
        path.endsWith('bias') ? random() * 0.3 - 0.1 : random() * 1.2 - 0.4,
      ),
      shape: cell.shape,
    })
}

/** What every layer of neurons sends in each step (its v where it never fires), in training and on the chip. */
async function bothRuns(
  { network, depth, exportProcesses: write }: ChipNetwork,
  shape: readonly number[],
  random: () => number,
): Promise<{ readonly training: number[][]; readonly chip: number[][] }> {
  const T = 10
  const size = sizeOf(shape)
  const spikes = Float32Array.from({ length: (T + depth) * size }, (_, i) => (i < T * size && random() < 0.4 ? 1 : 0))
  const { graph, depth: layers } = await write()
  const neuronOf = (i: number): Lif | LifReset =>
    graph.processes.find(({ name }) => name === graph.blocks[i]!.neuron)!.process as Lif | LifReset
  const fires = (i: number): boolean => neuronOf(i).vth !== 131071
  const neurons = network.nodes.filter(({ layer }) => layer.kind === 'lavaLif')
  const record = neurons.map(({ name }, i) => `${name}.${fires(i) ? 'spike' : 'v'}`)
  const recorded = await compile((x: Tensor) => network.run('sequence', x, { record }).recorded, { backend })({
    data: spikes,
    shape: [T + depth, 1, ...shape],
  })
  const run = simulator(graph)
  const chip: number[][] = neurons.map(() => [])
  for (let t = 0; t < T + layers; t++) {
    run.step(
      spikes.subarray(t * size, (t + 1) * size).length > 0 ? spikes.subarray(t * size, (t + 1) * size) : undefined,
    )
    graph.blocks.forEach(({ neuron }, i) => {
      const { out, state } = run.processes.get(neuron)!
      const process = neuronOf(i)
      // without latency the chip is so much later as it is cleared
      const late = process.type === 'LIFReset' ? process.reset_offset - 1 : 0
      if (t >= late && t < late + T + depth) chip[i]!.push(...(fires(i) ? out : state['v']!))
    })
  }
  return { training: record.map((name) => Array.from(recorded[name]!.data)), chip }
}

/** A residual block between layers of neurons, and one of which the shortcut has a convolution. */
function residual(): Network {
  const node = (name: string, layer: Layer, ...inputs: string[]): NetworkNode => ({ name, layer, inputs })
  const neurons = (threshold = 1): Layer => integrateAndFire({ threshold })
  const nodes = [
    node('c1', conv2d(1, 3, 3, { padding: 1 }), 'x'),
    node('n1', integrateAndFire({ threshold: 1.2, amplitude: 'threshold' }), 'c1'),
    node('c2', conv2d(3, 3, 3, { padding: 1 }), 'n1'),
    node('n2', neurons(), 'c2'),
    node('c3', conv2d(3, 3, 3, { padding: 1 }), 'n2'),
    node('a1', addLayer({}), 'c3', 'n1'),
    node('n3', neurons(1.5), 'a1'),
    node('c4', conv2d(3, 4, 3, { padding: 1, stride: 2 }), 'n3'),
    node('n4', neurons(), 'c4'),
    node('c5', conv2d(4, 4, 3, { padding: 1 }), 'n4'),
    node('c6', conv2d(3, 4, 1, { stride: 2 }), 'n3'),
    node('a2', addLayer({}), 'c5', 'c6'),
    node('n5', neurons(2), 'a2'),
    node('pool', globalAveragePoolLayer({}), 'n5'),
    node('flat', flatten(), 'pool'),
    node('fc', linear(4, 3), 'flat'),
  ]
  return new Network({ inputs: [{ name: 'x', shape: [1, 6, 6] }], nodes, outputs: ['fc'] })
}

const nets: Readonly<
  Record<string, readonly [shape: readonly number[], parts: () => Part[] | Network, options?: ChipNetworkOptions]>
> = {
  'branches that meet': [[1, 6, 6], residual],
  'branches that meet, cleared between samples': [[1, 6, 6], residual, { steps: 10 }],
  'leaky neurons, cleared between samples': [
    [8],
    () => [linear(8, 9), lif({ tau: 3, threshold: 0.6 }), linear(9, 4), lif({ tau: 1.7 })],
    { steps: 10 },
  ],
  'dense layers with biases': [
    [6],
    () => [linear(6, 9), integrateAndFire({ threshold: 1.5 }), linear(9, 4), integrateAndFire()],
  ],
  'leaky neurons': [[8], () => [linear(8, 9), lif({ tau: 3, threshold: 0.6 }), linear(9, 4), lif({ tau: 1.7 })]],
  'synaptic currents': [
    [8],
    () => [
      linear(8, 9, { bias: false }),
      cubaLif({ currentDecay: 0.6, voltageDecay: 0.8 }),
      linear(9, 4, { bias: false }),
      cubaLif(),
    ],
  ],
  'convolutions and poolings': [
    [1, 8, 8],
    () => [
      conv2d(1, 3, 3, { padding: 1 }),
      batchNorm2d(3),
      integrateAndFire(),
      maxPool2d(2),
      conv2d(3, 4, 3, { padding: 1, groups: 1 }),
      integrateAndFire(),
      avgPool2d(2),
      flatten(),
      linear(16, 3),
    ],
  ],
  'a membrane that is read, four bits': [
    [7],
    () => [linear(7, 12), integrateAndFire(), linear(12, 4)],
    { weightBits: 4 },
  ],
  'currents of many inputs': [
    [200],
    () => [linear(200, 3), integrateAndFire({ threshold: 40 }), linear(3, 2), integrateAndFire()],
    { steps: 10 },
  ],
}

describe('chipNetwork', () => {
  it.each(Object.entries(nets))(
    'spikes in training are those of the simulator, bit by bit: %s',
    async (_, [shape, parts, options = {}]) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(1e6), fc.constantFrom(8, 5, 3), async (seed, weightBits) => {
          const random = numbers(seed)
          const made = parts()
          const net = made instanceof Network ? made : sequential(input(shape), ...(made as [Part]))
          setWeights(net, random)
          const chipNet = await chipNetwork(net, { approximate: ['bias-current'], weightBits, ...options })
          // as training would leave them: no rounding has been looked at
          for (const cell of Object.values(chipNet.network.parameters()))
            cell.set({
              data: Float32Array.from(await cell.data(), (w) => w + (random() - 0.5) * 0.1),
              shape: cell.shape,
            })
          const { training, chip } = await bothRuns(chipNet, shape, random)
          expect(chip[0]!.some((s) => s !== 0)).toBe(true)
          expect(training).toEqual(chip)
        }),
        { numRuns: 5, seed: 4 },
      )
    },
    60_000,
  )

  it('has gradients in units of the network, straight through the rounding', async () => {
    const net = sequential(input([3]), linear(3, 2), integrateAndFire(), linear(2, 2))
    setWeights(net, numbers(3))
    const { network, depth } = await chipNetwork(net)
    const weights = Object.values(network.parameters())
    const spikes = { data: Float32Array.from({ length: (6 + depth) * 3 }, (_, i) => i % 2), shape: [6 + depth, 1, 3] }
    const ofChip = await compile(
      (x: Tensor) =>
        grad(
          network
            .forward(x)
            .at(0, 5 + depth)
            .sum(),
          weights.map((w) => w.read()),
        ),
      { backend },
    )(spikes)
    const own = Object.values(net.parameters())
    const ofNet = await compile(
      (x: Tensor) =>
        grad(
          net.forward(x).sum([0]).sum(),
          own.map((w) => w.read()),
        ),
      { backend },
    )(spikes)
    // the read-out's weights see the same spikes but for latency; the hidden ones the same surrogate
    expect(weights.map(({ shape }) => shape)).toEqual(own.map(({ shape }) => shape))
    for (const [i, { data }] of ofChip.entries()) {
      expect(data.some((value) => value !== 0)).toBe(true)
      const [most, other] = [data, ofNet[i]!.data].map((values) => Math.max(...Array.from(values, Math.abs))) as [
        number,
        number,
      ]
      expect(most / other).toBeGreaterThan(0.3)
      expect(most / other).toBeLessThan(3)
    }
  })

  it('refuses weights whose sums leave 24 bits', async () => {
    const net = sequential(input([600]), linear(600, 2, { bias: false }), integrateAndFire({ threshold: 100 }))
    net.parameters()['linear1.weight']!.set({ data: new Float32Array(1200).fill(1), shape: [2, 600] })
    await expect(chipNetwork(net)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringContaining('may leave 24 bits') as string,
    })
  })
})

import {
  avgPool2d,
  batchNorm2d,
  conv1d,
  conv2d,
  delay,
  dropout,
  flatten,
  input,
  linear,
  sequential,
  type Layer,
  type Network,
  type Part,
} from '@snn/nn'
import {
  cubaLif,
  currentLif,
  integrateAndFire,
  lif,
  nonSpikingIntegrateAndFire,
  nonSpikingLif,
  parametricLif,
  synaptic,
} from '@snn/neuron'
import { compile, reference, type Tensor, type TensorLike } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  discretisations,
  fromNir,
  nirArray,
  readNir,
  toNir,
  writeNir,
  type DiscretisationName,
  type NirGraph,
  type NirNode,
  type ToNirOptions,
} from './index.js'

const backend = reference()
const names = Object.keys(discretisations) as DiscretisationName[]

/** Numbers that look random, in [low, high), in single precision. */
function values(
  shape: readonly number[],
  seed = 1,
  low = -1,
  high = 1,
): { readonly data: Float32Array; readonly shape: readonly number[] } {
  const size = shape.reduce((a, b) => a * b, 1)
  return {
    data: Float32Array.from(
      { length: size },
      (_, i) => low + (high - low) * (Math.abs(Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453) % 1),
    ),
    shape,
  }
}

const array = (shape: readonly number[], seed = 1, low = -1, high = 1) =>
  nirArray(values(shape, seed, low, high).data, shape)

/** Nodes one after the other. */
function chain(shape: readonly number[], out: readonly number[], ...nodes: readonly NirNode[]): NirGraph {
  const all: Readonly<Record<string, NirNode>> = {
    input: { type: 'Input', shape },
    ...Object.fromEntries(nodes.map((node, i) => [`n${i}`, node])),
    output: { type: 'Output', shape: out },
  }
  const order = Object.keys(all)
  return { type: 'NIRGraph', nodes: all, edges: order.slice(1).map((name, i) => [order[i]!, name] as const) }
}

async function run(
  net: Network,
  x: TensorLike,
  record: readonly string[] = [],
): Promise<{ readonly output: number[]; readonly recorded: Readonly<Record<string, TensorLike>> }> {
  const whole = compile(
    (now: Tensor) => {
      const { outputs, recorded } = net.run('sequence', now, { record })
      return { output: net.single({ outputs }), recorded }
    },
    { backend },
  )
  const { output, recorded } = await whole(x)
  return { output: [...output.data], recorded }
}

const single = (value: number) => nirArray(Float32Array.of(value))
const leak = { tau: single(0.01), r: single(2), v_leak: single(0.1) }
const fire = { v_threshold: single(0.5), v_reset: single(-0.25) }
const cuba = { tau_syn: single(0.004), tau_mem: single(0.01), r: single(3), v_leak: single(0.05), w_in: single(1.5) }

describe('neurons', () => {
  /** v at the end of each of `steps` steps of dt, by steps a thousand times as short. */
  function solved(
    { tauSyn, tauMem, r, vLeak, wIn }: Readonly<Record<'tauSyn' | 'tauMem' | 'r' | 'vLeak' | 'wIn', number>>,
    x: ArrayLike<number>,
    dt: number,
  ): number[] {
    let [i, v] = [0, 0]
    return Array.from(x, (now) => {
      const h = dt / 4000
      for (let n = 0; n < 4000; n++) {
        // the middle of each short step
        const [iMiddle, vMiddle] = [i + (h / 2 / tauSyn) * (wIn * now - i), v + (h / 2 / tauMem) * (vLeak - v + r * i)]
        i += (h / tauSyn) * (wIn * now - iMiddle)
        v += (h / tauMem) * (vLeak - vMiddle + r * iMiddle)
      }
      return v
    })
  }

  it.each([0.004, 0.01, 0.010001, 0.0099, 0.1])(
    'exact: a membrane behind a synapse of %f s follows both equations',
    async (tauSyn) => {
      const node: NirNode = { type: 'CubaLI', ...cuba, tau_syn: single(tauSyn) }
      const { data } = values([30, 1, 1], 4)
      const { output } = await run(fromNir(chain([1], [1], node), { dt: 1e-3 }), { data, shape: [30, 1, 1] })
      const expected = solved({ tauSyn: Math.fround(tauSyn), tauMem: 0.01, r: 3, vLeak: 0.05, wIn: 1.5 }, data, 1e-3)
      expect(Math.max(...output.map((v, t) => Math.abs(v - expected[t]!)))).toBeLessThan(2e-6)
    },
  )

  it('exact: a spike resets within its step, for LIF and IF', async () => {
    // IF: v grows by 0.4 a step; it crosses 0.5 in the second, and goes on from -0.25 with the 0.3 that are left
    const shape = [4, 1, 1]
    const x = { data: new Float32Array(4).fill(1), shape }
    const ideal = await run(fromNir(chain([1], [1], { type: 'IF', r: single(400), ...fire }), { dt: 1e-3 }), x, [
      'n0.v',
    ])
    expect(ideal.output).toEqual([0, 1, 0, 1])
    ;[0.4, 0.05, 0.45, 0.1].forEach((v, t) => expect(ideal.recorded['n0.v']!.data[t]).toBeCloseTo(v, 5))
    // LIF: rest is 2.1, so v(t) = 2.1 - 2.1 e^(-100 t) first crosses 0.5 at t1, and then runs from -0.25
    const { recorded, output } = await run(
      fromNir(chain([1], [1], { type: 'LIF', ...leak, ...fire }), { dt: 1e-3 }),
      x,
      ['n0.v'],
    )
    const t1 = 0.01 * Math.log(2.1 / 1.6)
    expect(output).toEqual([0, 0, 1, 0])
    expect(recorded['n0.v']!.data[2]).toBeCloseTo(2.1 - 2.35 * Math.exp(-(0.003 - t1) / 0.01), 5)
  })

  it('fires above the threshold alone, or at it, as the row says', async () => {
    const net = (as: DiscretisationName) =>
      fromNir(
        chain([1], [1], {
          type: 'IF',
          r: single(as === 'spikingjelly' || as === 'euler' || as === 'exact' || as === 'rockpool' ? 1024 : 1),
          v_threshold: single(2),
          v_reset: single(0),
        }),
        { dt: 1 / 1024, as },
      )
    const x = { data: Float32Array.of(1, 1, 1, 0), shape: [4, 1, 1] }
    for (const as of names)
      expect((await run(net(as), x)).output, as).toEqual(
        discretisations[as].fires === 'above' ? [0, 0, 1, 0] : [0, 1, 0, 0],
      )
    for (const as of names)
      expect((await run(net(as), { data: Float32Array.of(9, 0), shape: [2, 1, 1] })).output[0], as).toBe(
        discretisations[as].spikes === 'many' ? 4 : 1,
      )
  })

  it('the threshold node has no memory', async () => {
    const net = fromNir(chain([2], [2], { type: 'Threshold', threshold: nirArray(Float32Array.of(0.5, -1)) }), {
      dt: 1,
    })
    expect((await run(net, { data: Float32Array.of(0.5, -1, 0.6, -0.5, 0, -2), shape: [3, 1, 2] })).output).toEqual([
      0, 0, 1, 1, 0, 0,
    ])
  })

  it('delays each value by its own time; between steps only where that is asked for', async () => {
    const graph = chain([2, 2], [2, 2], { type: 'Delay', delay: nirArray([0, 0.001, 0.002, 0.003], [2, 2]) })
    const x = values([6, 2, 2, 2], 3)
    const expected = Array.from(x.data, (_, i) => x.data[i - 8 * (i % 4)] ?? 0)
    const net = fromNir(graph, { dt: 1e-3 })
    expect((await run(net, x)).output).toEqual(expected)
    expect((await toNir(net, { dt: 1e-3 })).nodes['n0']).toMatchObject({ type: 'Delay', delay: { shape: [2, 2] } })
    expect(() => fromNir(graph, { dt: 7e-4 })).toThrow(
      /^\[fromNir\] 'n0' has a delay of 1\.42.* steps of 0.0007 s\. Choose a dt/,
    )
    expect((await run(fromNir(graph, { dt: 7e-4, roundDelays: true }), x)).output).toHaveLength(48)
    const even = chain([3], [3], { type: 'Delay', delay: nirArray([2, 2, 2]) })
    expect((await run(fromNir(even, { dt: 1 }), values([4, 1, 3]))).output.slice(6)).toEqual(
      Array.from(values([2, 1, 3]).data),
    )
  })

  it('refuses a step longer than a time constant where that would swing', () => {
    const graph = chain([1], [1], { type: 'CubaLIF', ...cuba, ...fire })
    expect(() => fromNir(graph, { dt: 0.005, as: 'euler' })).toThrow("dt 0.005 s, and 'n0' has tau_syn 0.004")
    expect(() => fromNir(graph, { dt: 0.005 })).not.toThrow()
  })
})

describe('layers', () => {
  it('sums of windows are exact, also of three by three', async () => {
    const graph = chain([2, 7, 7], [2, 3, 3], { type: 'SumPool2d', kernel_size: [3, 3], stride: 2, padding: 0 })
    const x = { data: Float32Array.from({ length: 98 }, (_, i) => (i * 7) % 5), shape: [1, 1, 2, 7, 7] }
    const expected = [0, 1].flatMap((c) =>
      [0, 2, 4].flatMap((y) =>
        [0, 2, 4].map((z) =>
          [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => x.data[c * 49 + (y + a) * 7 + z + b]!)).reduce((p, q) => p + q),
        ),
      ),
    )
    expect((await run(fromNir(graph, { dt: 1 }), x)).output).toEqual(expected)
  })

  it('a matrix for each place', async () => {
    const weight = array([2, 3, 4])
    const graph = chain([2, 4], [2, 3], { type: 'Affine', weight, bias: array([2, 3], 2) })
    const x = values([1, 1, 2, 4], 5)
    const expected = [0, 1].flatMap((l) =>
      [0, 1, 2].map((o) =>
        [0, 1, 2, 3].reduce(
          (sum, i) => sum + weight.data[l * 12 + o * 4 + i]! * x.data[l * 4 + i]!,
          array([2, 3], 2).data[l * 3 + o]!,
        ),
      ),
    )
    const { output } = await run(fromNir(graph, { dt: 1 }), x)
    output.forEach((y, i) => expect(y).toBeCloseTo(expected[i]!, 5))
  })

  it("keeps the size with the padding 'same', and writes it again", async () => {
    const graph = chain([1, 6, 5], [2, 6, 5], {
      type: 'Conv2d',
      input_shape: null,
      weight: array([2, 1, 4, 3]),
      stride: 1,
      padding: 'same',
      dilation: 1,
      groups: 1,
      bias: array([2]),
    })
    const net = fromNir(graph, { dt: 1 })
    expect((await run(net, values([1, 1, 1, 6, 5]))).output).toHaveLength(60)
    expect((await toNir(net)).nodes['n0']).toMatchObject({ padding: 'same', input_shape: [6, 5] })
  })
})

describe('graphs', () => {
  const lifNode: NirNode = { type: 'LIF', ...leak, ...fire }
  const w = (value: number): NirNode => ({ type: 'Linear', weight: nirArray(Float32Array.of(value), [1, 1]) })
  const ends = { input: { type: 'Input', shape: [1] }, output: { type: 'Output', shape: [1] } } as const

  it('what meets is added, an edge given twice counts once, and ends that are missing are made', async () => {
    const graph: NirGraph = {
      type: 'NIRGraph',
      nodes: { ...ends, a: w(2), b: w(3), c: w(1) },
      edges: [
        ['input', 'a'],
        ['input', 'b'],
        ['a', 'c'],
        ['b', 'c'],
        ['b', 'c'],
        ['c', 'output'],
      ],
    }
    expect((await run(fromNir(graph, { dt: 1 }), { data: Float32Array.of(1, 2), shape: [2, 1, 1] })).output).toEqual([
      5, 10,
    ])
    const bare = fromNir({ type: 'NIRGraph', nodes: { a: w(2) }, edges: [] }, { dt: 1 })
    expect([bare.inputs[0]!.name, ...bare.outputs]).toEqual(['input_a', 'output_a'])
  })

  it('refuses nodes that nothing leads to, inside of a graph and at the end', () => {
    const inner: NirGraph = {
      type: 'NIRGraph',
      nodes: { in: ends.input, lif: lifNode, lost: lifNode, out: ends.output },
      edges: [
        ['in', 'lif'],
        ['lif', 'out'],
        ['lost', 'out'],
      ],
    }
    const outer: NirGraph = {
      type: 'NIRGraph',
      nodes: { ...ends, layer: inner },
      edges: [
        ['input', 'layer'],
        ['layer', 'output'],
      ],
    }
    expect(() => fromNir(outer, { dt: 1e-3 })).toThrow("[fromNir] nothing leads to 'layer.lost'")
    expect(() =>
      fromNir({ type: 'NIRGraph', nodes: { ...ends, lif: lifNode }, edges: [['input', 'lif']] }, { dt: 1e-3 }),
    ).toThrow("nothing leads to 'output'")
  })

  it('an edge that closes a circle is one step late; a recurrent bias works from the first step on', async () => {
    const back: NirNode = { type: 'Affine', weight: nirArray(Float32Array.of(1), [1, 1]), bias: single(0.25) }
    const graph: NirGraph = {
      type: 'NIRGraph',
      nodes: { ...ends, fire: { type: 'IF', r: single(1), v_threshold: single(0.9), v_reset: single(0) }, back },
      edges: [
        ['input', 'fire'],
        ['fire', 'back'],
        ['back', 'fire'],
        ['fire', 'output'],
      ],
    }
    const net = fromNir(graph, { dt: 1, as: 'norse' })
    // v: 0.25, 0.5, 0.75, 1.0 fires; then 1 + 0.25 fires at once, for ever
    expect((await run(net, { data: new Float32Array(7), shape: [7, 1, 1] })).output).toEqual([0, 0, 0, 1, 1, 1, 1])
    expect(net.feedback).toEqual([{ name: 'fire.before', from: 'fire', shape: [1] }])
  })

  it('of two neurons in a circle, the way forward is not late', () => {
    const nodes = { ...ends, first: lifNode, second: lifNode }
    const net = fromNir(
      {
        type: 'NIRGraph',
        nodes,
        edges: [
          ['second', 'first'],
          ['input', 'first'],
          ['first', 'second'],
          ['second', 'output'],
        ],
      },
      { dt: 1e-3 },
    )
    expect(net.feedback.map(({ from }) => from)).toEqual(['second'])
    expect(net.node('second').inputs).toEqual(['first'])
  })

  it('a graph inside of another equals its nodes in the outer one', async () => {
    const inner: NirGraph = {
      type: 'NIRGraph',
      nodes: { in: ends.input, lif: lifNode, back: w(0.5), out: ends.output },
      edges: [
        ['in', 'lif'],
        ['lif', 'back'],
        ['back', 'lif'],
        ['lif', 'out'],
      ],
    }
    const outer: NirGraph = {
      type: 'NIRGraph',
      nodes: { ...ends, layer: inner, last: w(2) },
      edges: [
        ['input', 'layer'],
        ['layer', 'last'],
        ['last', 'output'],
      ],
    }
    const flat: NirGraph = {
      type: 'NIRGraph',
      nodes: { ...ends, lif: lifNode, back: w(0.5), last: w(2) },
      edges: [
        ['input', 'lif'],
        ['lif', 'back'],
        ['back', 'lif'],
        ['lif', 'last'],
        ['last', 'output'],
      ],
    }
    const x = values([40, 1, 1], 2, 0, 2)
    expect((await run(fromNir(outer, { dt: 1e-3 }), x)).output).toEqual(
      (await run(fromNir(flat, { dt: 1e-3 }), x)).output,
    )
    expect(fromNir(outer, { dt: 1e-3 }).nodes.map(({ name }) => name)).toContain('layer.lif')
  })
})

describe('toNir', () => {
  it('graphs come back from their networks, with every value, node and edge', async () => {
    const n = [3]
    const shared = {
      tau: array(n, 1, 0.01, 0.1),
      r: array(n, 2),
      v_leak: array(n, 3),
      v_threshold: array(n, 4, 0.1, 1),
      v_reset: array(n, 5),
    }
    const synapse = {
      tau_syn: array(n, 6, 0.01, 0.1),
      tau_mem: array(n, 7, 0.01, 0.1),
      r: array(n, 8),
      v_leak: array(n, 9),
      w_in: array(n, 10),
    }
    const { tau, r, v_leak, v_threshold, v_reset } = shared
    const graph = chain(
      n,
      n,
      { type: 'Affine', weight: array([3, 3]), bias: array(n) },
      { type: 'Linear', weight: array([3, 3]) },
      { type: 'Scale', scale: array(n) },
      { type: 'Threshold', threshold: array(n) },
      { type: 'I', r },
      { type: 'IF', r, v_threshold, v_reset },
      { type: 'LI', tau, r, v_leak },
      { type: 'LIF', ...shared },
      { type: 'CubaLI', ...synapse },
      { type: 'CubaLIF', ...synapse, v_threshold, v_reset },
    )
    const circle: NirGraph = { ...graph, edges: [...graph.edges, ['n5', 'n0'], ['n7', 'n2'], ['n7', 'output']] }
    for (const as of names) {
      const back = await toNir(fromNir(circle, { dt: 1e-4, as }))
      expect(back.nodes).toEqual(circle.nodes)
      expect(new Set(back.edges.map(String))).toEqual(new Set(circle.edges.map(String)))
    }
  })

  const neurons: Readonly<Record<string, () => Layer>> = {
    integrateAndFire: () => integrateAndFire({ threshold: 0.7 }),
    lif: () => lif({ tau: 3, threshold: 0.3 }),
    'lif without decayInput': () => lif({ tau: 3, decayInput: false }),
    parametricLif: () => parametricLif({ initialTau: 2.5, threshold: 0.3 }),
    cubaLif: () => cubaLif({ currentDecay: 0.4, voltageDecay: 0.8 }),
    synaptic: () => synaptic({ alpha: 0.3, beta: 0.7, resetDelay: false, reset: { to: 0 } }),
    'synaptic without a current': () => synaptic({ alpha: 0, beta: 0.7, resetDelay: false, reset: { to: 0 } }),
    currentLif: () => currentLif({ tauMembrane: 4, tauSynapse: 3, vRest: 0.1, threshold: 0.6 }),
    nonSpikingIntegrateAndFire: () => nonSpikingIntegrateAndFire(),
    nonSpikingLif: () => nonSpikingLif({ tau: 3 }),
    amplitude: () => integrateAndFire({ threshold: 0.75, amplitude: 'threshold' }),
  }

  it.each(Object.entries(neurons))('%s does the same again in linear steps of the same length', async (_, neuron) => {
    const net = sequential(input([4]), linear(4, 5), neuron(), linear(5, 3))
    const graph = await readNir(await writeNir(await toNir(net, { dt: 1e-3, ties: 'keep' })))
    const again = fromNir(graph, { dt: 1e-3, as: 'spikingjelly' })
    const x = values([50, 2, 4], 7, -1, 3)
    const [a, b] = [(await run(net, x)).output, (await run(again, x)).output]
    expect(new Set(a).size).toBeGreaterThan(4)
    a.forEach((y, i) => expect(b[i]).toBeCloseTo(y, 3))
  })

  it('what fires at its threshold fires in NIR, too, unless the threshold is to be kept', async () => {
    const net = sequential(input([1]), integrateAndFire())
    const x = { data: Float32Array.of(0.5, 0.5, 0, 1), shape: [4, 1, 1] }
    expect((await run(net, x)).output).toEqual([0, 1, 0, 1])
    const again = async (options: ToNirOptions) =>
      (await run(fromNir(await toNir(net, { dt: 1, ...options }), { dt: 1, as: 'norse' }), x)).output
    expect(await again({})).toEqual([0, 1, 0, 1])
    expect(await again({ ties: 'keep' })).toEqual([0, 0, 0, 1])
  })

  it('images: convolutions, folded batch normalisation, pooling, dropout, delay', async () => {
    const parts: [ReturnType<typeof input>, ...Part[]] = [
      input([2, 8, 8]),
      conv2d(2, 4, 3, { padding: 1 }),
      batchNorm2d(4),
      lif({ threshold: 0.2 }),
      avgPool2d(2),
      dropout(0.2),
      delay(2),
      conv2d(4, 2, 3, { bias: false, groups: 2 }),
      integrateAndFire(),
      flatten(),
      linear(8, 3),
    ]
    const net = sequential(...parts)
    for (const [name, low, high] of [
      ['mean', -0.3, 0.3],
      ['variance', 0.5, 2],
      ['weight', 0.5, 2],
      ['bias', -0.2, 0.5],
    ] as const)
      net.variables()[`batchNorm1.${name}`]!.set(values([4], 3, low, high))
    await expect(toNir(net)).rejects.toThrow(
      "'batchNorm1' has batch normalisation, which NIR cannot say. Export with { foldBatchNorm: true }",
    )
    const graph = await toNir(net, { dt: 1e-3, foldBatchNorm: true })
    expect(Object.values(graph.nodes).map(({ type }) => type)).toEqual([
      'Input',
      'Conv2d',
      'LIF',
      'AvgPool2d',
      'Delay',
      'Conv2d',
      'IF',
      'Flatten',
      'Affine',
      'Output',
    ])
    const again = fromNir(await readNir(await writeNir(graph)), { dt: 1e-3, as: 'spikingjelly' })
    const x = values([12, 2, 2, 8, 8], 5, 0, 2)
    const [a, b] = [(await run(net, x)).output, (await run(again, x)).output]
    expect(new Set(a).size).toBeGreaterThan(2)
    a.forEach((y, i) => expect(b[i]).toBeCloseTo(y, 4))
  })

  it.each([
    [
      'a soft reset',
      sequential(input([1]), integrateAndFire({ reset: 'soft' })),
      "'integrateAndFire1' has a soft reset",
    ],
    ['no reset', sequential(input([1]), lif({ reset: 'none' })), "'lif1' has no reset"],
    ['a late reset', sequential(input([1]), synaptic({ reset: { to: 0 } })), 'a reset that is one step late'],
    [
      'another start',
      sequential(input([1]), lif({ initial: { v: 0.5 } })),
      'a state that starts elsewhere than at 0 (v)',
    ],
    ['no time constant', sequential(input([1]), cubaLif({ voltageDecay: 1 })), 'a decay of 1 in a step'],
    [
      'uneven padding',
      sequential(input([1, 4]), conv1d(1, 1, 3, { padding: [[0, 1]], stride: 2 })),
      'alike on both sides',
    ],
  ])('refuses %s, and says what to do', async (_, net, message) => {
    await expect(toNir(net)).rejects.toMatchObject({
      code: 'NIR_UNSUPPORTED',
      message: expect.stringContaining(message) as string,
    })
  })

  it('soft resets become hard where that is asked for', async () => {
    const graph = await toNir(sequential(input([2]), integrateAndFire({ reset: 'soft' })), {
      softReset: 'hard',
      dt: 1e-3,
    })
    expect(graph.nodes['integrateAndFire1']).toMatchObject({ type: 'IF', v_reset: nirArray(new Float32Array(2)) })
  })

  it(
    'any graph of neurons and weights in circles does the same after a file and a network',
    { timeout: 60_000 },
    async () => {
      const kinds = ['Linear', 'LIF', 'IF'] as const
      const graphs = fc
        .tuple(
          fc.array(fc.constantFrom(...kinds), { minLength: 2, maxLength: 5 }),
          fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 6 }),
        )
        .map(([types, more]): NirGraph => {
          const line = chain(
            [2],
            [2],
            ...types.map((type, i): NirNode => {
              const parameters = {
                r: array([2], i, 1, 3),
                v_threshold: array([2], i, 0.1, 0.4),
                v_reset: array([2], i, -0.1, 0.1),
              }
              return type === 'Linear'
                ? { type, weight: array([2, 2], i + 3) }
                : type === 'IF'
                  ? { type, ...parameters }
                  : { type, ...parameters, tau: array([2], i, 0.002, 0.01), v_leak: array([2], i) }
            }),
          )
          return {
            ...line,
            edges: [...line.edges, ...more.map(([a, b]) => [`n${a % types.length}`, `n${b % types.length}`] as const)],
          }
        })
      await fc.assert(
        fc.asyncProperty(graphs, async (graph) => {
          const net = fromNir(graph, { dt: 1e-3, as: 'euler' })
          const again = fromNir(await readNir(await writeNir(await toNir(net))), { dt: 1e-3, as: 'euler' })
          const x = values([20, 1, 2], 9, 0, 3)
          expect(again.feedback).toEqual(net.feedback)
          expect((await run(again, x)).output).toEqual((await run(net, x)).output)
        }),
        { numRuns: 40, seed: 1, endOnFailure: true },
      )
    },
  )
})

describe('numbers that are none', () => {
  it.each([
    [NaN, 'linear1.weight', 'weight'],
    [Infinity, 'linear1.bias', 'bias'],
    [NaN, 'parametricLif1.w', undefined],
  ] as const)('%s in %s is refused by the layer and the parameter', async (value, path, field) => {
    const net = sequential(input([2]), linear(2, 2), parametricLif({ reset: { to: 0 } }))
    net.initialize({ seed: 1 })
    const graph = await toNir(net)
    const cell = net.variables()[path]!
    cell.set({ data: new Float32Array(cell.shape.reduce((a, b) => a * b, 1)).fill(value), shape: cell.shape })
    const [layer, name] = path.split('.')
    await expect(toNir(net)).rejects.toMatchObject({
      code: 'ARGUMENT',
      details: { name: path },
      message: expect.stringContaining(`[toNir] the ${name} of layer '${layer}' has ${value} at place 0`) as string,
    })
    if (field === undefined) return
    const own = graph.nodes[layer!] as NirNode & {
      readonly weight: { readonly shape: readonly number[] }
      readonly bias: { readonly shape: readonly number[] }
    }
    const broken: NirGraph = {
      ...graph,
      nodes: {
        ...graph.nodes,
        [layer!]: {
          ...own,
          [field]: nirArray(
            new Float32Array(own[field].shape.reduce((a, b) => a * b, 1)).fill(value),
            own[field].shape,
          ),
        },
      },
    }
    await expect(writeNir(broken)).rejects.toMatchObject({
      code: 'NIR_INVALID',
      message: expect.stringContaining(`[writeNir] '${layer}' has ${field} with ${value} at place 0.`) as string,
    })
    const bytes = await writeNir(broken, { check: false })
    await expect(readNir(bytes)).rejects.toMatchObject({ code: 'NIR_INVALID' })
    expect(((await readNir(bytes, { check: false })).nodes[layer!] as typeof own)[field]).toEqual(
      (broken.nodes[layer!] as typeof own)[field],
    )
  })

  it('a threshold that is never reached is one', async () => {
    const graph = chain([1], [1], { type: 'IF', r: single(1), v_threshold: single(Infinity), v_reset: single(0) })
    const again = await toNir(fromNir(await readNir(await writeNir(graph)), { dt: 1e-3 }))
    expect(again.nodes['n0']).toMatchObject({ v_threshold: { data: Float32Array.of(Infinity) } })
  })
})

import { cubaLif, adaptiveLif, integrateAndFire, lif } from '@snn/neuron'
import {
  avgPool2d,
  batchNorm2d,
  constantLayer,
  conv2d,
  delay,
  dropout,
  flatten,
  input,
  linear,
  maxPool2d,
  Network,
  relu,
  sequential,
  addLayer,
  transposeLayer,
  type Part,
} from '@snn/nn'
import { compile, reference, sizeOf, variable, type Tensor, type Variable } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readNet } from '../net/read-net.js'
import { loadNetwork } from '../netx/load-network.js'
import { simulator } from '../sim/simulator.js'
import { chipNetwork } from '../train/chip-network.js'
import { exportNet, type ExportNetOptions } from './export-net.js'
import { exportProcesses } from './export-processes.js'

/** Numbers from 0 to 1, the same in each run. */
function numbers(seed: number): () => number {
  let state = seed * 2654435761 + 1
  return () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31
}

/** Weights w / 64 with whole |w| <= 127, one of them 127, so that 8 bits hold them exactly; no bias. */
function setWeights(net: Network, random: () => number): void {
  for (const [path, cell] of Object.entries<Variable>(net.variables())) {
    if (path.endsWith('.bias')) cell.set({ data: new Float32Array(sizeOf(cell.shape)), shape: cell.shape })
    if (!path.endsWith('.weight') || cell.shape.length === 1) continue
    const data = Float32Array.from({ length: sizeOf(cell.shape) }, () => Math.round(random() * 200 - 90) / 64)
    data[0] = 127 / 64
    cell.set({ data: data.map((w) => Math.max(-127 / 64, Math.min(127 / 64, w))), shape: cell.shape })
  }
}

/** Spikes of the network [T, ..] and of the chip, which answers `layers` steps later. */
async function bothRuns(
  net: Network,
  shape: readonly number[],
  random: () => number,
  options: ExportNetOptions = {},
): Promise<{ readonly network: number[]; readonly chip: number[] }> {
  const T = 12
  const size = sizeOf(shape)
  const spikes = Float32Array.from({ length: T * size }, () => (random() < 0.4 ? 1 : 0))
  const output = await compile((x: Tensor) => net.forward(x), { backend: reference() })({
    data: spikes,
    shape: [T, 1, ...shape],
  })
  const { files } = await exportNet(net, options)
  const graph = loadNetwork(await readNet(files['network.net']!))
  const run = simulator(graph)
  const layers = graph.blocks.length
  const chip: number[] = []
  for (let t = 0; t < T + layers; t++) {
    run.step(t < T ? spikes.subarray(t * size, (t + 1) * size) : undefined)
    const { out } = run.processes.get(graph.blocks.at(-1)!.neuron)!
    if (t >= layers) chip.push(...out)
  }
  return { network: Array.from(output.data, (value) => (value === 0 ? 0 : 1)), chip }
}

/** x c, or x + b, by channel of [C, 1, 1]. */
function times(c: number | readonly number[], b?: number): Part {
  const constant = (operation: 'mul' | 'add', value: number | readonly number[]) =>
    constantLayer(
      { function: operation, swap: false },
      {
        operand:
          typeof value === 'number'
            ? variable({ data: Float32Array.of(value), shape: [] })
            : variable({ data: Float32Array.from(value), shape: [value.length, 1, 1] }),
      },
    )
  return b === undefined ? constant('mul', c) : constant('add', b)
}

const nets: Readonly<Record<string, readonly [shape: readonly number[], parts: () => Part[]]>> = {
  'dense layers': [[6], () => [linear(6, 9), integrateAndFire({ threshold: 1.5 }), linear(9, 4), integrateAndFire()]],
  'convolutions, flatten': [
    [2, 6, 6],
    () => [
      conv2d(2, 4, 3, { stride: 2, padding: 1 }),
      integrateAndFire(),
      conv2d(4, 4, 2, { groups: 2 }),
      integrateAndFire({ threshold: 2 }),
      flatten(),
      dropout(0.5),
      linear(16, 5),
      integrateAndFire(),
    ],
  ],
  'average pooling before a convolution with padding': [
    [1, 8, 8],
    () => [
      conv2d(1, 3, 3, { padding: 1 }),
      integrateAndFire(),
      avgPool2d(2),
      conv2d(3, 2, 3, { padding: 1 }),
      integrateAndFire(),
    ],
  ],
  'pooling with overlap before a convolution': [
    [1, 7, 7],
    () => [
      conv2d(1, 3, 1),
      integrateAndFire(),
      avgPool2d([2, 2], { stride: 1 }),
      conv2d(3, 2, 3, { dilation: 2 }),
      integrateAndFire(),
    ],
  ],
  'pooling before a dense layer': [
    [2, 4, 4],
    () => [conv2d(2, 3, 1), integrateAndFire(), avgPool2d(2), flatten(), linear(12, 4), integrateAndFire()],
  ],
  'transposed before a dense layer': [
    [2, 4, 4],
    () => [
      conv2d(2, 3, 3),
      integrateAndFire(),
      transposeLayer({ permutation: [1, 2, 0] }),
      flatten(),
      linear(12, 4),
      integrateAndFire(),
    ],
  ],
  'transposed twice, behind pooling': [
    [2, 4, 6],
    () => [
      conv2d(2, 3, 1),
      integrateAndFire(),
      avgPool2d(2),
      transposeLayer({ permutation: [2, 0, 1] }),
      transposeLayer({ permutation: [-1, 0, 1] }),
      flatten(),
      linear(18, 4),
      integrateAndFire(),
    ],
  ],
  'maximum pooling of spikes': [
    [1, 7, 7],
    () => [
      conv2d(1, 3, 2),
      integrateAndFire({ threshold: 1.5, amplitude: 'threshold' }),
      maxPool2d(3, { stride: 2, padding: 1 }),
      conv2d(3, 2, 2),
      integrateAndFire(),
    ],
  ],
  'pooling before neurons': [
    [2, 4, 4],
    () => [avgPool2d(2), integrateAndFire({ threshold: 0.5 }), flatten(), linear(8, 3), integrateAndFire()],
  ],
  'thresholds as amplitudes': [
    [5],
    () => [
      linear(5, 8),
      integrateAndFire({ threshold: 2, amplitude: 'threshold' }),
      linear(8, 4),
      integrateAndFire({ threshold: 4, amplitude: 'threshold' }),
    ],
  ],
  'batch normalisation': [[1, 5, 5], () => [conv2d(1, 2, 2), batchNorm2d(2), integrateAndFire()]],
  'constants on the way': [
    [6],
    () => [linear(6, 9), integrateAndFire({ threshold: 1.5 }), times(0.5), linear(9, 8), times(2), integrateAndFire()],
  ],
  'constants of channels around pooling': [
    [2, 4, 4],
    () => [
      conv2d(2, 2, 1),
      integrateAndFire(),
      times([0.5, 1]),
      avgPool2d(2),
      times([2, 1]),
      conv2d(2, 3, 2),
      integrateAndFire(),
      flatten(),
      linear(3, 2),
      integrateAndFire(),
    ],
  ],
  'a current that decays to half': [
    [5],
    () => [linear(5, 6), cubaLif({ currentDecay: 0, voltageDecay: 1, threshold: 1 })],
  ],
}

describe('exportNet', () => {
  it.each(Object.entries(nets))(
    'spikes on the chip are those of the network: %s',
    async (_, [shape, parts]) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(1e6), async (seed) => {
          const random = numbers(seed)
          const net = sequential(input(shape), ...(parts() as [Part]))
          setWeights(net, random)
          if ('batchNorm1.variance' in net.variables()) {
            // 1 / sqrt(variance + epsilon) is a power of two nearly; 8 bits keep it below the rounding of thresholds.
            net.variables()['batchNorm1.variance']!.set({ data: Float32Array.of(0.25, 0.25), shape: [2] })
          }
          const { network, chip } = await bothRuns(net, shape, random)
          expect(network.some((s) => s === 1)).toBe(true)
          expect(chip).toEqual(network)
        }),
        { numRuns: 4, seed: 3 },
      )
    },
    60_000,
  )

  it('keeps decays of leaky neurons to 12 bits, and says how far off it is', async () => {
    const net = sequential(input([20]), linear(20, 30), lif({ tau: 3 }))
    setWeights(net, numbers(5))
    const { report } = await exportNet(net)
    expect(report.layers[0]).toMatchObject({ iDecay: 4096, vDecay: 1365, limitedBy: 'weights', approximations: [] })
    expect(report.layers[0]!.decayError).toBeCloseTo(1 / 3 - 1365 / 4096, 10)
    const { network, chip } = await bothRuns(net, [20], numbers(5))
    expect(chip.filter((s, i) => s !== network[i]).length).toBeLessThan(0.02 * chip.length)
  })

  it('takes what is done to spikes, such as batch normalisation behind neurons, into the next weights', async () => {
    const shift = Float32Array.of(0.5, -0.25, 0.125, 1)
    const parts = (...more: Part[]): Network =>
      sequential(input([2, 3, 3]), conv2d(2, 4, 2), integrateAndFire(), ...more, conv2d(4, 3, 2), integrateAndFire())
    const [with_, without] = [parts(batchNorm2d(4, { epsilon: 2 ** -10 })), parts()]
    with_.initialize({ seed: 1 })
    with_.variables()['batchNorm1.bias']!.set({ data: shift, shape: [4] })
    with_.variables()['batchNorm1.mean']!.set({ data: Float32Array.of(0, 1, 0, 0), shape: [4] })
    const variance = Float32Array.of(4, 0.25, 1, 1).map((x) => x - 2 ** -10)
    with_.variables()['batchNorm1.variance']!.set({ data: variance, shape: [4] })
    const [scale, shifted] = [
      [0.5, 2, 1, 1],
      [0.5, -2.25, 0.125, 1],
    ]
    for (const [path, cell] of Object.entries(without.parameters()))
      cell.set({ data: Float32Array.from(await with_.parameters()[path]!.data()), shape: cell.shape })
    const weight = await without.parameters()['conv2.weight']!.data()
    const bias = Float32Array.from(
      await without.parameters()['conv2.bias']!.data(),
      (b, o) =>
        b +
        Array.from(weight.slice(o * 16, o * 16 + 16)).reduce((sum, w, i) => sum + w * shifted[Math.floor(i / 4)]!, 0),
    )
    const scaled = Float32Array.from(weight, (w, i) => w * scale[Math.floor(i / 4) % 4]!)
    without.parameters()['conv2.weight']!.set({ data: scaled, shape: [3, 4, 2, 2] })
    without.parameters()['conv2.bias']!.set({ data: bias, shape: [3] })
    expect((await exportNet(with_)).net).toEqual((await exportNet(without)).net)
  })

  it('ends in a membrane where the network does', async () => {
    const net = sequential(input([4]), linear(4, 3), integrateAndFire(), linear(3, 2))
    setWeights(net, numbers(2))
    const { net: file } = await exportNet(net)
    expect(file.layers[1]!.values['neuron/vThMant']).toMatchObject({ data: Float64Array.of(131071) })
  })

  it('rounds to fewer bits with a larger error', async () => {
    const net = sequential(input([30]), linear(30, 30), integrateAndFire())
    net.initialize({ seed: 1 })
    const errors = await Promise.all(
      [8, 6, 4, 2].map(async (weightBits) => (await exportNet(net, { weightBits })).report.layers[0]!.weightError),
    )
    expect(errors.every((error, i) => i === 0 || error > errors[i - 1]!)).toBe(true)
    expect(errors[0]).toBeLessThan(1 / 127)
  })

  const refusals: Readonly<Record<string, readonly [net: () => Network, options: ExportNetOptions, message: RegExp]>> =
    {
      'soft reset': [
        () => sequential(input([2]), linear(2, 2), integrateAndFire({ reset: 'soft' })),
        {},
        /integrateAndFire1 .*reset by subtraction.*approximate: \['soft-reset'\]/,
      ],
      'a membrane that starts elsewhere': [
        () => sequential(input([2]), linear(2, 2), integrateAndFire({ initial: { v: 0.5 } })),
        {},
        /does not start at 0/,
      ],
      'other neurons': [() => sequential(input([2]), linear(2, 2), adaptiveLif()), {}, /adaptiveLif1 .*CUBA\) only/],
      'max pooling of what is no spikes': [
        () =>
          sequential(
            input([1, 4, 4]),
            conv2d(1, 1, 1),
            maxPool2d(2),
            integrateAndFire(),
            flatten(),
            linear(4, 1),
            integrateAndFire(),
          ),
        {},
        /maxPool1 .*no spikes/,
      ],
      'ordinary activations': [
        () => sequential(input([2]), linear(2, 2), relu(), linear(2, 2), integrateAndFire()),
        {},
        /relu1 .*Convert/,
      ],
      'two convolutions without neurons between': [
        () => sequential(input([1, 4, 4]), conv2d(1, 1, 1), conv2d(1, 1, 1), integrateAndFire()),
        {},
        /conv2 .*Put neurons between/,
      ],
      shortcuts: [
        () =>
          new Network({
            inputs: [{ name: 'x', shape: [2] }],
            nodes: [
              { name: 'l', layer: linear(2, 2), inputs: ['x'] },
              { name: 'a', layer: addLayer({}), inputs: ['l', 'x'] },
            ],
            outputs: ['a'],
          }),
        {},
        /a \(add\): it takes l and a_from_x.*a chain. Use exportProcesses/,
      ],
      'a shift before a convolution with padding': [
        () =>
          sequential(
            input([1, 4, 4]),
            conv2d(1, 2, 1),
            integrateAndFire(),
            times(1, 0.5),
            conv2d(2, 2, 3, { padding: 1 }),
            integrateAndFire(),
          ),
        {},
        /integrateAndFire2 .*padding lacks. Put the normalisation behind/,
      ],
      'constants that differ within a channel': [
        () =>
          sequential(
            input([1, 2, 2]),
            conv2d(1, 1, 1),
            constantLayer(
              { function: 'add', swap: false },
              { operand: variable({ data: Float32Array.of(1, 2), shape: [2] }) },
            ),
            integrateAndFire(),
          ),
        {},
        /constant1 .*differ within a channel/,
      ],
      'convolutions of what is transposed': [
        () =>
          sequential(
            input([2, 3, 3]),
            conv2d(2, 3, 1),
            integrateAndFire(),
            transposeLayer({ permutation: [0, 2, 1] }),
            conv2d(3, 2, 2),
            integrateAndFire(),
          ),
        {},
        /conv2 .*of what is transposed/,
      ],
      'other functions of constants': [
        () =>
          sequential(
            input([2]),
            linear(2, 2),
            constantLayer(
              { function: 'maximum', swap: false },
              { operand: variable({ data: Float32Array.of(1), shape: [] }) },
            ),
            integrateAndFire(),
          ),
        {},
        /constant1 .*'maximum' with a constant/,
      ],
      steps: [() => sequential(input([2]), linear(2, 2), integrateAndFire()), { steps: 0.5 }, /steps is 0.5/],
      bits: [() => sequential(input([2]), linear(2, 2), integrateAndFire()), { weightBits: 9 }, /weightBits is 9/],
      'thresholds below 0': [
        () => sequential(input([2]), linear(2, 2), integrateAndFire({ threshold: -1 })),
        {},
        /integrateAndFire1 .*its threshold is -1, and those of the chip lie above 0/,
      ],
      'a threshold of 0': [
        () => sequential(input([2]), linear(2, 2), integrateAndFire({ threshold: 0 })),
        {},
        /its threshold is 0/,
      ],
      'thresholds that are too low': [
        () => sequential(input([2]), linear(2, 2), integrateAndFire({ threshold: 1e-4 })),
        {},
        /so large beside its threshold/,
      ],
    }
  it.each(Object.entries(refusals))('refuses %s', async (_, [net, options, message]) => {
    await expect(exportNet(net(), options)).rejects.toThrow(message)
  })

  it.each([
    [
      'a membrane that hardly takes anything in',
      () => sequential(input([4]), linear(4, 3), lif({ tau: 1e6 })),
      {},
      /small beside the threshold.*smaller tau/,
    ],
    [
      'outputs far beyond those that there are',
      () => sequential(input([4]), linear(4, 3), integrateAndFire(), linear(3, 2)),
      { readoutRange: 1e9 },
      /small beside readoutRange.*Give the range/,
    ],
    [
      'a bias far beyond them',
      () => sequential(input([4]), linear(4, 3), times(1, 1e9), integrateAndFire()),
      {},
      /small beside the bias.*smaller bias/,
    ],
  ] as const)('says what weights are too small beside: %s', async (_, make, options, message) => {
    const net = make()
    net.initialize({ seed: 1 })
    await expect(exportNet(net, options)).rejects.toThrow(message)
  })

  it('says where no leak is left', async () => {
    const warnings = async (tau: number): Promise<string> => {
      const net = sequential(input([4]), linear(4, 3), lif({ tau, decayInput: false }))
      net.initialize({ seed: 1 })
      return (await exportNet(net)).report.layers[0]!.warnings.join('\n')
    }
    expect(await warnings(1e4)).toContain('the membrane loses 0.0001')
    expect(await warnings(1e3)).not.toContain('the membrane loses')
  })

  it('names a delay as one', async () => {
    const net = sequential(input([2]), linear(2, 2), integrateAndFire(), delay(2), linear(2, 2), integrateAndFire())
    await expect(exportNet(net)).rejects.toThrow(
      'delay1 (delay): a delay, and every synapse that is written takes one step. Train without delays',
    )
  })

  it('refuses weights of which nothing is left', async () => {
    const net = sequential(input([2]), linear(2, 2), integrateAndFire())
    net.parameters()['linear1.weight']!.set({ data: new Float32Array(4), shape: [2, 2] })
    net.parameters()['linear1.bias']!.set({ data: new Float32Array(2), shape: [2] })
    await expect(exportNet(net)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringContaining('all weights are zero') as string,
    })
  })

  it('names at once all that the chip does otherwise, of all layers', async () => {
    const soft = integrateAndFire({ reset: 'soft', initial: { v: 0.5 } })
    const net = sequential(input([2]), linear(2, 2), soft, linear(2, 2), integrateAndFire({ reset: { to: 0.25 } }))
    // what is reset to 0.25 starts there, too
    const all = ['soft-reset', 'initial-membrane', 'reset-value'] as const
    const asked = [
      ['integrateAndFire1', 'soft-reset'],
      ['integrateAndFire1', 'initial-membrane'],
      ['integrateAndFire2', 'reset-value'],
      ['integrateAndFire2', 'initial-membrane'],
    ]
    const refused: unknown = await exportNet(net).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringContaining(`Or take them as they are: { approximate: ['${all.join("', '")}'] }.`) as string,
      details: { layers: asked.map(([name, approximate]) => expect.objectContaining({ name, approximate }) as object) },
    })
    await expect(exportNet(net, { approximate: all.slice(1) })).rejects.toThrow(
      "Or take it as it is: { approximate: ['soft-reset'] }.",
    )
    expect(
      (await exportNet(net, { approximate: all })).report.layers.map(({ approximations }) => approximations),
    ).toEqual([all.slice(0, 2), ['reset-value', 'initial-membrane']])
  })

  it.each([
    [NaN, 'linear1.weight'],
    [-Infinity, 'linear1.weight'],
    [Infinity, 'linear1.bias'],
    [NaN, 'integrateAndFire1.threshold'],
  ])('refuses %s among the numbers of %s', async (value, path) => {
    const net = sequential(
      input([2]),
      linear(2, 2),
      integrateAndFire({ threshold: variable({ data: Float32Array.of(1, 1), shape: [2] }) }),
      linear(2, 2),
    )
    net.initialize({ seed: 1 })
    const cell = net.variables()[path]!
    cell.set({
      data: Float32Array.from({ length: sizeOf(cell.shape) }, (_, i) => (i === sizeOf(cell.shape) - 1 ? value : 1)),
      shape: cell.shape,
    })
    const [layer, name] = path.split('.')
    for (const [operation, call] of Object.entries({ exportNet, exportProcesses, chipNetwork })) {
      await expect(call(net)).rejects.toMatchObject({
        code: 'ARGUMENT',
        details: { name: path },
        message: expect.stringContaining(
          `[${operation}] the ${name} of layer '${layer}' has ${value} at place`,
        ) as string,
      })
    }
  })

  it('takes what the user allows, and names it', async () => {
    const net = sequential(input([2]), linear(2, 2), integrateAndFire({ reset: 'soft' }))
    expect((await exportNet(net, { approximate: ['soft-reset'] })).report.layers[0]!.approximations).toEqual([
      'soft-reset',
    ])
  })
})

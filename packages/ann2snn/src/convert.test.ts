import { clipLayer, leakyReluLayer, linearLayer, Network, reluLayer, softmaxLayer, unaryLayer } from '@snn/nn'
import { isSnnError, reference, variable, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { linear, mlp, node, randomTensor, residual } from '../test/networks.js'
import type { CodeName } from './codes/code.js'
import { codes } from './codes/table.js'
import type { Batch } from './data.js'
import { convert } from './convert.js'
import { evaluate } from './run/evaluate.js'
import { describeWarnings } from './report/explain.js'
import { searchConversion } from './search/search.js'
import { simulate } from './run/simulate.js'

const backend = reference()
const x = randomTensor([6, 8], 3)

/** fc, sigmoid, fc, tanh, fc */
function sigmoidal(): Network {
  return new Network({
    inputs: [{ name: 'x', shape: [8] }],
    nodes: [
      node('fc1', linear(8, 12), 'x'),
      node('sigmoid1', unaryLayer({ function: 'sigmoid' }), 'fc1'),
      node('fc2', linear(12, 9), 'sigmoid1'),
      node('relu1', reluLayer({}), 'fc2'),
      node('fc3', linear(9, 9), 'relu1'),
      node('tanh1', unaryLayer({ function: 'tanh' }), 'fc3'),
      node('fc4', linear(9, 5), 'tanh1'),
    ],
    outputs: ['fc4'],
  })
}

describe('convert', () => {
  it('lists every layer that cannot become spiking, before it calibrates', async () => {
    let read = 0
    const data = {
      *[Symbol.iterator]() {
        read++
        yield x
      },
    }
    const error: unknown = await convert(sigmoidal(), data, { backend }).catch((e: unknown) => e)
    expect(
      isSnnError(error, 'CONVERT_UNSUPPORTED') && error.details.layers.map(({ name, kind }) => [name, kind]),
    ).toEqual([
      ['sigmoid1', 'sigmoid'],
      ['tanh1', 'tanh'],
    ])
    expect(read).toBeLessThanOrEqual(1)
  })

  it('keeps them analogue when asked, and says how much is left to spikes', async () => {
    const { snn, ann, report } = await convert(sigmoidal(), [x], { backend, unsupported: 'keep', mode: 'max' })
    expect(report.spikingShare).toBeCloseTo((9 * 9) / (8 * 12 + 12 * 9 + 9 * 9 + 9 * 5), 12)
    const [spiking, exact] = await Promise.all([
      simulate(snn, x, { T: 600, backend }),
      simulate(ann, x, { T: 1, backend }),
    ])
    exact.logits.data.forEach((value, i) => expect(spiking.logits.data[i]).toBeCloseTo(value, 1))
  })

  it('refuses data that can be gone through only once, before it looks at them', async () => {
    let started = false
    function* once(): Generator<TensorLike> {
      started = true
      yield x
    }
    await expect(convert(mlp(), once(), { backend })).rejects.toMatchObject({
      code: 'CALIBRATION',
      details: { reason: 'one-shot' },
    })
    expect(started).toBe(false)
  })

  it('refuses no data, values that are not finite, and wrong options', async () => {
    await expect(convert(mlp(), [], { backend })).rejects.toMatchObject({
      code: 'CALIBRATION',
      details: { reason: 'empty' },
    })
    await expect(convert(mlp(), [], { backend, mode: 'balance' })).rejects.toMatchObject({ code: 'CALIBRATION' })
    const broken = { ...x, data: x.data.map((value, i) => (i === 3 ? Infinity : value)) }
    await expect(convert(mlp(), [broken], { backend })).rejects.toMatchObject({
      code: 'CALIBRATION',
      details: { reason: 'not-finite' },
    })
    const wrong = [
      { mode: '0%' },
      { mode: '101%' },
      { mode: 'mean' },
      { initialPotential: 2 },
      { delay: -1 },
      { delay: 8, T: 8 },
      { mode: { thresholds: { relu1: 1 } } },
      { mode: { thresholds: { relu1: [1, 2], relu2: 1 } } },
    ]
    for (const options of wrong)
      await expect(convert(mlp(), [x], { backend, ...options } as never)).rejects.toMatchObject({ code: 'ARGUMENT' })
    const mislabelled: Batch[] = [[x, { data: new Int32Array(5), shape: [5] }]]
    await expect(convert(mlp(), mislabelled, { backend })).rejects.toMatchObject({ code: 'SHAPE' })
  })

  it('says which sample, layer or weight is not finite, in every mode', async () => {
    const broken = (value: number) => ({
      ...randomTensor([6, 8], 3),
      data: x.data.map((own, i) => (i === 19 ? value : own)),
    })
    for (const options of [
      {},
      { mode: 'max' },
      { mode: 'balance', balance: { rounds: 2 } },
      { mode: 'gaussian' },
      { T: 4 },
      { code: 'delta' },
      { code: 'phase' },
      { mode: { thresholds: { relu1: 1, relu2: 1 } } },
    ] as const) {
      for (const value of [NaN, Infinity, -Infinity]) {
        await expect(convert(mlp(), [x, broken(value)], { backend, ...options })).rejects.toMatchObject({
          code: 'CALIBRATION',
          details: { reason: 'not-finite' },
          message: expect.stringContaining(`sample 8 of the data has ${value} at place 3`) as string,
        })
      }
      await expect(
        convert(mlp(), [{ ...x, data: new Float32Array(48) }], { backend, ...options }),
      ).rejects.toMatchObject({ code: 'CALIBRATION', details: { reason: 'zero' } })
    }
    const huge = { ...x, data: x.data.map((own, i) => (i > 15 && i < 24 ? own * 3e38 : own)) }
    for (const options of [
      {},
      { mode: 'gaussian' },
      { T: 4 },
      { mode: { thresholds: { relu1: 1, relu2: 1 } } },
    ] as const) {
      await expect(convert(mlp(), [huge], { backend, ...options })).rejects.toMatchObject({
        code: 'CALIBRATION',
        details: { reason: 'not-finite' },
        message: expect.stringMatching(/layer '\w+' yields .* for calibration sample [02]/) as string,
      })
    }
    const net = mlp()
    const bias = net.node('fc2').layer.variables['bias']!
    bias.set({ data: Float32Array.of(1, 2, NaN, 4, 5, 6, 7, 8, 9), shape: [9] })
    await expect(convert(net, [x], { backend })).rejects.toMatchObject({
      code: 'ARGUMENT',
      details: { name: 'fc2.bias' },
    })
  })

  it('refuses a network of which no neuron is active, before it calibrates, and warns of a layer of which none is', async () => {
    const withZeros = (...names: readonly string[]): Network => {
      const net = mlp()
      for (const name of names)
        for (const variable of Object.values(net.node(name).layer.variables))
          variable.set({ data: new Float32Array(variable.shape.reduce((a, b) => a * b, 1)), shape: variable.shape })
      return net
    }
    for (const options of [{}, { code: 'delta' }, { T: 4 }, { mode: 'balance', balance: { rounds: 2 } }] as const) {
      const dead = {
        code: 'CALIBRATION',
        details: { reason: 'inactive' },
        message: expect.stringContaining('no neuron would ever fire') as string,
      }
      let found = 0
      await expect(
        convert(withZeros('fc1', 'fc2'), [x], {
          backend,
          ...options,
          ...('T' in options && { onLayer: () => void found++ }),
        }),
        JSON.stringify(options),
      ).rejects.toMatchObject(dead)
      expect(found).toBe(0)
      const { report } = await convert(withZeros('fc2'), [x], { backend, ...options })
      expect(report.warnings.filter(({ layer }) => layer === 'relu2')).toEqual([
        { code: 'inactive', layer: 'relu2', samples: 6 },
      ])
      expect(describeWarnings(report).join('\n')).toContain(
        "Layer 'relu2' never fires: all its activations are 0 in the ANN, too, on 6 samples. No calibration changes that",
      )
    }
    await expect(
      searchConversion(withZeros('fc1', 'fc2'), [x], [randomTensor([6, 8], 4)], { backend, preset: 'fast' }),
    ).rejects.toMatchObject({ code: 'CALIBRATION', details: { reason: 'inactive' } })
    const { snn } = await convert(mlp(), [x], { backend })
    const labels = { data: Int32Array.of(0, 1, 2, 3, 4, 0), shape: [6] }
    const said = async (data: TensorLike) =>
      (await evaluate(snn, [[data, labels]], { backend, steps: [2, 4] })).warnings.filter((text) =>
        text.startsWith('No neuron fired in 4 steps for any of 6 samples.'),
      )
    expect(await said(x)).toEqual([])
    for (const { layer } of snn.nodes)
      for (const [name, variable] of Object.entries(layer.variables))
        if (name === 'bias') variable.set({ data: new Float32Array(variable.shape[0]!), shape: variable.shape })
    expect(await said({ ...x, data: new Float32Array(48) })).toHaveLength(1)
  })

  it('refuses a network in which nothing would spike, and names only codes that help', async () => {
    const between = (layer: ReturnType<typeof reluLayer>) =>
      new Network({
        inputs: [{ name: 'x', shape: [8] }],
        nodes: [
          node('before', reluLayer({}), 'x'),
          node('fc1', linear(8, 6), 'before'),
          node('f', layer, 'fc1'),
          node('fc2', linear(6, 3), 'f'),
          node('behind', reluLayer({}), 'fc2'),
        ],
        outputs: ['behind'],
      })
    const sigmoids = between(unaryLayer({ function: 'sigmoid' }))
    for (const code of Object.keys(codes) as CodeName[]) {
      const error: unknown = await convert(sigmoids, [x], { backend, code, unsupported: 'keep' }).catch(
        (e: unknown) => e,
      )
      expect(isSnnError(error, 'CONVERT_UNSUPPORTED') && error.details.layers.map(({ name }) => name), code).toEqual([
        'f',
      ])
      expect((error as Error).message).not.toMatch(/use the code/i)
    }
    await expect(convert(sigmoids, [x], { backend })).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.not.stringContaining("'delta'") as string,
    })
    await expect(convert(between(leakyReluLayer({ slope: 0.1 })), [x], { backend })).rejects.toMatchObject({
      message: expect.stringContaining("use the code 'multiThreshold' or 'differential' or 'delta'") as string,
    })
    await expect(
      searchConversion(sigmoids, [x], [[randomTensor([6, 8], 4), { data: new Int32Array(6), shape: [6] }]], {
        backend,
        budget: 1,
      }),
    ).rejects.toMatchObject({ code: 'CONVERT_UNSUPPORTED' })
  })

  it('computes once, in every code, what acts on the input alone', async () => {
    const base = mlp()
    const net = new Network({
      inputs: base.inputs,
      nodes: [
        node('tanh1', unaryLayer({ function: 'tanh' }), 'x'),
        node('clip1', clipLayer({ low: -0.6, high: 0.7 }), 'tanh1'),
        ...base.nodes.map((own) => (own.name === 'fc1' ? { ...own, inputs: ['clip1'] } : own)),
      ],
      outputs: base.outputs,
    })
    for (const code of Object.keys(codes) as CodeName[]) {
      const { snn, ann, report } = await convert(net, [x], { backend, code, mode: 'max' })
      expect(report.layers.map(({ name }) => name)).toEqual(['relu1', 'relu2'])
      if (code !== 'binary' && code !== 'delta') continue
      const [spiking, exact] = await Promise.all([
        simulate(snn, x, { T: 300, backend }),
        simulate(ann, x, { T: 1, backend }),
      ])
      exact.logits.data.forEach((value, i) => expect(spiking.logits.data[i]).toBeCloseTo(value, 1))
    }
  })

  it('is not misled by a layer that is mostly zero', async () => {
    const weight = variable({ data: new Float32Array(2000).fill(-1), shape: [2000, 1] })
    const bias = variable({ data: Float32Array.from({ length: 2000 }, (_, i) => (i === 0 ? 3 : -1)), shape: [2000] })
    const net = new Network({
      inputs: [{ name: 'x', shape: [1] }],
      nodes: [
        node('fc1', linearLayer({}, { weight, bias }), 'x'),
        node('relu1', reluLayer({}), 'fc1'),
        node('fc2', linear(2000, 2), 'relu1'),
      ],
      outputs: ['fc2'],
    })
    const { report } = await convert(net, [{ data: Float32Array.of(1, 1.5, 2, 2), shape: [4, 1] }], { backend })
    expect(report.layers[0]!.threshold.max).toBe(2)
  })

  it('takes thresholds as given, and bounds of Clip', async () => {
    const { snn, report } = await convert(mlp(), [x], {
      backend,
      mode: { thresholds: { relu1: 2, relu2: [1, 2, 3, 4, 5, 6, 7, 8, 9] } },
    })
    expect(report.layers.map(({ threshold }) => [threshold.min, threshold.max])).toEqual([
      [2, 2],
      [1, 9],
    ])
    expect(snn.nodes.at(-1)!.layer.kind).toBe('runningMean')
    const clipped = new Network({
      inputs: [{ name: 'x', shape: [8] }],
      nodes: [
        node('fc1', linear(8, 12), 'x'),
        node('clip1', clipLayer({ low: 0, high: 0.25 }), 'fc1'),
        node('fc2', linear(12, 3), 'clip1'),
      ],
      outputs: ['fc2'],
    })
    expect((await convert(clipped, [x], { backend, mode: 'max' })).report.layers[0]!.threshold.max).toBe(0.25)
  })

  it('balances thresholds as theta += 2 mean(relu(a - theta)), layer behind clipped layer', async () => {
    const net = mlp()
    const { report } = await convert(net, [x], { backend, mode: 'balance', balance: { rounds: 5, samples: 6 } })
    const arrays = await Promise.all(
      ['fc1', 'fc2'].map(async (name) => ({
        weight: await net.node(name).layer.variables['weight']!.data(),
        bias: await net.node(name).layer.variables['bias']!.data(),
      })),
    )
    const thetas = [new Array<number>(12).fill(0), new Array<number>(9).fill(0)]
    for (let round = 0; round < 5; round++) {
      let rows = Array.from({ length: 6 }, (_, n) => [...x.data.subarray(n * 8, n * 8 + 8)])
      for (const [layer, theta] of thetas.entries()) {
        const { weight, bias } = arrays[layer]!
        const active = rows.map((row) =>
          theta.map((_, o) =>
            Math.max(
              0,
              row.reduce((sum, value, i) => sum + value * weight[o * row.length + i]!, bias[o]!),
            ),
          ),
        )
        const before = [...theta]
        for (const o of theta.keys())
          theta[o]! += (2 * active.reduce((sum, row) => sum + Math.max(0, row[o]! - before[o]!), 0)) / 6
        rows = active.map((row) => row.map((a, o) => Math.min(a, before[o]!)))
      }
    }
    for (const [layer, theta] of thetas.entries())
      expect(report.layers[layer]!.threshold.max).toBeCloseTo(Math.max(...theta), 4)
  })

  it('strips a final softmax, or keeps it on the accumulated output', async () => {
    const base = mlp()
    const net = new Network({
      inputs: base.inputs,
      nodes: [...base.nodes, node('softmax1', softmaxLayer({ axis: 0 }), 'fc3')],
      outputs: ['softmax1'],
    })
    const stripped = await convert(net, [x], { backend })
    expect(stripped.report.notes).toEqual(["The final softmax 'softmax1' was removed: the outputs are logits."])
    const kept = await convert(net, [x], { backend, softmax: 'keep' })
    const { logitsByStep } = await simulate(kept.snn, x, { T: 3, backend })
    for (let row = 0; row < 3 * 6; row++)
      expect([...logitsByStep.data.subarray(row * 5, row * 5 + 5)].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  })

  it('reports progress, stops when told, and writes a report that is JSON', async () => {
    const stages = new Set<string>()
    const labels = { data: new Int32Array(6), shape: [6] }
    const { report } = await convert(residual(), [[randomTensor([6, 3, 12, 12], 1), labels]], {
      backend,
      onProgress: ({ stage }) => stages.add(stage),
    })
    expect([...stages]).toEqual(['calibrate', 'report'])
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(report).toMatchObject({
      version: 2,
      mode: '99.9%',
      samples: { calibration: 6, report: 6 },
      layersT: report.recommendedT,
    })
    expect(report.accuracy.map(({ T }) => T)).toEqual([4, 8, 16, 32, 64])
    expect(report.ann.macs).toBe(
      [3 * 9 * 4 * 144, 4 * 9 * 4 * 144, 2 * 9 * 6 * 36, 4 * 6 * 36, 4 * 9 * 2 * 36, 720, 40].reduce((a, b) => a + b),
    )
    const controller = new AbortController()
    const stopped = convert(residual(), [randomTensor([6, 3, 12, 12], 1)], {
      backend,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(stopped).rejects.toThrow('enough')
  })

  it('counts synaptic operations: every spike times the weights it meets', async () => {
    const { snn, report } = await convert(mlp(), [x], { backend })
    const { recorded } = await simulate(snn, x, { T: 4, backend, record: ['*.spike'] })
    const spikes = (name: string): number => Array.from(recorded[`${name}.spike`]!.data).reduce((a, b) => a + b, 0)
    const expected = (spikes('relu1') * 9 + spikes('relu2') * 5) / 6 + 8 * 12
    expect(report.synapticOperations[0]).toMatchObject({ T: 4 })
    expect(report.synapticOperations[0]!.perSample).toBeCloseTo(expected, 6)
  })
})

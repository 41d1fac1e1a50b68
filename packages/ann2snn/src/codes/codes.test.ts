import {
  addLayer,
  clipLayer,
  leakyReluLayer,
  linearLayer,
  matmulLayer,
  binaryLayer,
  Network,
  reluLayer,
  reshapeLayer,
  softmaxLayer,
  unaryLayer,
} from '@snn/nn'
import { readSnn, toOnnx } from '@snn/snn-file'
import { isSnnError, reference, variable, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { conv, linear, mlp, node, randomTensor, residual } from '../../test/networks.js'
import { convert } from '../convert.js'
import { simulate } from '../run/simulate.js'
import type { CodeName } from './code.js'
import { codes } from './table.js'

const backend = reference()
const x = randomTensor([2, 3, 12, 12], 5)

/** Largest difference of the outputs after T steps from the ANN's, relative to the largest of those. */
async function distance(net: Network, input: TensorLike, options: object, T: number): Promise<number> {
  const { snn, ann, report } = await convert(net, [input], { backend, ...options })
  const [spiking, exact] = [
    await simulate(snn, input, { T: T + report.latency, backend }),
    await simulate(ann, input, { T: 1, backend }),
  ]
  const largest = Math.max(...exact.logits.data.map(Math.abs))
  return Math.max(...exact.logits.data.map((value, i) => Math.abs(value - spiking.logits.data[i]!))) / largest
}

describe('every code tends to the ANN', { timeout: 60_000 }, () => {
  const settings: Readonly<Record<CodeName, readonly [options: object, T: number, within: number]>> = {
    binary: [{ mode: 'max' }, 400, 0.03],
    signed: [{ mode: 'max' }, 300, 0.03],
    burst: [{}, 300, 0.08],
    phase: [{ levels: 9 }, 9, 0.03],
    stBif: [{ levels: 63 }, 200, 0.1],
    multiThreshold: [{}, 200, 0.02],
    differential: [{}, 100, 0.01],
    delta: [{ levels: 12 }, 24, 0.003],
  }
  for (const name of Object.keys(codes) as CodeName[]) {
    const [options, T, within] = settings[name]
    it(`${name}: the output`, async () =>
      expect(await distance(residual(), x, { code: name, ...options }, T)).toBeLessThan(within))

    it(`${name}: a file gives the same network`, async () => {
      const { snn } = await convert(mlp(), [randomTensor([3, 8], 5)], { backend, code: name })
      const bytes = await toOnnx(snn)
      const again = readSnn(bytes).snn
      expect(await toOnnx(again)).toEqual(bytes)
      const input = randomTensor([2, 8], 6)
      const [before, after] = [
        await simulate(snn, input, { T: 6, backend }),
        await simulate(again, input, { T: 6, backend }),
      ]
      expect(after.logitsByStep.data).toEqual(before.logitsByStep.data)
    })
  }
})

describe('the upper bound of a Clip holds', { timeout: 60_000 }, () => {
  const net = new Network({
    inputs: [{ name: 'x', shape: [8] }],
    nodes: [
      node('fc1', linear(8, 12), 'x'),
      node('clip1', clipLayer({ low: 0, high: 0.3 }), 'fc1'),
      node('fc2', linear(12, 4), 'clip1'),
    ],
    outputs: ['fc2'],
  })
  const steps: Readonly<Partial<Record<CodeName, readonly [levels: number, T: number]>>> = {
    phase: [9, 9],
    stBif: [63, 200],
    delta: [12, 24],
  }
  const [small, large] = [0.1, 3].map((gain) => ({
    ...randomTensor([4, 8], 3),
    data: randomTensor([4, 8], 3).data.map((value) => value * gain),
  })) as [TensorLike, TensorLike]
  it.each(Object.keys(codes) as CodeName[])('%s', async (code) => {
    const [levels, T] = steps[code] ?? [undefined, 300]
    const { snn, ann, report } = await convert(net, [small, large], {
      backend,
      code,
      mode: 'max',
      ...(levels && { levels }),
    })
    const [spiking, exact] = [
      await simulate(snn, large, { T: T + report.latency, backend }),
      await simulate(ann, large, { T: 1, backend }),
    ]
    const most = Math.max(...exact.logits.data.map(Math.abs))
    exact.logits.data.forEach((value, i) => expect(Math.abs(value - spiking.logits.data[i]!) / most).toBeLessThan(0.04))
  })
})

describe('delta code', () => {
  it('is the naive loop: everything enters once, neurons hand on the nearest level of what they owe', async () => {
    const input = randomTensor([2, 8], 3)
    const { snn, ann, report } = await convert(mlp(), [input], { backend, code: 'delta', levels: 6, per: 'layer' })
    expect(report.code).toEqual({ name: 'delta', spikes: 'graded', signed: true, levels: 6, digits: 2 })
    const T = 7
    const sizes = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
    const { logitsByStep, recorded } = await simulate(snn, input, { T, backend, record: ['*.spike'] })
    const weights = await Promise.all(
      ['fc1', 'fc2', 'fc3'].map(async (name) => {
        const { weight, bias } = ann.node(name).layer.variables
        return { w: await weight!.data(), b: await bias!.data(), outputs: weight!.shape[0]!, inputs: weight!.shape[1]! }
      }),
    )
    const dense = (layer: number, from: readonly number[], once: boolean): number[] => {
      const { w, b, outputs, inputs } = weights[layer]!
      return Array.from({ length: outputs }, (_, o) =>
        from.reduce((sum, value, i) => sum + value * w[o * inputs + i]!, once ? b[o]! : 0),
      )
    }
    for (let n = 0; n < 2; n++) {
      const received = [new Array<number>(12).fill(0), new Array<number>(9).fill(0)]
      const sent = [new Array<number>(12).fill(0), new Array<number>(9).fill(0)]
      const sum = new Array<number>(5).fill(0)
      for (let t = 0; t < T; t++) {
        let current =
          t === 0 ? dense(0, [...input.data.subarray(n * 8, n * 8 + 8)], true) : new Array<number>(12).fill(0)
        for (const layer of [0, 1]) {
          const unit = report.layers[layer]!.threshold.max * 2 ** -6
          const spikes: number[] = []
          const out = current.map((z, i) => {
            received[layer]![i]! += z
            const error = Math.max(received[layer]![i]!, 0) - sent[layer]![i]!
            const size = Math.abs(error) / unit
            const s =
              size < 1.5
                ? 0
                : Math.sign(error) *
                  sizes.reduce((near, next) => (Math.abs(size - next) < Math.abs(size - near) ? next : near))
            spikes.push(s)
            sent[layer]![i]! += s * unit
            return s * unit
          })
          const size = spikes.length
          expect(
            [...recorded[`relu${layer + 1}.spike`]!.data.subarray((t * 2 + n) * size, (t * 2 + n + 1) * size)].map(
              (s) => s + 0,
            ),
          ).toEqual(spikes.map((s) => s + 0))
          current = dense(layer + 1, out, t === 0)
        }
        current.forEach((value, i) => (sum[i]! += value))
        sum.forEach((value, i) => expect(logitsByStep.data[(t * 2 + n) * 5 + i]).toBeCloseTo(value, 4))
      }
    }
  })

  it('falls silent', async () => {
    const { snn } = await convert(residual(), [x], { backend, code: 'delta' })
    const { recorded } = await simulate(snn, x, { T: 20, backend, record: ['*.spike'] })
    for (const { data } of Object.values(recorded)) {
      expect(data.subarray(0, data.length / 20).some((s) => s !== 0)).toBe(true)
      expect(data.subarray((data.length / 20) * 19).every((s) => s === 0)).toBe(true)
    }
  })

  const fc = (): ReturnType<typeof linear> => linear(12, 12)
  const behind = (layers: readonly ReturnType<typeof node>[], last: string): Network =>
    new Network({
      inputs: [{ name: 'x', shape: [8] }],
      nodes: [
        node('fc1', linear(8, 12), 'x'),
        node('relu1', reluLayer({}), 'fc1'),
        node('fc2', fc(), 'relu1'),
        ...layers,
        node('fc3', linear(12, 4), last),
      ],
      outputs: ['fc3'],
    })
  const functions: Readonly<Record<string, () => Network>> = {
    ...Object.fromEntries(
      (['sigmoid', 'tanh', 'gelu', 'swish', 'hardSwish', 'hardSigmoid', 'exp'] as const).map((name) => [
        name,
        () => behind([node('f', unaryLayer({ function: name }), 'fc2')], 'f'),
      ]),
    ),
    softmax: () => behind([node('f', softmaxLayer({ axis: 0 }), 'fc2')], 'f'),
    leakyRelu: () => behind([node('f', leakyReluLayer({ slope: 0.1 }), 'fc2')], 'f'),
    prelu: () =>
      behind([node('f', leakyReluLayer({ slope: 1 }, { slope: variable(randomTensor([12], 9)) }), 'fc2')], 'f'),
    'clip between -1 and 0.5': () => behind([node('f', clipLayer({ low: -1, high: 0.5 }), 'fc2')], 'f'),
    'product of activations': () =>
      behind([node('fc2b', fc(), 'relu1'), node('f', binaryLayer({ function: 'mul' }), 'fc2', 'fc2b')], 'f'),
    'difference of activations': () =>
      behind([node('fc2b', fc(), 'relu1'), node('f', binaryLayer({ function: 'sub' }), 'fc2', 'fc2b')], 'f'),
    'matrix product': () =>
      behind(
        [
          node('a', reshapeLayer({ shape: [3, 4] }), 'fc2'),
          node('b', reshapeLayer({ shape: [4, 3] }), 'relu1'),
          node('p', matmulLayer({}), 'a', 'b'),
          node('q', matmulLayer({}), 'p', 'a'),
          node('f', reshapeLayer({ shape: [12] }), 'q'),
        ],
        'f',
      ),
    'residual around a function': () =>
      behind([node('g', unaryLayer({ function: 'gelu' }), 'fc2'), node('f', addLayer({}), 'g', 'fc2')], 'f'),
  }
  for (const [name, make] of Object.entries(functions)) {
    for (const code of ['delta', 'differential'] as const) {
      it(`carries ${name}: ${code}`, async () => {
        const net = make()
        const input = randomTensor([3, 8], 4)
        expect(
          await distance(net, input, { code, levels: code === 'delta' ? 14 : 8 }, code === 'delta' ? 30 : 150),
        ).toBeLessThan(code === 'delta' ? 2e-3 : 0.02)
      })
    }
  }

  it('is refused in rate codes, which name the codes that can', async () => {
    const error: unknown = await convert(functions['gelu']!(), [randomTensor([3, 8], 4)], {
      backend,
      code: 'signed',
    }).catch((e: unknown) => e)
    expect(
      isSnnError(error, 'CONVERT_UNSUPPORTED') &&
        error.details.layers.map(({ name, fix }) => [
          name,
          fix.includes("'delta'") && fix.includes("'differential'") && !fix.includes("'multiThreshold'"),
        ]),
    ).toEqual([['f', true]])
  })

  it('keeps depthwise convolutions, whose weights are those of the ANN', async () => {
    const net = new Network({
      inputs: [{ name: 'x', shape: [3, 12, 12] }],
      nodes: [
        node('conv1', conv(3, 4, 3, 1, 1), 'x'),
        node('relu1', clipLayer({ low: 0, high: 0.5 }), 'conv1'),
        node('conv2', conv(4, 4, 3, 2, 1, 4), 'relu1'),
        node('relu2', reluLayer({}), 'conv2'),
        node('flat', reshapeLayer({ shape: [144] }), 'relu2'),
        node('fc', linearLayer({}, { weight: variable(randomTensor([3, 144], 2)) }), 'flat'),
      ],
      outputs: ['fc'],
    })
    const { snn, ann } = await convert(net, [x], { backend, code: 'delta' })
    expect(snn.node('conv2').layer.variables['weight']).toBe(ann.node('conv2').layer.variables['weight'])
    expect(await distance(net, x, { code: 'delta' }, 16)).toBeLessThan(0.02)
  })
})

describe('options of codes', () => {
  it('are checked before any work', async () => {
    for (const wrong of [
      { code: 'morse' },
      { code: 'binary', levels: 3 },
      { code: 'delta', levels: 0 },
      { code: 'delta', digits: 9 },
      { code: 'phase', digits: 2 },
      { code: 'phase', levels: 2.5 },
      { code: 'delta', wait: 1 },
      { wait: 1 },
      { T: -1 },
      { mode: 'sequential' },
      { weights: 'calibrate' },
      { code: 'delta', mode: 'sequential', T: 4 },
    ]) {
      await expect(
        convert(mlp(), [randomTensor([3, 8], 5)], { backend, ...wrong } as never),
        JSON.stringify(wrong),
      ).rejects.toMatchObject({ code: 'ARGUMENT' })
    }
  })
})

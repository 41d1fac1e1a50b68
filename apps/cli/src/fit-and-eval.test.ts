import { evaluate, simulate, steps } from '@snn/ann2snn'
import { readSnn, toOnnx } from '@snn/snn-file'
import { fromArrays, loader } from '@snn/datasets'
import { integrateAndFire, lif, nonSpikingLif } from '@snn/neuron'
import { batchNorm1d, input, linear, sequential, type Network, type Part, type Readout } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { reference, repeat, type Tensor } from '@snn/tensor'
import {
  adam,
  crossEntropy,
  fit,
  predictByFirstSpike,
  predictByRate,
  timeFirst,
  type NetworkFitOptions,
} from '@snn/train'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const backend = reference()
const [features, classes, count] = [5, 3, 32]

/** Samples [N, ..shape] whose class says which numbers are high. */
function samples(shape: readonly number[], seed: number) {
  const noise = (i: number): number => 0.5 + 0.5 * Math.sin(12.9898 * (i + 1) * (seed + 1) + 78.233)
  const size = shape.reduce((a, b) => a * b, 1)
  const labels = Int32Array.from({ length: count }, (_, i) => Math.floor(noise(i + 7919) * 2.999))
  const data = Float32Array.from(
    { length: count * size },
    (_, i) => 2 * noise(i) + (i % features === labels[Math.floor(i / size)] ? 1 : 0),
  )
  return fromArrays({ data, shape: [count, ...shape] }, { data: labels, shape: [count] })
}

const last = (o: Tensor): Tensor => o.at(0, o.shape[0]! - 1)
/** What a user may give as `predict`, and what it means; `undefined` takes the default. */
const predictions: Readonly<Record<string, readonly [NetworkFitOptions['predict'], Readout]>> = {
  default: [undefined, { by: 'count' }],
  mean: [(o) => o.mean(0).argmax(), { by: 'count' }],
  last: [(o) => last(o).argmax(), { by: 'last' }],
  'maximum, of a softmax': [(o) => o.max(0).exp().argmax(), { by: 'max' }],
  'first spike': [(o) => predictByFirstSpike(o), { by: 'firstSpike' }],
  'without the first two steps': [(o) => o.slice(0, 2).sum(0).argmax(), { by: 'count', start: 2 }],
  'groups of outputs': [(o) => predictByRate(o, { classes }), { by: 'count', classes }],
}

/** The last layer: spikes, a membrane, or the values of each step. */
const ends: Readonly<Record<string, () => Part[]>> = {
  spikes: () => [lif({ surrogate: atan() })],
  membrane: () => [nonSpikingLif()],
  values: () => [],
}

interface Case {
  readonly T: number
  readonly end: string
  readonly predict: string
  readonly encoding: 'constant' | 'sequence'
  readonly seed: number
}

function setup({ T, end, predict, encoding, seed }: Case) {
  const outputs = predict === 'groups of outputs' ? 2 * classes : classes
  const net = sequential(
    input([features]),
    linear(features, 12),
    batchNorm1d(12),
    integrateAndFire({ surrogate: atan() }),
    linear(12, outputs),
    ...ends[end]!(),
  ).initialize({ seed })
  const data = loader(samples(encoding === 'constant' ? [features] : [T, features], seed), { batch: 8 })
  const [chosen, readout] = predictions[predict]!
  const options: NetworkFitOptions = {
    optimizer: adam(net.parameters(), { lr: 0.02 }),
    loss: (o, y) => crossEntropy(o.mean(0).reshape([o.shape[1]!, classes, -1]).sum(-1), y),
    encode: encoding === 'constant' ? (x) => repeat(x, T) : timeFirst,
    epochs: 1,
    validation: data,
    backend,
    ...(chosen && { predict: chosen }),
  }
  return { net, data, options, readout }
}

async function rightOnes(net: Network, data: ReturnType<typeof loader>): Promise<number> {
  const { results, samples: all } = await evaluate(net, data, { backend })
  expect(results).toHaveLength(1)
  return Math.round(results[0]!.accuracy * all)
}

describe('what fit measures', () => {
  it(
    'is what evaluate measures, on the network and on the file that toOnnx writes, for any read-out, end and input',
    { timeout: 240_000 },
    async () => {
      const any = fc.record({
        T: fc.integer({ min: 4, max: 7 }),
        end: fc.constantFrom(...Object.keys(ends)),
        predict: fc.constantFrom(...Object.keys(predictions)),
        encoding: fc.constantFrom('constant' as const, 'sequence' as const),
        seed: fc.nat(99),
      })
      await fc.assert(
        fc.asyncProperty(any, async (which) => {
          const { net, data, options, readout } = setup(which)
          const { history } = await fit(net, data, options)
          const right = Math.round(history.at(-1)!.validation!.accuracy! * count)
          expect(net.metadata).toEqual({ T: which.T, readout, encoding: which.encoding })
          expect(await rightOnes(net, data)).toBe(right)
          const { snn } = readSnn(await toOnnx(net))
          expect(snn.metadata).toEqual(net.metadata)
          expect(await rightOnes(snn, data)).toBe(right)
          // and step by step, as a page would show it
          const [x, y] = (await data.pass(0)[Symbol.asyncIterator]().next()).value!
          const whole = await simulate(snn, x, { backend })
          let shown: readonly number[] = []
          for await (const { logits, t } of steps(snn, x, { T: which.T, backend })) {
            shown = [...logits.data]
            expect(shown).toEqual([...whole.logitsByStep.data.subarray(t * shown.length, (t + 1) * shown.length)])
          }
          expect(shown).toEqual([...whole.logits.data])
          expect(whole.logits.shape).toEqual([y.shape[0], classes])
        }),
        {
          numRuns: 30,
          examples: Object.keys(predictions).map((predict, i): [Case] => [
            { T: 4, end: 'spikes', predict, encoding: 'constant', seed: i },
          ]),
        },
      )
    },
  )

  it('cannot be a file where its predictions have no name, until somebody gives one', async () => {
    const { net, data, options } = setup({ T: 4, end: 'spikes', predict: 'default', encoding: 'constant', seed: 1 })
    await fit(net, data, { ...options, predict: (o) => o.mean(0).neg().argmax() })
    expect(net.metadata.readout).toEqual({ by: 'other' })
    const refused = expect.objectContaining({ code: 'ARGUMENT', message: expect.stringMatching(/read-?out/) as string })
    await expect(toOnnx(net)).rejects.toThrow(refused)
    await expect(evaluate(net, data, { backend })).rejects.toThrow(refused)
    await expect(evaluate(net, data, { backend, readout: 'count' })).resolves.toBeDefined()
    expect(readSnn(await toOnnx(net, { readout: { by: 'count', start: 1 } })).snn.metadata.readout).toEqual({
      by: 'count',
      start: 1,
    })
    for (const wrong of ['counts', { by: 'count', start: -1 }, { by: 'count', from: 1 }, 7])
      await expect(toOnnx(net, { readout: wrong as never })).rejects.toThrow(refused)
  })

  it('needs inputs as an encoder makes them, where the encoder is one that a file cannot hold', async () => {
    const { net, data, options } = setup({ T: 4, end: 'spikes', predict: 'default', encoding: 'constant', seed: 1 })
    const encode = (x: Tensor): Tensor => repeat(x.mul(0.5), 4)
    await fit(net, data, { ...options, encode })
    expect(net.metadata.encoding).toBe('other')
    const { snn } = readSnn(await toOnnx(net))
    await expect(evaluate(snn, data, { backend })).rejects.toThrow(
      expect.objectContaining({ code: 'SHAPE', message: expect.stringContaining('encode') as string }),
    )
    snn.metadata = { ...snn.metadata, encoding: 'constant' }
    await expect(evaluate(snn, data, { backend })).resolves.toBeDefined()
  })
})

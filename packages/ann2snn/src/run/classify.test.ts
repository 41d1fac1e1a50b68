import { flattenLayer, input, linear, linearLayer, Network, reshapeLayer, sequential } from '@snn/nn'
import { lif, psn } from '@snn/neuron'
import { readSnn, toOnnx } from '@snn/snn-file'
import { reference, variable } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { mlp, node, randomTensor } from '../../test/networks.js'
import { classify } from './classify.js'
import { convert } from '../convert.js'
import { evaluate } from './evaluate.js'
import { simulate } from './simulate.js'

const backend = reference()
const x = randomTensor([9, 8], 3)
const T = 12

describe('classify', () => {
  it('gives the classes of simulate, the spikes of each sample, and since when the class was settled', async () => {
    const { snn } = await convert(mlp(), [x], { backend, mode: '99%' })
    const found = await classify(snn, x, { T, backend, top: 5 })
    const { logits, logitsByStep, recorded } = await simulate(snn, x, { T, backend, record: ['*.spike'] })
    const best = (data: ArrayLike<number>, at: number): number =>
      [0, 1, 2, 3, 4].reduce((first, i) => (data[at + i]! > data[at + first]! ? i : first), 0)
    for (const [n, { class: predicted, top, stableFrom, spikes, T: ran }] of found.entries()) {
      const history = Array.from({ length: T }, (_, t) => best(logitsByStep.data, (t * 9 + n) * 5))
      expect(predicted).toBe(history.at(-1))
      expect(ran).toBe(T)
      expect(history.slice(stableFrom - 1)).toEqual(Array<number>(T - stableFrom + 1).fill(predicted))
      if (stableFrom > 1) expect(history[stableFrom - 2]).not.toBe(predicted)
      expect(top.map(({ score }) => score)).toEqual([...logits.data.subarray(n * 5, n * 5 + 5)].sort((a, b) => b - a))
      for (const { class: label, score } of top) expect(score).toBe(logits.data[n * 5 + label])
      const counted = Object.values(recorded).flatMap(({ data, shape: [, , neurons = 0] }) =>
        Array.from(
          { length: T },
          (_, t) => data.subarray((t * 9 + n) * neurons, (t * 9 + n + 1) * neurons).filter((s) => s !== 0).length,
        ),
      )
      expect(spikes).toBe(counted.reduce((a, b) => a + b))
    }
    expect(new Set(found.map(({ stableFrom }) => stableFrom)).size, 'some change their mind').toBeGreaterThan(1)
  })

  it('agrees with evaluate, in classes and spikes', async () => {
    const { snn } = await convert(mlp(), [x], { backend, mode: '99%' })
    const found = await classify(snn, x, { T, backend, labelOffset: 1 })
    const labels = { data: Int32Array.from(found, ({ class: label }) => label), shape: [9] }
    const { results } = await evaluate(snn, [[x, labels]], { steps: [T], backend, labelOffset: 1 })
    expect(results[0]!.accuracy).toBe(1)
    const spikes = found.reduce((sum, one) => sum + one.spikes, 0)
    expect(results[0]!.spikesPerNeuronPerStep).toBeCloseTo(spikes / 9 / T / 21, 10)
  })

  it('takes steps, read-out and names from a file', async () => {
    const net = sequential(input([8]), linear(8, 6), lif())
    net.metadata = { T: 5, readout: { by: 'count', classes: 3 }, encoding: 'sequence' }
    const { snn, metadata } = readSnn(await toOnnx(net, { classNames: ['cat', 'dog', 'horse'] }))
    const steps = randomTensor([2, 5, 8], 8)
    const found = await classify(snn, steps, { backend, top: 2, classNames: metadata.classNames! })
    const { logits } = await simulate(snn, steps, { backend })
    for (const [n, { class: label, name, score, top, T: ran }] of found.entries()) {
      expect(ran).toBe(5)
      expect(name).toBe(['cat', 'dog', 'horse'][label])
      expect(score).toBe(Math.max(...logits.data.subarray(n * 3, n * 3 + 3)))
      expect(top).toHaveLength(2)
    }
    expect(
      (await classify(snn, steps, { backend, top: 1, classNames: ['cat', 'dog', 'horse'], labelOffset: 1 }))[0]!.class,
    ).toBe(found[0]!.class - 1)
  })

  it('tells two classes apart by one output, and runs networks of whole sequences and of no known input', async () => {
    const one = new Network({
      inputs: [{ name: 'x', shape: [1] }],
      nodes: [node('fc', linearLayer({}, { weight: variable({ data: Float32Array.of(1), shape: [1, 1] }) }), 'x')],
      outputs: ['fc'],
    })
    const two = await classify(one, { data: Float32Array.of(-2, 3), shape: [2, 1] }, { T: 2, backend })
    expect(two).toEqual([
      { class: 0, score: -2, top: [{ class: 0, score: -2 }], stableFrom: 1, T: 2, spikes: 0 },
      { class: 1, score: 3, top: [{ class: 1, score: 3 }], stableFrom: 1, T: 2, spikes: 0 },
    ])
    expect(
      await classify(sequential(linear(4, 3), psn({ T: 4 })), randomTensor([2, 4], 1), {
        T: 4,
        backend,
        readout: 'count',
      }),
    ).toHaveLength(2)
  })

  it.each<[string, unknown, unknown, string, RegExp]>([
    ['no T', x, {}, 'ARGUMENT', /no number of time steps/],
    ['a misspelled option', x, { t: 3 }, 'ARGUMENT', /unknown option 't'/],
    ['a top of none', x, { T, top: 0 }, 'ARGUMENT', /top 0/],
    [
      'values that are not finite',
      { data: new Float32Array(8).fill(NaN), shape: [1, 8] },
      { T },
      'ARGUMENT',
      /sample 0 of the data has NaN/,
    ],
    ['samples of another shape', randomTensor([2, 7], 1), { T }, 'SHAPE', /expected \[N,8\]/],
    ['a picture in place of x', 'cat.jpg', { T }, 'ARGUMENT', /x is the string 'cat.jpg'/],
  ])('refuses %s', async (_, samples, options, code, message) => {
    await expect(classify(mlp(), samples as typeof x, { backend, ...(options as object) })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  it('refuses an output that is a picture', async () => {
    const net = new Network({
      inputs: [{ name: 'x', shape: [8] }],
      nodes: [node('flat', flattenLayer({}), 'x'), node('square', reshapeLayer({ shape: [2, 4] }), 'flat')],
      outputs: ['square'],
    })
    await expect(classify(net, x, { T, backend })).rejects.toMatchObject({
      code: 'ARGUMENT',
      message: expect.stringMatching(/one score for each class/) as string,
    })
  })
})

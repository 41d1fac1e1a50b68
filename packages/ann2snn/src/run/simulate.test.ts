import { reference, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { mlp, randomTensor, residual } from '../../test/networks.js'
import { convert } from '../convert.js'
import { evaluate } from './evaluate.js'
import { simulate, steps } from './simulate.js'

const backend = reference()
const T = 20

/** x W^T + b */
function dense(x: readonly number[], weight: TensorLike, bias: TensorLike): number[] {
  const [outputs, inputs] = weight.shape as [number, number]
  return Array.from({ length: outputs }, (_, o) =>
    x.reduce((sum, value, i) => sum + value * weight.data[o * inputs + i]!, bias.data[o]!),
  )
}

describe('simulate', () => {
  it('is the naive loop: integrate, fire, subtract the threshold, add up', async () => {
    const x = randomTensor([2, 8], 3)
    const { snn } = await convert(mlp(), [x], { backend, mode: '99%' })
    const { logitsByStep, logits, recorded } = await simulate(snn, x, { T, backend, record: ['*.spike', '*.v'] })
    const weights = await Promise.all(
      ['fc1', 'fc2', 'fc3'].map(async (name) => {
        const { weight, bias } = snn.node(name).layer.variables
        return {
          weight: { data: await weight!.data(), shape: weight!.shape },
          bias: { data: await bias!.data(), shape: bias!.shape },
        }
      }),
    )
    for (let n = 0; n < 2; n++) {
      const v = [new Array<number>(12).fill(0.5), new Array<number>(9).fill(0.5)]
      const sum = new Array<number>(5).fill(0)
      for (let t = 0; t < T; t++) {
        let current = dense([...x.data.subarray(n * 8, n * 8 + 8)], weights[0]!.weight, weights[0]!.bias)
        for (const layer of [0, 1]) {
          const potentials = v[layer]!
          const spikes = current.map((z, i) => {
            potentials[i] = potentials[i]! + z
            const fires = potentials[i] >= 1
            if (fires) potentials[i] = potentials[i] - 1
            return fires ? 1 : 0
          })
          const neurons = spikes.length
          const got = recorded[`relu${layer + 1}.spike`]!.data.subarray(
            (t * 2 + n) * neurons,
            (t * 2 + n + 1) * neurons,
          )
          expect([...got]).toEqual(spikes)
          const potential = recorded[`relu${layer + 1}.v`]!.data.subarray(
            (t * 2 + n) * neurons,
            (t * 2 + n + 1) * neurons,
          )
          potential.forEach((value, i) => expect(value).toBeCloseTo(potentials[i]!, 4))
          current = dense(spikes, weights[layer + 1]!.weight, weights[layer + 1]!.bias)
        }
        current.forEach((value, i) => (sum[i] = sum[i]! + value))
        sum.forEach((value, i) => expect(logitsByStep.data[(t * 2 + n) * 5 + i]).toBeCloseTo(value / (t + 1), 4))
      }
    }
    expect([...logits.data]).toEqual([...logitsByStep.data.subarray((T - 1) * 10)])
  })

  it('hands on nothing but 0 and the threshold, at every step', async () => {
    const x = randomTensor([2, 3, 12, 12], 5)
    const { snn } = await convert(residual(), [x], { backend, per: 'channel' })
    const { recorded } = await simulate(snn, x, { T: 6, backend, record: ['relu*.output', 'relu*.spike'] })
    for (const name of ['relu1', 'relu2', 'relu3', 'relu4', 'relu5']) {
      const { layer } = snn.node(name)
      const threshold = layer.variables['threshold']
        ? await layer.variables['threshold'].data()
        : Float32Array.of(layer.config['threshold'] as number)
      const spike = recorded[`${name}.spike`]!
      const perChannel = spike.data.length / (6 * 2) / (threshold.length === 1 ? 1 : threshold.length)
      let spikes = 0
      recorded[`${name}.output`]!.data.forEach((value, i) => {
        expect(value).toBe(spike.data[i] === 0 ? 0 : threshold[Math.floor(i / perChannel) % threshold.length])
        spikes += spike.data[i]!
      })
      expect(spikes).toBeGreaterThan(0)
    }
  })

  it('tends to the output of the network it came from', async () => {
    const x = randomTensor([4, 3, 12, 12], 6)
    for (const per of ['layer', 'channel'] as const) {
      const { snn, ann } = await convert(residual(), [x], { backend, mode: 'max', per })
      const long = await simulate(snn, x, { T: 400, backend })
      const { logits } = await simulate(ann, x, { T: 1, backend })
      const scale = Math.max(...logits.data.map(Math.abs))
      logits.data.forEach((value, i) => expect(Math.abs(long.logits.data[i]! - value)).toBeLessThan(0.03 * scale))
    }
  })

  it('gives the same step by step', async () => {
    const x = randomTensor([2, 3, 12, 12], 5)
    const { snn } = await convert(residual(), [x], { backend })
    const whole = await simulate(snn, x, { T: 5, backend, record: ['relu3.spike'] })
    let seen = 0
    for await (const { t, logits, recorded } of steps(snn, x, { T: 5, backend, record: ['relu3.spike'] })) {
      expect(t).toBe(seen++)
      expect([...logits.data]).toEqual([...whole.logitsByStep.data.subarray(t * 8, t * 8 + 8)])
      const spike = recorded.get('relu3.spike')!
      expect([...spike.data]).toEqual([
        ...whole.recorded['relu3.spike']!.data.subarray(t * spike.data.length, (t + 1) * spike.data.length),
      ])
    }
    expect(seen).toBe(5)
  })

  it('refuses step counts that are none, and stops when told', async () => {
    const x = randomTensor([1, 8], 3)
    const { snn } = await convert(mlp(), [x], { backend })
    for (const wrong of [0, -1, 1.5, NaN])
      await expect(simulate(snn, x, { T: wrong, backend })).rejects.toMatchObject({ code: 'ARGUMENT' })
    const reason = new Error('enough')
    await expect(simulate(snn, x, { T: 4, backend, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('evaluate', () => {
  it('gives the accuracy after every number of steps from one run', async () => {
    const batches = [1, 2, 3].map((seed) => randomTensor([5, 8], seed))
    const { snn, ann } = await convert(mlp(), batches, { backend })
    const labelled = await Promise.all(
      batches.map(async (x) => {
        const { logits } = await simulate(ann, x, { T: 1, backend })
        const labels = Int32Array.from({ length: 5 }, (_, n) =>
          [...logits.data.subarray(n * 5, n * 5 + 5)].reduce(
            (best, value, i, all) => (value > all[best]! ? i : best),
            0,
          ),
        )
        return [x, { data: labels, shape: [5] }] as const
      }),
    )
    const { samples, results, stepsRun } = await evaluate(snn, labelled, { steps: 12, backend })
    expect([samples, stepsRun, results.length]).toEqual([15, 12, 12])
    for (const { T: after, accuracy, spikesPerNeuronPerStep } of results) {
      let correct = 0
      let spikes = 0
      for (const [x, y] of labelled) {
        const { logits, recorded } = await simulate(snn, x, { T: after, backend, record: ['*.spike'] })
        for (let n = 0; n < 5; n++) {
          const own = [...logits.data.subarray(n * 5, n * 5 + 5)]
          if (own.indexOf(Math.max(...own)) === y.data[n]) correct++
        }
        for (const spike of Object.values(recorded)) spikes += [...spike.data].reduce((a, b) => a + b, 0)
      }
      expect(accuracy).toBeCloseTo(correct / 15, 12)
      expect(spikesPerNeuronPerStep).toBeCloseTo(spikes / 15 / 21 / after, 6)
    }
    const few = await evaluate(snn, labelled, { steps: [4, 12], backend })
    expect(few.results.map(({ accuracy }) => accuracy)).toEqual([results[3]!.accuracy, results[11]!.accuracy])
    const early = await evaluate(snn, labelled, { steps: [4, 200], earlyExit: 2, backend })
    expect(early.stepsRun).toBeLessThan(200)
  })

  it('gives the same after each number of steps as alone, of inputs that change at every step too', async () => {
    const { snn } = await convert(mlp(), [randomTensor([5, 8], 1)], { backend })
    const labels = { data: Int32Array.of(0, 1, 2, 3, 4), shape: [5] }
    for (const [x, encoding] of [
      [randomTensor([5, 8], 2), 'constant'],
      [randomTensor([5, 9, 8], 3), 'sequence'],
    ] as const) {
      snn.metadata = { ...snn.metadata, encoding }
      const { results } = await evaluate(snn, [[x, labels]], { steps: [3, 4, 9], backend })
      const seconds = results.map((result) => result.seconds)
      expect(seconds).toEqual([...seconds].sort((a, b) => a - b))
      for (const { T, accuracy, spikesPerNeuronPerStep } of results) {
        const [alone] = (await evaluate(snn, [[x, labels]], { steps: [T], backend })).results
        expect([accuracy, spikesPerNeuronPerStep]).toEqual([alone!.accuracy, alone!.spikesPerNeuronPerStep])
      }
    }
  })

  it('needs labels and samples', async () => {
    const x = randomTensor([2, 8], 3)
    const { snn } = await convert(mlp(), [x], { backend })
    await expect(evaluate(snn, [x], { steps: [4], backend })).rejects.toMatchObject({ code: 'ARGUMENT' })
    await expect(evaluate(snn, [], { steps: [4], backend })).rejects.toMatchObject({ code: 'ARGUMENT' })
  })
})

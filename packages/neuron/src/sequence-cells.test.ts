import { sigmoid } from '@snn/surrogate'
import { compile, grad, isSnnError, placeholder, reference, scan, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { expectClose, run, value } from '../test/run.js'
import * as all from './index.js'
import type { SequenceCell } from './index.js'

const backend = reference()
const T = 4
const shape = [T, 2, 3, 2, 2]
const size = shape.reduce((a, b) => a * b)
const numbers = (n: number, seed = 1) =>
  Float64Array.from({ length: n }, (_, i) => 1.4 * Math.sin(12.9898 * (i + 1) + 78.233 * seed + 1e-3 * i * i))
const x = { data: numbers(size), shape }

function code(make: () => unknown): string {
  try {
    make()
  } catch (error) {
    if (isSnnError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('parallel spiking neurons', () => {
  it('take any axes after T, and draw their weights by key', async () => {
    const cell = all.psn({ T })
    const before = [...(await cell.variables['weight']!.data())]
    expect(Math.max(...before.map(Math.abs))).toBeLessThanOrEqual(0.5)
    expect([...(await cell.variables['bias']!.data())]).toEqual([-1, -1, -1, -1])
    cell.initialize!(7)
    const weight = [...(await cell.variables['weight']!.data())]
    expect(weight).not.toEqual(before)
    const { h, s } = await compile(
      (t: Tensor) => ({
        h: all.psn({ T, surrogate: sigmoid({ smooth: true }), weight: cell.variables['weight']! }).apply([t]),
        s: cell.apply([t]),
      }),
      { backend },
    )(x)
    const step = size / T
    for (const i of [0, 5, 30, size - 1]) {
      const [t, at] = [Math.floor(i / step), i % step]
      const expected = weight.slice(4 * t, 4 * t + 4).reduce((sum, w, j) => sum + w * x.data[j * step + at]!, -1)
      expect(Math.log(h.data[i]! / (1 - h.data[i]!)) / 4).toBeCloseTo(expected, 6)
      expect(s.data[i]).toBe(expected >= 0 ? 1 : 0)
    }
    cell.variables['weight']!.set({ data: new Float32Array(16), shape: [4, 4] })
    cell.initialize!(8)
    expect([...(await cell.variables['weight']!.data())]).toEqual(Array(16).fill(0))
  })

  it('masked: lambda 1 sees the last k steps only, a Variable moves it', async () => {
    const lambda = variable({ data: Float32Array.of(0), shape: [] }, { name: 'lambda' })
    const cell = all.maskedPsn({ T, k: 2, lambda, surrogate: sigmoid({ smooth: true }) })
    const reach = compile(
      (t: Tensor) =>
        [0, 1, 2, 3].map((at) =>
          grad(cell.apply([t]).at(0, at).sum(), t)
            .abs()
            .sum([1, 2, 3, 4]),
        ),
      { backend },
    )
    expect((await reach(x)).map(({ data }) => [...data].map((d) => d > 0))).toEqual(Array(4).fill(Array(4).fill(true)))
    lambda.set({ data: Float32Array.of(1), shape: [] })
    expect((await reach(x)).map(({ data }) => [...data].map((d) => (d > 0 ? 1 : 0)))).toEqual([
      [1, 0, 0, 0],
      [1, 1, 0, 0],
      [0, 1, 1, 0],
      [0, 0, 1, 1],
    ])
    expect(cell.trainable).toEqual(['weight', 'bias'])
  })

  it('masked for good: steps equal the sums over the sequence, in values and gradients, and go on from where they were', async () => {
    for (const k of [1, 2, 3, 9]) {
      const [weight, bias] = [value('weight', [...numbers(16, 5)], [4, 4]), value('bias', [...numbers(4, 6)])]
      const [one, raised] = [value('lambda', [1]), { T, k, weight, bias, surrogate: sigmoid() }]
      const [steps, whole] = [all.maskedPsn({ ...raised, lambda: 1 }), all.maskedPsn({ ...raised, lambda: one })]
      const both = compile(
        (t: Tensor) =>
          [steps, whole].map((cell) => {
            const { output } = run(cell, t)
            return { output, gradients: grad(output.mul(t).sum(), [t, weight, bias]) }
          }),
        { backend },
      )
      const [a, b] = await both(x)
      expect(a!.output.data).toEqual(b!.output.data)
      a!.gradients.forEach(({ data }, i) => expectClose(data, b!.gradients[i]!.data, 1e-12))
      expect(new Set(a!.output.data)).toEqual(new Set([0, 1]))
    }
    const cell = all.maskedPsn({
      T: 2,
      k: 2,
      lambda: 1,
      bias: value('bias', [0.1, 0.2]),
      weight: value('weight', [1, 9, 2, 3], [2, 2]),
    })
    const { v } = await compile((t: Tensor) => run(cell, t), { backend })({
      data: Float64Array.of(1, 2, 3, 4),
      shape: [4, 1],
    })
    // the third and fourth have the weights of the second
    expectClose(v!.data, [1.1, 2 * 1 + 3 * 2 + 0.2, 2 * 2 + 3 * 3 + 0.2, 2 * 3 + 3 * 4 + 0.2], 1e-12)
    expect(cell).toMatchObject({
      kind: 'maskedPsn',
      steps: 2,
      config: { k: 2, T: 2, lambda: 1 },
      trainable: ['weight', 'bias'],
    })
  })

  it('sliding: a step with a queue equals the sum over the sequence, for any T', async () => {
    const cell = all.slidingPsn({ k: 3, surrogate: sigmoid() })
    const { v } = await compile((t: Tensor) => run(cell, t), { backend })(x)
    const step = size / T
    expectClose(
      v!.data,
      Array.from(x.data, (_, i) => [1, 0.5, 0.25].reduce((sum, w, j) => sum + w * (x.data[i - j * step] ?? 0), -1)),
      1e-12,
    )
    const one = all.slidingPsn({ k: 1 })
    expect(Object.keys(one.initialState([1], 'float32'))).toEqual(['v'])
    const drawn = all.slidingPsn({ k: 4, exponential: false })
    const before = [...(await drawn.variables['weight']!.data())]
    drawn.initialize!(3)
    expect([...(await drawn.variables['weight']!.data())]).not.toEqual(before)
    cell.initialize!(3)
    expect([...(await cell.variables['weight']!.data())]).toEqual([0.25, 0.5, 1])
  })
})

describe('gatedLif', () => {
  it('per channel equals the equations', async () => {
    const cell = all.gatedLif({ T, channels: 3, surrogate: sigmoid(), tau: 0.3, conduct: 0.7, threshold: 0.4 })
    cell.initialize!(5)
    const raw = Object.fromEntries(
      await Promise.all(
        Object.entries(cell.variables).map(
          async ([name, entry]) => [name, [...(await entry.data())].map((w) => 1 / (1 + Math.exp(-w)))] as const,
        ),
      ),
    )
    expect(raw['tau']!.map((tau) => tau.toFixed(5))).toEqual(['0.30000', '0.30000', '0.30000'])
    expect(raw['linearDecay']![0]).toBeCloseTo(0.4 / 8, 5)
    const { data } = await compile((t: Tensor) => run(cell, t).output, { backend })(x)
    const step = size / T
    for (let at = 0; at < step; at++) {
      const c = Math.floor(at / 4) % 3
      const [alpha, beta, gamma, tau] = ['alpha', 'beta', 'gamma', 'tau'].map((name) => raw[name]![c]!) as [
        number,
        number,
        number,
        number,
      ]
      let [v, s] = [0, 0]
      for (let t = 0; t < T; t++) {
        const kept = 1 - alpha * (1 - tau)
        const i = x.data[t * step + at]! * (1 - beta * (1 - raw['conduct']![t * 3 + c]!))
        v =
          kept * v -
          (1 - alpha) * raw['linearDecay']![c]! +
          i -
          kept * v * gamma * s -
          (1 - gamma) * raw['subreset']![c]! * s
        s = v >= raw['threshold']![c]! ? 1 : 0
        expect(data[t * step + at]).toBe(s)
      }
    }
    expect(data).toContain(1)
    expect(cell.trainable).toHaveLength(8)
  })
})

describe('dsr', () => {
  it('holds its threshold above the lowest, and hands on threshold or 1 / dt', async () => {
    const low = all.dsrIntegrateAndFire({ threshold: value('threshold', [0.001]), lowestThreshold: 0.5 })
    expect(new Set((await compile((t: Tensor) => run(low, t).output, { backend })(x)).data)).toEqual(new Set([0, 0.5]))
    const leaky = all.dsrLif({ dt: 0.5, threshold: 0.4 })
    expect(new Set((await compile((t: Tensor) => run(leaky, t).output, { backend })(x)).data)).toEqual(
      new Set([0, 0.8]),
    )
    // steps give what the sequence gives; their gradients are another thing
    for (const cell of [low, leaky]) {
      const steps = (t: Tensor) =>
        scan(
          (state: ReturnType<typeof cell.initialState>, now: Tensor) => {
            const { output, spike, state: after } = cell.step(now, state)
            return [after, { output, spike }] as const
          },
          cell.initialState(t.shape.slice(1), t.dtype),
          t,
        )
      const result = await compile(
        (t: Tensor) => ({ steps: steps(t), sequence: cell.sequence!(t, cell.initialState(t.shape.slice(1), t.dtype)) }),
        { backend },
      )(x)
      expect(result.steps[1].output.data).toEqual(result.sequence.output.data)
      expect(result.steps[0]['v']!.data).toEqual(result.sequence.state['v']!.data)
      expect(new Set(result.steps[1].spike.data)).toEqual(new Set([0, 1]))
      await expect(compile((t: Tensor) => grad(steps(t)[1].output.sum(), t), { backend })(x)).rejects.toThrow(
        `[${cell.kind}] gradient of single steps`,
      )
    }
    expect(all.dsrIntegrateAndFire()).toMatchObject({
      trainable: ['threshold'],
      config: { threshold: { learnable: 6 }, alpha: 0.5 },
    })
    expect(all.dsrLif()).toMatchObject({
      trainable: ['threshold'],
      config: { threshold: { learnable: 1 }, tau: 2, dt: 0.05, alpha: 0.3, lowestThreshold: 0.1 },
    })
  })
})

describe('few-spike neurons', () => {
  const small = { theta: [0.25, 0.5, 0.75], h: [0.2, 0.3, 0.4], d: [1, 2, 4] }
  const large = { theta: [1, 0.5, 2], h: [1, 0.5, 0], d: [10, 20, 40] }
  const once = async (cell: SequenceCell, xs: readonly number[]) => [
    ...(
      await compile((t: Tensor) => cell.apply([t], { training: false, lead: 1 }), { backend })({
        data: Float64Array.from(xs),
        shape: [xs.length],
      })
    ).data,
  ]

  it('gated: the table of the region', async () => {
    const cell = all.gatedFewSpike([small, large], [1])
    expect(await once(cell, [0.3, 1, 1.6, 2.5])).toEqual([1, 3, 30, 30])
    expect(await once(all.gatedFewSpike([large], []), [2.5])).toEqual([30])
  })

  it('outlier-aware: sign, split and clamp', async () => {
    expect(await once(all.outlierAwareFewSpike(small, large, { split: 1 }), [0.3, -0.3, -1, 1.6, -2.5])).toEqual([
      1, -1, -3, 30, -30,
    ])
    expect(await once(all.outlierAwareFewSpike(small, large, { split: 1, clamp: 1 }), [-2.5])).toEqual([-3])
  })

  it('refuse tables and sequences that do not fit', () => {
    expect(code(() => all.fewSpike({ ...small, h: [1] }))).toContain('ARGUMENT [fewSpike] option table:')
    expect(code(() => all.fewSpike({ theta: [], h: [], d: [] }))).toContain('at least 1')
    expect(code(() => all.fewSpike({ ...small, d: [1, NaN, 2] }))).toContain('finite numbers')
    expect(code(() => all.gatedFewSpike([small, large], [2, 1]))).toContain(
      '[gatedFewSpike] option gates: [2,1], expected rising numbers, one fewer than the 2 tables',
    )
    expect(code(() => all.outlierAwareFewSpike(small, large, { split: -1 }))).toContain('option split: -1')
    expect(code(() => all.outlierAwareFewSpike(small, large, { split: 2, clamp: 1 }))).toContain('option clamp: 1')
    expect(code(() => all.fewSpike(small).apply([placeholder([2, 5])]))).toContain(
      'SHAPE [fewSpike] sequence of shape [2,5], expected 3 steps',
    )
  })
})

describe('mpbnLif', () => {
  const norm = () => ({
    weight: value('weight', [1, 1.5]),
    bias: value('bias', [0.2, -0.1]),
    mean: value('mean', [0.3, 0.1]),
    variance: value('variance', [0.5, 1.2]),
  })
  const sequence = { data: numbers(40, 3), shape: [5, 4, 2] }

  it('normalises by the running statistics in evaluation, and has trainable weights', async () => {
    const cell = all.mpbnLif(2, { norm: norm(), tau: 4 })
    const { v, spike } = await compile((t: Tensor) => run(cell, t), { backend })(sequence)
    for (let n = 0; n < 8; n++) {
      const c = n % 2
      let u = 0
      for (let t = 0; t < 5; t++) {
        const h = u - u / 4 + sequence.data[t * 8 + n]!
        u = ((h - [0.3, 0.1][c]!) / Math.sqrt([0.5, 1.2][c]! + 1e-5)) * [1, 1.5][c]! + [0.2, -0.1][c]!
        const s = u >= 1 ? 1 : 0
        if (s) u = 0
        expect(spike!.data[t * 8 + n]).toBe(s)
        expect(v!.data[t * 8 + n]).toBeCloseTo(u, 10)
      }
    }
    expect(cell).toMatchObject({
      kind: 'mpbnLif',
      trainable: ['weight', 'bias'],
      config: { features: 2, momentum: 0.1, decayInput: false },
    })
    expect(Object.keys(cell.variables)).toEqual(['weight', 'bias', 'mean', 'variance'])
  })

  it('folded, does the same over all steps, soft and hard; without the residual normalised, in the first', async () => {
    for (const reset of ['soft', { to: 0 }] as const) {
      const cell = all.mpbnLif(2, { norm: norm(), reset })
      const [folded, raw] = [await all.foldMpbn(cell), await all.foldMpbn(cell, { normalizeResidual: false })]
      const spikes = compile((t: Tensor) => [cell, folded, raw].map((one) => run(one, t)['spike']!), { backend })
      const [expected, same, other] = await spikes(sequence)
      expect([...same!.data]).toEqual([...expected!.data])
      expect([...other!.data].slice(0, 8)).toEqual([...expected!.data].slice(0, 8))
      expect([...other!.data]).not.toEqual([...expected!.data])
    }
    await expect(all.foldMpbn(all.lif())).rejects.toThrow(
      '[foldMpbn] option cell: lif with threshold number, expected an mpbnLif',
    )
    await expect(
      all.foldMpbn(
        all.mpbnLif(1, {
          norm: { ...(all.mpbnLif(1).variables as all.MembraneNorm), weight: value('weight', [-1], [1]) },
        }),
      ),
    ).rejects.toThrow('positive weights')
  })

  it('refuses sizes and arrays that do not fit', () => {
    expect(code(() => all.mpbnLif(0))).toContain(
      'ARGUMENT [mpbnLif] option features: 0, expected a positive whole number',
    )
    expect(code(() => all.mpbnLif(3, { norm: norm() }))).toContain('[mpbnLif.norm] option weight:')
    expect(code(() => all.mpbnLif(2, { momentum: 1 }))).toContain('option momentum: 1')
    // @ts-expect-error no such option
    expect(code(() => all.mpbnLif(2, { gamma: 1 }))).toContain("unknown option 'gamma'")
  })
})

describe('interLayerConnection', () => {
  it('adds what groups handed on to the next input', async () => {
    const weight = value('weight', [0.4, -0.2, 0.3, 0.5, 0.1, 0.2, -0.3, 0.6], [4, 1, 2])
    const cell = all.interLayerConnection(all.lif({ tau: 4, decayInput: false }), {
      groups: 2,
      size: 2,
      weight,
      bias: value('bias', [0.1, 0.2, 0.3, 0.4]),
    })
    const input = { data: numbers(5 * 2 * 4, 2), shape: [5, 2, 4] }
    const { spike, v } = await compile((t: Tensor) => run(cell, t), { backend })(input)
    const w = await weight.data()
    for (const n of [0, 1]) {
      let [u, lateral] = [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ]
      for (let t = 0; t < 5; t++) {
        const h = u.map((entry, i) => 0.75 * entry + input.data[t * 8 + n * 4 + i]! + lateral[i]!)
        const s = h.map((entry) => (entry >= 1 ? 1 : 0))
        u = h.map((entry, i) => (s[i] ? 0 : entry))
        lateral = s.map(
          (_, i) => w[2 * i]! * s[i < 2 ? 0 : 2]! + w[2 * i + 1]! * s[i < 2 ? 1 : 3]! + [0.1, 0.2, 0.3, 0.4][i]!,
        )
        expect([...spike!.data].slice(t * 8 + n * 4, t * 8 + n * 4 + 4)).toEqual(s)
        expectClose([...v!.data].slice(t * 8 + n * 4, t * 8 + n * 4 + 4), u, 1e-12)
      }
    }
    expect(cell.trainable).toEqual(['weight', 'bias'])
    expect(code(() => cell.step(placeholder([2, 3]), cell.initialState([2, 3], 'float32')))).toContain(
      'SHAPE [interLayerConnection] input of shape [2,3], expected [N, 4], 2 groups of 2',
    )
    expect(code(() => all.interLayerConnection(cell, { groups: 2, size: 2 }))).toContain(
      'expected one without weight and bias',
    )
    expect(code(() => all.interLayerConnection(all.lif(), { groups: 1.5, size: 2 }))).toContain('option groups: 1.5')
  })
})

describe('noisy', () => {
  const input = { data: numbers(4 * 3 * 2, 4), shape: [4, 3, 2] }

  it('adds its noise in training alone, goes on with the next, and plays it again', async () => {
    const plain = all.cubaLif()
    const cell = all.noisy(plain, { size: 2, steps: 8, inputSigma: 0.3, outputSigma: value('outputSigma', [0.1, 0.2]) })
    const { noise, step } = cell.variables as Record<'noise' | 'step', NonNullable<(typeof cell.variables)[string]>>
    const outputs = (training: boolean) => compile((t: Tensor) => run(cell, t, { training }).output, { backend })
    const evaluated = await outputs(false)(input)
    expect(evaluated.data).toEqual((await compile((t: Tensor) => run(plain, t).output, { backend })(input)).data)
    const train = outputs(true)
    const z = await noise.data()
    const at = (t: number, which: number, i: number) => z[((t % 8) * 2 + which) * 2 + i]!
    const noisedAfter = async (start: number) => {
      const changed = Float64Array.from(input.data, (entry, j) => entry + 0.3 * at(start + Math.floor(j / 6), 0, j % 2))
      const clean = await compile((t: Tensor) => run(plain, t).output, { backend })({
        data: changed,
        shape: input.shape,
      })
      return Array.from(clean.data, (s, j) => s + [0.1, 0.2][j % 2]! * at(start + Math.floor(j / 6), 1, j % 2))
    }
    for (const start of [0, 4, 8]) expectClose((await train(input)).data, await noisedAfter(start), 1e-6)
    step.set({ data: Int32Array.of(4), shape: [] })
    expectClose((await train(input)).data, await noisedAfter(4), 1e-6)
    cell.initialize!(9)
    expect(await noise.data()).not.toEqual(z)
  })

  it('learns its strength, one for each neuron', async () => {
    const cell = all.noisy(all.nonSpikingIntegrateAndFire(), { size: 2, steps: 4, outputSigma: 0 })
    const dsigma = compile(
      (t: Tensor) => {
        const total = run(cell, t, { training: true }).output.at(0, 3).sum()
        return grad(total, cell.variables['inputSigma']!)
      },
      { backend },
    )
    const { data } = await dsigma(input)
    const z = await cell.variables['noise']!.data()
    expectClose(
      data,
      [0, 1].map((i) => 3 * [0, 1, 2, 3].reduce((sum, t) => sum + z[t * 4 + i]!, 0)),
      1e-5,
    )
    expect(cell.trainable).toEqual(['inputSigma'])
    expect((await cell.variables['inputSigma']!.data())[0]).toBeCloseTo(0.5 / Math.SQRT2, 6)
    expect(code(() => all.noisy(all.lif(), { size: 2, steps: 0 }))).toContain('ARGUMENT [noisy] option steps: 0')
  })

  it('joins inter-layer connections, which then carry the noise on', async () => {
    const cell = all.interLayerConnection(all.noisy(all.cubaLif(), { size: 4, steps: 4 }), { groups: 2, size: 2 })
    const result = await compile((t: Tensor) => run(cell, t, { training: true }), { backend })({
      data: numbers(32),
      shape: [4, 2, 4],
    })
    expect(result['output'].shape).toEqual([4, 2, 4])
    expect(Object.keys(cell.variables).sort()).toEqual(['bias', 'inputSigma', 'noise', 'outputSigma', 'step', 'weight'])
    expect([...cell.trainable].sort()).toEqual(['bias', 'inputSigma', 'outputSigma', 'weight'])
  })
})

describe('powerLawNoise', () => {
  it('has unit variance and the slope of its exponent', () => {
    for (const steps of [64, 65]) {
      for (const exponent of [0, 1, 2]) {
        const size = 400
        const { data, shape } = all.powerLawNoise({ exponent, steps, size, seed: 2 })
        expect(shape).toEqual([steps, size])
        expect(Math.abs(data.reduce((sum, z) => sum + z * z, 0) / data.length - 1)).toBeLessThan(0.15)
        const power = (k: number) =>
          Array.from({ length: size }, (_, i) => {
            const sum = (f: (u: number) => number) =>
              Array.from({ length: steps }, (__, t) => data[t * size + i]! * f((2 * Math.PI * k * t) / steps)).reduce(
                (a, b) => a + b,
              )
            return sum(Math.cos) ** 2 + sum(Math.sin) ** 2
          }).reduce((a, b) => a + b)
        expect(Math.abs(Math.log2(power(4) / power(8)) - exponent)).toBeLessThan(0.35)
      }
    }
    expect(code(() => all.powerLawNoise({ exponent: NaN, steps: 3, size: 1 }))).toContain(
      'ARGUMENT [powerLawNoise] option exponent: NaN',
    )
  })
})

describe('errors of sequence cells', () => {
  it('a single step, another number of steps, options outside of their domain', () => {
    expect(code(() => all.psn({ T }).apply([placeholder([2, 3])], { training: false, lead: 1 }))).toBe(
      "NEEDS_SEQUENCE [psn] one step of shape [2,3], expected a whole sequence [T, N, ..], for it sees all steps at once. Use the network's forward, not its step, stepwise or stream; for those there is slidingPsn.",
    )
    expect(code(() => all.psn({ T }).apply([placeholder([5, 2, 3])]))).toBe(
      'SHAPE [psn] sequence of shape [5,2,3], expected [4, N, ..]. Give the layer the number of steps of its input.',
    )
    const gated = all.gatedLif({ T })
    expect(gated.steps).toBe(T)
    const { v, s } = gated.initialState([2, 3], 'float32')
    expect(code(() => gated.step(placeholder([2, 3]), { v: v!, s: s!, t: placeholder([2, 3]) }))).toContain(
      "SHAPE [gatedLif] state 't' is float32 [2,3], expected an int32 scalar",
    )
    expect(code(() => gated.step(placeholder([2, 3]), { v: v! }))).toContain("SHAPE [gatedLif] state 's' has nothing")
    expect(code(() => all.psn({ T: 0 }))).toContain('ARGUMENT [psn] option T: 0, expected a positive whole number')
    // @ts-expect-error no such option
    expect(code(() => all.psn({ T, reset: 'soft' }))).toContain(
      "unknown option 'reset', expected one of T, surrogate, weight, bias",
    )
    expect(code(() => all.psn({ T, weight: value('weight', [1]) }))).toContain('expected a Variable of shape [4,4]')
    expect(code(() => all.maskedPsn({ T, k: 0 }))).toContain('[maskedPsn] option k: 0')
    expect(code(() => all.maskedPsn({ T, k: 1, lambda: 1.5 }))).toContain(
      'expected a number from 0 to 1, or a Variable',
    )
    expect(code(() => all.slidingPsn({ k: -1 }))).toContain('[slidingPsn] option k: -1')
    expect(code(() => all.gatedLif({ T, tau: 1 }))).toContain(
      '[gatedLif] option tau: 1, expected a finite number above 0 and below 1',
    )
    expect(code(() => all.gatedLif({ T, channels: 0 }))).toContain('[gatedLif] option channels: 0')
    expect(code(() => all.gatedLif({ T, raw: { tau: value('tau', [1, 2]) } }))).toContain('[gatedLif.raw] option tau:')
    expect(code(() => all.dsrIntegrateAndFire({ alpha: 1.5 }))).toContain(
      '[dsrIntegrateAndFire] option alpha: 1.5, expected a number above 0, at most 1',
    )
    expect(code(() => all.dsrIntegrateAndFire({ threshold: all.learnable(1, { per: 'channel' }) }))).toContain(
      "learnable(..) per 'layer'",
    )
    expect(code(() => all.dsrLif({ dt: 0 }))).toContain('[dsrLif] option dt: 0')
    expect(
      code(() => all.slidingPsn({ k: 2 }).step(placeholder([2, 3]), { v: placeholder([2, 3]), x1: placeholder([3]) })),
    ).toContain("SHAPE [slidingPsn] state 'x1' has shape [3], expected the shape of the input, [2,3]")
  })
})

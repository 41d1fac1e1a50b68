import { integrateAndFire, lif } from '@snn/neuron'
import {
  addLayer,
  batchNorm1d,
  conv1d,
  conv2d,
  flatten,
  linear,
  linearLayer,
  Network,
  reluLayer,
  sequential,
} from '@snn/nn'
import { cpu } from '@snn/backend-cpu'
import {
  compile,
  grad,
  isSnnError,
  reference,
  tensor,
  variable,
  zeros,
  type Tensor,
  type TensorLike,
} from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { expectClose, f64, spikes } from '../test/values.js'
import {
  accumulate,
  boundedStdp,
  learner,
  mstdp,
  mstdpet,
  stdp,
  tsodyksMarkram,
  type LearnerState,
  type PlasticityRule,
} from './index.js'

const backend = reference()
const rule = stdp({ tauPre: 2, tauPost: 3 })
const half = (sequence: { data: Float64Array; shape: readonly number[] }, from: number, to: number) => {
  const step = sequence.data.length / sequence.shape[0]!
  return { data: sequence.data.slice(from * step, to * step), shape: [to - from, ...sequence.shape.slice(1)] }
}

/**
 * Traces and pairs by plain loops: the change of the weight [O, C, K] of a convolution over one axis, stride 1, no
 * padding.
 */
function looped(
  weight: Float64Array,
  [O, C, K]: readonly [number, number, number],
  pre: TensorLike,
  post: TensorLike,
): Float64Array {
  const [T, N, , L] = pre.shape as [number, number, number, number]
  const positions = L - K + 1
  const [tracePre, tracePost] = [new Float64Array(N * C * L), new Float64Array(N * O * positions)]
  const delta = new Float64Array(weight.length)
  for (let t = 0; t < T; t++) {
    const s = pre.data.slice(t * tracePre.length, (t + 1) * tracePre.length)
    const out = post.data.slice(t * tracePost.length, (t + 1) * tracePost.length)
    tracePre.forEach((trace, i) => (tracePre[i] = trace - trace / 2 + s[i]!))
    tracePost.forEach((trace, i) => (tracePost[i] = trace - trace / 3 + out[i]!))
    for (let n = 0; n < N; n++)
      for (let o = 0; o < O; o++)
        for (let c = 0; c < C; c++)
          for (let k = 0; k < K; k++)
            for (let p = 0; p < positions; p++) {
              const [i, j, at] = [(n * C + c) * L + p + k, (n * O + o) * positions + p, (o * C + c) * K + k]
              delta[at]! += weight[at]! * (out[j]! * tracePre[i]! - tracePost[j]! * s[i]!)
            }
  }
  return delta
}

describe('accumulate', () => {
  const [pre, post] = [spikes([6, 2, 2, 5], 1), spikes([6, 2, 3, 4], 2)]
  const weight = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i + 1))
  const w = { data: weight, shape: [3, 2, 2] }

  it('sums the changes of a convolution over one axis', async () => {
    const { delta } = await compile((x: Tensor, y: Tensor) => accumulate(rule, { weight: tensor(w) }, x, y), {
      backend,
    })(pre, post)
    expectClose(delta, [...looped(weight, [3, 2, 2], pre, post)])
    expect(delta.data.every((d) => Math.abs(d) > 1e-3)).toBe(true)
  })

  it('two halves with the state handed over are one whole, for every rule', async () => {
    const rules: readonly PlasticityRule[] = [
      rule,
      boundedStdp({ hardBound: false, tauPre: 3 }),
      mstdp({ tauPre: 2, tauPost: 3 }),
      mstdpet({ tauPre: 2, tauPost: 3, tauEligibility: 4 }),
    ]
    for (const each of rules) {
      const run = compile(
        (x: Tensor, y: Tensor, reward: Tensor, state?: LearnerState[string]) =>
          accumulate(each, { weight: tensor(w) }, x, y, { reward: each.needsReward ? reward : undefined, state }),
        { backend },
      )
      const rewards = f64([0.5, -1, 2, 1, 0.3, 0.7])
      const whole = await run(pre, post, rewards, undefined)
      const first = await run(half(pre, 0, 2), half(post, 0, 2), half(rewards, 0, 2), undefined)
      const second = await run(half(pre, 2, 6), half(post, 2, 6), half(rewards, 2, 6), first.state)
      expectClose(
        whole.delta,
        [...first.delta.data].map((d, i) => d + second.delta.data[i]!),
      )
      expect(
        whole.delta.data.some((d) => Math.abs(d) > 1e-4),
        each.kind,
      ).toBe(true)
      for (const name of Object.keys(whole.state)) expectClose(second.state[name]!, [...whole.state[name]!.data])
    }
  })

  it('a reward per sample weighs the sample: the sum over the batch is that of its samples', async () => {
    const reward = f64([
      [0.5, -1],
      [2, 1],
      [0, 3],
      [1, 1],
      [-1, 0.3],
      [0.7, 0.2],
    ])
    const run = compile(
      (x: Tensor, y: Tensor, r: Tensor) =>
        accumulate(mstdp({ tauPre: 2, tauPost: 3 }), { weight: tensor(w) }, x, y, { reward: r }).delta,
      { backend },
    )
    const sample = ({ data, shape }: { data: Float64Array; shape: readonly number[] }, n: number) => {
      const size = data.length / (shape[0]! * 2)
      return {
        data: Float64Array.from(
          { length: data.length / 2 },
          (_, i) => data[(2 * Math.floor(i / size) + n) * size + (i % size)]!,
        ),
        shape: [shape[0]!, 1, ...shape.slice(2)],
      }
    }
    const [both, one, other] = [
      await run(pre, post, reward),
      await run(sample(pre, 0), sample(post, 0), sample(reward, 0)),
      await run(sample(pre, 1), sample(post, 1), sample(reward, 1)),
    ]
    expectClose(
      both,
      [...one.data].map((d, i) => d + other.data[i]!),
    )
    expect(one.data).not.toEqual(other.data)
  })

  it('a constant dependence is that of a function that gives it', async () => {
    const run = (fPost: number | ((v: Tensor) => Tensor)) =>
      compile(
        (x: Tensor, y: Tensor) =>
          accumulate(stdp({ tauPre: 2, tauPost: 3, fPre: 0, fPost }), { weight: tensor(w) }, x, y).delta,
        { backend },
      )(pre, post)
    const { data } = await run(0.5)
    expectClose(await run((v) => v.mul(0).add(0.5)), [...data])
    expect(data.every((d) => d > 0)).toBe(true)
  })

  it('lets no gradient through', async () => {
    const total = await compile(
      (x: Tensor, y: Tensor, v: Tensor) => grad(accumulate(rule, { weight: v }, x, y).delta.sum(), { x, y, v }),
      { backend },
    )(pre, post, w)
    for (const gradient of Object.values(total)) expect(gradient.data.every((g) => g === 0)).toBe(true)
  })
})

const f32 = ({ data, shape }: ReturnType<typeof spikes>) => ({ data: Float32Array.from(data), shape })

describe('learner', () => {
  const build = () =>
    sequential(
      conv2d(1, 2, 3, { padding: 1, bias: false }),
      integrateAndFire({ threshold: 0.3 }),
      flatten(),
      linear(32, 3),
      batchNorm1d(3),
      lif({ threshold: 0.05 }),
    )
  const x = f32(spikes([5, 2, 1, 4, 4], 3))

  it('gives the changes that the rules make of the spikes of the network', async () => {
    const net = build()
    const learn = learner(net, { conv1: rule, linear1: mstdp({ tauPre: 2, tauPost: 2 }) })
    expect(Object.keys(learn.parameters)).toEqual(['conv1.weight', 'linear1.weight'])
    const result = await compile(
      (input: Tensor) => {
        const reward = tensor([1, 2, 3, 4, 5])
        const { deltas, learning, recorded, outputs } = learn.run(input, { record: ['lif1.v'], reward })
        const plain = net.run('sequence', input, {
          record: ['integrateAndFire1.spike', 'flatten1.output', 'lif1.spike'],
        })
        const conv = accumulate(
          rule,
          { weight: net.variables()['conv1.weight']!.read(), padding: 1 },
          input,
          plain.recorded['integrateAndFire1.spike']!,
        )
        const full = accumulate(
          mstdp({ tauPre: 2, tauPost: 2 }),
          { weight: net.variables()['linear1.weight']!.read() },
          plain.recorded['flatten1.output']!,
          plain.recorded['lif1.spike']!,
          { reward },
        )
        return {
          deltas,
          learning,
          recorded,
          outputs,
          expected: { 'conv1.weight': conv.delta, 'linear1.weight': full.delta },
          plain: plain.outputs,
        }
      },
      { backend },
    )(x)
    for (const path of ['conv1.weight', 'linear1.weight'] as const) {
      expect(result.deltas[path]!.data).toEqual(result.expected[path].data)
      expect(
        result.deltas[path]!.data.some((d) => Math.abs(d) > 1e-3),
        path,
      ).toBe(true)
    }
    expect(Object.keys(result.recorded)).toEqual(['lif1.v'])
    expect(Object.keys(result.learning)).toEqual(['conv1', 'linear1'])
    expect(result.outputs['lif1']!.data).toEqual(result.plain['lif1']!.data)
  })

  it('applies them, on the reference and on the CPU backend alike', async () => {
    const own = await cpu()
    const weights = []
    for (const used of [backend, own]) {
      const net = build()
      const learn = learner(net, { conv1: rule, linear1: boundedStdp({ wMin: -1, etaPlus: 0.1 }) })
      const step = compile(
        (input: Tensor) => {
          const { deltas } = learn.run(input)
          learn.apply(deltas, { lr: 0.05 })
          return deltas
        },
        { backend: used },
      )
      const before = await net.variables()['conv1.weight']!.data()
      const { 'conv1.weight': delta } = await step(x)
      const after = await net.variables()['conv1.weight']!.data()
      expectClose(
        { data: after, shape: [18] },
        [...before].map((w, i) => w + 0.05 * delta!.data[i]!),
        1e-6,
      )
      await step(x)
      weights.push(await net.variables()['conv1.weight']!.data(), await net.variables()['linear1.weight']!.data())
    }
    expectClose({ data: weights[2]!, shape: [18] }, [...weights[0]!], 1e-5)
    expectClose({ data: weights[3]!, shape: [96] }, [...weights[1]!], 1e-5)
    await own.dispose()
  })

  it('gives gradients that descend along the changes', async () => {
    const learn = learner(build(), { conv1: rule })
    const result = await compile(
      (input: Tensor) => {
        const { deltas } = learn.run(input)
        return { deltas, gradients: learn.gradients(deltas) }
      },
      { backend },
    )(x)
    expectClose(
      result.gradients['conv1.weight']!,
      [...result.deltas['conv1.weight']!.data].map((d) => -d),
    )
  })

  it('goes on from the state of the rules', async () => {
    const net = sequential(linear(3, 2), integrateAndFire({ threshold: 0.2 }))
    net.variables()['linear1.weight']!.set({ data: Float32Array.of(0.3, -0.1, 0.2, 0.1, 0.4, 0.2), shape: [2, 3] })
    const learn = learner(net, { linear1: rule })
    const run = compile(
      (input: Tensor, learning?: LearnerState, state?: ReturnType<typeof learn.run>['state']) =>
        learn.run(input, { learning, state }),
      { backend },
    )
    const input = f32(spikes([6, 2, 3], 4))
    const cut = (from: number, to: number) => ({ data: input.data.slice(6 * from, 6 * to), shape: [to - from, 2, 3] })
    const whole = await run(input, undefined, undefined)
    const first = await run(cut(0, 3), undefined, undefined)
    const second = await run(cut(3, 6), first.learning, first.state)
    expectClose(
      whole.deltas['linear1.weight']!,
      [...first.deltas['linear1.weight']!.data].map((d, i) => d + second.deltas['linear1.weight']!.data[i]!),
      1e-5,
    )
    expect((await run(cut(3, 6), undefined, first.state)).deltas['linear1.weight']!.data).not.toEqual(
      second.deltas['linear1.weight']!.data,
    )
  })

  it('works behind a synapse with short-term plasticity', async () => {
    const net = sequential(tsodyksMarkram(), linear(3, 2), integrateAndFire({ threshold: 0.1 }))
    const { deltas } = await compile((input: Tensor) => learner(net, { linear1: rule }).run(input), { backend })(
      f32(spikes([6, 2, 3], 4)),
    )
    expect(deltas['linear1.weight']!.shape).toEqual([2, 3])
  })
})

describe('wrong input', () => {
  const codeOf = async (run: () => unknown): Promise<string> => {
    try {
      await run()
      return 'nothing'
    } catch (error) {
      return isSnnError(error) ? error.code : String(error)
    }
  }
  const weight = variable({ data: new Float32Array(6), shape: [2, 3] }, { name: 'w' })
  const traced = (run: (x: Tensor) => Tensor) =>
    codeOf(() => compile(run, { backend })({ data: new Float32Array(6), shape: [2, 1, 3] }))
  const post = (shape: readonly number[] = [2, 1, 2]) => zeros(shape)
  const run = (each: PlasticityRule, reward?: Tensor, shape?: readonly number[]) =>
    traced((x) => accumulate(each, { weight: weight.read() }, x, post(shape), { reward }).delta)

  const options: Readonly<Record<string, () => unknown>> = {
    'stdp tauPre below 1': () => stdp({ tauPre: 0.5, tauPost: 2 }),
    'stdp tauPost NaN': () => stdp({ tauPre: 2, tauPost: NaN }),
    'stdp tauPre missing': () => stdp({ tauPost: 2 } as { tauPre: number; tauPost: number }),
    'mstdp tauPre 0': () => mstdp({ tauPre: 0, tauPost: 2 }),
    'mstdpet tauEligibility infinite': () => mstdpet({ tauPre: 2, tauPost: 2, tauEligibility: Infinity }),
    'boundedStdp dependence': () => boundedStdp({ dependence: 'square' as 'additive' }),
    'boundedStdp bounds in the wrong order': () => boundedStdp({ wMin: 1, wMax: 0 }),
    'boundedStdp mu': () => boundedStdp({ mu: -1 }),
    'boundedStdp tauPre': () => boundedStdp({ tauPre: 0.1 }),
    'boundedStdp etaPlus': () => boundedStdp({ etaPlus: NaN }),
    'learner without rules': () => learner(sequential(linear(2, 2), lif()), {}),
    'learner of an unknown node': () => learner(sequential(linear(2, 2), lif()), { linear7: rule }),
    'learner of another layer': () => learner(sequential(linear(2, 2), lif()), { lif1: rule }),
    'learner without neurons behind': () => learner(sequential(lif(), linear(2, 2)), { linear1: rule }),
    'learner of a connection that feeds two': () =>
      learner(
        new Network({
          inputs: [{ name: 'x' }],
          nodes: [
            { name: 'fc', layer: linear(2, 2), inputs: ['x'] },
            { name: 'a', layer: lif(), inputs: ['fc'] },
            { name: 'b', layer: reluLayer({}), inputs: ['fc'] },
            { name: 'sum', layer: addLayer({}), inputs: ['a', 'b'] },
          ],
          outputs: ['sum'],
        }),
        { fc: rule },
      ),
  }
  for (const [name, make] of Object.entries(options))
    it(`option: ${name}`, async () => expect(await codeOf(make)).toBe('ARGUMENT'))

  it('a reward that is missing or of another shape', async () => {
    expect(await run(mstdp({ tauPre: 2, tauPost: 2 }))).toBe('ARGUMENT')
    expect(await run(mstdp({ tauPre: 2, tauPost: 2 }), zeros([2, 3]))).toBe('SHAPE')
    expect(await run(mstdpet({ tauPre: 2, tauPost: 2, tauEligibility: 2 }), zeros([2, 1]))).toBe('SHAPE')
    for (const shape of [[], [2], [2, 1]])
      expect(await run(mstdp({ tauPre: 2, tauPost: 2 }), zeros(shape))).toBe('nothing')
  })

  it('spikes that do not fit the connection or each other', async () => {
    expect(await run(rule, undefined, [2, 1, 3])).toBe('SHAPE')
    expect(await run(rule, undefined, [3, 1, 2])).toBe('SHAPE')
    expect(await run(rule, undefined, [2, 2])).toBe('SHAPE')
    const pooled = sequential(
      conv1d(1, 1, 2),
      flatten(),
      linearLayer({}, { weight: variable({ data: new Float32Array(3), shape: [1, 3] }) }),
      lif(),
    )
    expect(
      await codeOf(() =>
        compile((x: Tensor) => learner(pooled, { conv1: rule }).run(x).deltas, { backend })({
          data: new Float32Array(8),
          shape: [2, 1, 1, 4],
        }),
      ),
    ).toBe('SHAPE')
  })
})

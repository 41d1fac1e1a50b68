import { compile, reference, scan, tensor, type Tensor, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import norse from '../test/golden/norse.json' with { type: 'json' }
import golden from '../test/golden/spikingjelly.json' with { type: 'json' }
import { expectClose, f64, flat, type Nested } from '../test/values.js'
import {
  boundedStdp,
  mstdp,
  mstdpet,
  stdp,
  tsodyksMarkram,
  type BoundedStdpOptions,
  type PlasticityRule,
  type RuleState,
  type Synapse,
} from './index.js'

const backend = reference()
type Window = Omit<Synapse, 'weight'>

/** delta and state of every step of a rule, with a weight that stays as it is. */
function everyStep(rule: PlasticityRule, weight: Nested, pre: TensorLike, post: TensorLike, reward?: number) {
  return compile(
    (x: Tensor, y: Tensor) => {
      const synapse = { weight: tensor(f64(weight)) }
      const rewards = reward === undefined ? undefined : tensor(reward, { dtype: 'float64' })
      return scan(
        (state: RuleState, now: { x: Tensor; y: Tensor }) => {
          const { delta, state: after } = rule.step(synapse, now.x, now.y, state, rewards)
          const all: Record<string, Tensor> = { ...after, delta }
          return [after, all] as const
        },
        rule.initialState(synapse, x.shape.slice(1), y.shape.slice(1), x.dtype),
        { x, y },
      )[1]
    },
    { backend },
  )(pre, post)
}

const {
  w,
  in: spikesIn,
  out: spikesOut,
  steps,
} = golden.cases['STDP linear tau_pre=2 tau_post=3 f=clamp(w,-1,1), weights fixed']
const [pre, post] = [f64(spikesIn, [3, 1, 3]), f64(spikesOut, [3, 1, 2])]
const within = (weight: Tensor): Tensor => weight.clip(-1, 1)

describe('SpikingJelly', () => {
  it('STDP of a linear layer', async () => {
    const result = await everyStep(stdp({ tauPre: 2, tauPost: 3, fPre: within, fPost: within }), w, pre, post)
    expectClose(
      result['tracePre']!,
      steps.map((step) => step.trace_pre),
    )
    expectClose(
      result['tracePost']!,
      steps.map((step) => step.trace_post),
    )
    expectClose(
      result['delta']!,
      steps.map((step) => step.dw),
    )
  })

  it('STDP of a convolution', async () => {
    const { in: image, out, w: kernel, 'dw per step': deltas } = golden.cases['STDP conv2d k=2 s=1 tau 2/3 two steps']
    const weight = [[[kernel.slice(0, 2), kernel.slice(2)]]]
    expectClose(
      (
        await everyStep(stdp({ tauPre: 2, tauPost: 3 }), weight, f64(image, [2, 1, 1, 3, 3]), f64(out, [2, 1, 1, 2, 2]))
      )['delta']!,
      deltas,
    )
  })

  it('MSTDP', async () => {
    const expected = golden.cases['MSTDP reward=.5 (dw uses previous eligibility)']
    const rule = mstdp({ tauPre: 2, tauPost: 3 })
    expectClose(
      (await everyStep(rule, w, pre, post, 0.5))['delta']!,
      expected.map((step) => step.dw_before),
    )
    // one more step shows the last eligibility
    const longer = await everyStep(
      rule,
      w,
      f64([...spikesIn, [0, 0, 0]], [4, 1, 3]),
      f64([...spikesOut, [0, 0]], [4, 1, 2]),
      1,
    )
    expectClose(longer['delta']!, [
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      ...expected.map((step) => step.eligibility),
    ])
  })

  it('MSTDPET', async () => {
    const expected = golden.cases['MSTDPET reward=.5 tau_trace=4']
    const result = await everyStep(mstdpet({ tauPre: 2, tauPost: 3, tauEligibility: 4 }), w, pre, post, 0.5)
    expectClose(
      result['delta']!,
      expected.map((step) => step.dw),
    )
    expectClose(
      result['traceEligibility']!,
      expected.map((step) => step.trace_e),
    )
  })
})

/** The weights while they change from step to step. */
function weightsOver(rule: PlasticityRule, weight: Nested, before: Nested, behind: Nested, window: Window = {}) {
  return compile(
    (x: Tensor, y: Tensor) => {
      const start = tensor(f64(weight))
      const initial = rule.initialState({ ...window, weight: start }, x.shape.slice(1), y.shape.slice(1), x.dtype)
      return scan(
        (carried: { weight: Tensor; state: RuleState }, now: { x: Tensor; y: Tensor }) => {
          const { delta, state } = rule.step({ ...window, weight: carried.weight }, now.x, now.y, carried.state)
          const next = carried.weight.add(delta)
          return [{ weight: next, state }, next] as const
        },
        { weight: start, state: initial },
        { x, y },
      )[1]
    },
    { backend },
  )(f64(before), f64(behind))
}

describe('Norse, bounded STDP', () => {
  const common: BoundedStdpOptions = {
    tauPre: 4,
    tauPost: 10,
    aPre: 1.5,
    aPost: 0.8,
    wMin: -0.2,
    wMax: 0.9,
    etaPlus: 0.3,
    etaMinus: 0.2,
  }
  const { pre: x, post: y, w: start, weights } = norse.linear

  for (const dependence of ['additive', 'additiveStep', 'multiplicativePow', 'multiplicativeRelu'] as const) {
    it(`of a linear layer, ${dependence}`, async () => {
      expectClose(await weightsOver(boundedStdp({ ...common, dependence, mu: 0.75 }), start, x, y), weights[dependence])
    })
  }

  it('of a linear layer, without hard bounds', async () => {
    expectClose(
      await weightsOver(boundedStdp({ ...common, hardBound: false }), start, x, y),
      weights['additive without bound'],
    )
    expect(flat(weights['additive without bound']).some((value) => value > 0.9)).toBe(true)
  })

  it('of a convolution with stride and padding', async () => {
    const { pre: images, post: maps, w: kernel, weights: expected } = norse.conv2d
    expectClose(
      await weightsOver(boundedStdp({ ...common, dependence: 'multiplicativeRelu' }), kernel, images, maps, {
        stride: 2,
        padding: 1,
      }),
      expected,
    )
  })
})

describe('Norse, Tsodyks-Markram synapse', () => {
  const cells = {
    depressing: tsodyksMarkram(),
    facilitating: tsodyksMarkram({ tauFacilitation: 750, tauDepression: 50, U: 0.15 }),
  } as const
  const run = (name: keyof typeof cells, spikes: TensorLike) =>
    compile(
      (z: Tensor) => {
        const cell = cells[name]
        return scan(
          (state: ReturnType<typeof cell.initialState>, now: Tensor) => {
            const { output, state: after } = cell.step(now, state)
            return [after, { ...after, output }] as const
          },
          cell.initialState(z.shape.slice(1), z.dtype),
          z,
        )[1]
      },
      { backend },
    )(spikes)

  for (const name of ['depressing', 'facilitating'] as const) {
    it(`${name}: current, utilisation and resources`, async () => {
      const expected = norse.tsodyksMarkram['i, u, r'][name]
      const result = await run(name, f64(norse.tsodyksMarkram.spikes, [40, 1]))
      for (const [column, key] of (['i', 'u', 'r'] as const).entries())
        expectClose(
          result[key],
          expected.map((row) => row[column]!),
        )
      expectClose(
        result.output,
        expected.map((row) => row[0]!),
      )
    })

    it(`${name}: of its own test`, async () => {
      const { output } = await run(
        name,
        f64(
          Array.from({ length: 1000 }, (_, t) => Number(t >= 10 && t % 100 === 0)),
          [1000, 1],
        ),
      )
      expect(output.data[100]).toBeCloseTo(name === 'depressing' ? 0.45 : 0.15, 12)
      const most = (from: number) => Math.max(...output.data.slice(from, from + 500))
      expect(Math.sign(most(500) - most(0))).toBe(name === 'depressing' ? -1 : 1)
    })
  }
})

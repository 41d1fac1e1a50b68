import { atan, sigmoid } from '@snn/surrogate'
import { compile, grad, reference, type Backend, type HostTensor, type Tensor } from '@snn/tensor'
import { expect, it } from 'vitest'
import * as all from '../src/index.js'
import type { Cell, Reset, SequenceCell } from '../src/index.js'
import integrate from './golden/integrate-and-fire.json' with { type: 'json' }
import other from './golden/other-steps.json' with { type: 'json' }
import sequences from './golden/sequences.json' with { type: 'json' }
import steps from './golden/steps.json' with { type: 'json' }
import { expectClose, matrix, run, value, type Float, type Rows } from './run.js'

interface Example {
  readonly x: Rows
  readonly y: Rows
  readonly v?: Rows
  readonly dx: Rows
  readonly loss_weights?: Rows
  readonly param_grad?: Readonly<Record<string, readonly number[]>>
}

const usualWeights = steps.cases['IF v_reset=0.0,detach_reset=False'].loss_weights

/** SpikingJelly's names of parameters, where they differ. */
const names: Readonly<Record<string, string>> = {
  v_threshold: 'threshold',
  linear_decay: 'linearDecay',
  v_subreset: 'subreset',
}

function leaky(name: string): Cell {
  const options = {
    reset: (name.includes('v_reset=None') ? 'soft' : { to: 0 }) as Reset,
    detachReset: name.includes('detach_reset=True'),
  }
  return name.startsWith('IF')
    ? all.integrateAndFire(options)
    : all.lif({ ...options, decayInput: name.includes('decay_input=True') })
}

const psnArrays = (dtype: Float) => ({
  weight: value(
    'weight',
    Array.from({ length: 36 }, (_, at) => (((7 * Math.floor(at / 6) + 3 * (at % 6)) % 5) - 2) / 4),
    [6, 6],
    dtype,
  ),
  bias: value('bias', Array<number>(6).fill(-0.25), [6], dtype),
})

/** The layer that each case stands for, with Variables of this type. */
const cells: Readonly<Record<string, (dtype: Float) => Cell | SequenceCell>> = {
  'hard reset': () => all.integrateAndFire(),
  'hard reset, detached': () => all.integrateAndFire({ detachReset: true }),
  'soft reset': () => all.integrateAndFire({ reset: 'soft' }),
  'soft reset, detached': () => all.integrateAndFire({ reset: 'soft', detachReset: true }),
  'soft reset, start at half the threshold': () => all.integrateAndFire({ reset: 'soft', initial: { v: 0.5 } }),
  'LIF tau=2.5,v_th=0.8,v_reset=-0.2,decay_input=True,ATan': () =>
    all.lif({ tau: 2.5, threshold: 0.8, reset: { to: -0.2 }, surrogate: atan() }),
  'PLIF init_tau=2,decay_input=True': (dtype) => all.parametricLif({ w: value('w', [0], [], dtype) }),
  'PLIF init_tau=3,decay_input=False,soft': (dtype) =>
    all.parametricLif({ w: value('w', [-Math.log(2)], [], dtype), decayInput: false, reset: 'soft' }),
  'QIF default': () => all.quadraticIntegrateAndFire(),
  'EIF default': () => all.exponentialIntegrateAndFire(),
  'Izhikevich a=0.1,b=0.2,tau_w=3': () => all.izhikevich({ a: 0.1, b: 0.2, tauW: 3 }),
  'KLIF default': (dtype) => all.klif({ k: value('k', [1], [], dtype) }),
  'KLIF scale_reset soft decay_input=False': (dtype) =>
    all.klif({ k: value('k', [1], [], dtype), scaleReset: true, reset: 'soft', decayInput: false }),
  'CUBALIF c=.5 v=.75 th=.5 hard0': () => all.cubaLif({ surrogate: sigmoid() }),
  'LIAF relu,threshold_related=True,tau=2': () => all.liaf(),
  'ILIF default': () => all.ilif(),
  HalfThresholdIF: () => all.halfThresholdIntegrateAndFire(),
  'ActivationAwareIF th=[.8,1.2] off=[-.1,.1] ch=-1': (dtype) =>
    all.activationAwareIntegrateAndFire({
      threshold: value('threshold', [0.8, 1.2], [2], dtype),
      offset: value('offset', [-0.1, 0.1], [2], dtype),
    }),
  'PSN W[i][j]=(((7i+3j)%5)-2)/4,b=-.25': (dtype) => all.psn({ T: 6, surrogate: sigmoid(), ...psnArrays(dtype) }),
  'MaskedPSN k=2 lambda=0.5 same W,b': (dtype) =>
    all.maskedPsn({ T: 6, k: 2, lambda: 0.5, surrogate: sigmoid(), ...psnArrays(dtype) }),
  'MaskedPSN k=2 lambda=1 same W,b': (dtype) =>
    all.maskedPsn({ T: 6, k: 2, lambda: 1, surrogate: sigmoid(), ...psnArrays(dtype) }),
  'SlidingPSN k=3 exp_init gemm': (dtype) =>
    all.slidingPsn({
      k: 3,
      surrogate: sigmoid(),
      weight: value('weight', [0.25, 0.5, 1], [3], dtype),
      bias: value('bias', [-1], [], dtype),
    }),
  'DSRIF T=6 vth=1 alpha=.5': (dtype) => all.dsrIntegrateAndFire({ threshold: value('threshold', [1], [], dtype) }),
  'DSRLIF T=6 vth=1 tau=2 dt=.05 alpha=.3': (dtype) => all.dsrLif({ threshold: value('threshold', [1], [], dtype) }),
}

const gatedName = 'GatedLIF T=6 raw alpha=.3,beta=-.2,gamma=.4, other init default'
function gated(dtype: Float): Cell {
  const raw = Object.entries(sequences.cases[gatedName].raw_params).map(
    ([name, data]) => [names[name] ?? name, value(name, data, name === 'conduct' ? [6] : [], dtype)] as const,
  )
  return all.gatedLif({ T: 6, raw: Object.fromEntries(raw) })
}

const {
  [gatedName]: gatedCase,
  'FewSpike theta=.25,.5,.75 h=.2,.3,.4 d=1,2,4': fewSpikeCase,
  ...parallel
} = sequences.cases
const examples: Readonly<Record<string, Example>> = {
  ...integrate.cases,
  ...steps.cases,
  ...parallel,
  [gatedName]: gatedCase,
}

/**
 * Runs every golden trace on a backend, in float64 to 1e-8 or in float32 to 2e-5. `ties` names the cases whose membrane
 * meets the threshold exactly, where float32 spikes otherwise than float64: they are held against the reference backend
 * in float32.
 */
export function goldenTests(backend: () => Backend, dtype: Float, ties: readonly string[] = []): void {
  const tolerance = dtype === 'float64' ? 1e-8 : 2e-5
  const close = (actual: HostTensor, expected: Rows | readonly number[]): void =>
    expectClose(actual.data, expected.flat(), tolerance)
  const on = <A extends Tensor[], R>(fn: (...inputs: A) => R) => compile(fn, { backend: backend() })

  for (const [name, example] of Object.entries(examples)) {
    it(`agrees: ${name}`, async () => {
      const cell = name === gatedName ? gated(dtype) : (cells[name] ?? (() => leaky(name)))(dtype)
      const expected = Object.entries(example.param_grad ?? {})
      const trace = (x: Tensor, weights: Tensor) => {
        const { output, v } = run(cell, x)
        const loss = output.mul(weights).sum()
        return {
          output,
          ...(v && { v }),
          dx: grad(loss, x),
          parameters: Object.fromEntries(
            expected.map(([key]) => [key, grad(loss, cell.variables[names[key] ?? key]!)]),
          ),
        }
      }
      const inputs = [matrix(example.x, dtype), matrix(example.loss_weights ?? usualWeights, dtype)] as const
      const result = await on(trace)(...inputs)
      if (ties.includes(name)) {
        const { output, v, dx } = await compile(trace, { backend: reference() })(...inputs)
        close(result.output, [...output.data])
        close(result.v!, [...v!.data])
        close(result.dx, [...dx.data])
        return
      }
      close(result.output, example.y)
      if (example.v) close(result.v!, example.v)
      close(result.dx, example.dx)
      for (const [key, gradient] of expected) close(result.parameters[key]!, gradient)
    })
  }

  it('OTTT: spikes and trace, and no gradient through time', async () => {
    const { x, spike, trace } = other.cases['OTTTLIF default (spike,trace)']
    const result = await on((input: Tensor) => {
      const out = run(all.otttLif(), input)
      return { spike: out.output, trace: out['trace']!, dx: grad(out.output.at(0, 5).sum(), input) }
    })(matrix(x, dtype))
    close(result.spike, spike)
    close(result.trace, trace)
    expect([...result.dx.data].slice(0, 10)).toEqual(Array(10).fill(0))
    expect(result.dx.data[10]).toBeGreaterThan(0)
  })

  for (const [name, symmetric] of [
    ['STBIF q=.25 level=8 sym, x-0.5', true],
    ['STBIF q=.25 level=8 unsigned, x-0.5', false],
  ] as const) {
    it(`agrees: ${name}`, async () => {
      const { x, y, q, acc_q: accumulated } = other.cases[name]
      const result = await on((input: Tensor) => {
        const out = run(all.bipolarIntegrateAndFire({ threshold: 0.25, symmetric }), input)
        return {
          output: out.output,
          q: out['q']!.at(0, x.length - 1),
          accumulated: out['accumulated']!.at(0, x.length - 1),
        }
      })(matrix(x, dtype))
      close(result.output, y)
      close(result.q, q)
      close(result.accumulated, accumulated)
    })
  }

  for (const [name, by] of [
    ['None', undefined],
    ['max-mem', 'max'],
    ['max-abs-mem', 'maxAbsolute'],
    ['mean-mem', 'mean'],
    ['last_mem', 'last'],
  ] as const) {
    it(`NonSpikingLIF, decode ${name}`, async () => {
      const { x, y } = other.cases[`NonSpikingLIF tau=2 decode=${name}`]
      const result = await on((input: Tensor) => {
        const { output } = run(all.nonSpikingLif(), input)
        return by ? all.decodeMembrane(output, by) : output
      })(matrix(x, dtype))
      close(result, y)
    })
  }

  it('few-spike neuron: K weighted spikes, alone and as a sequence', async () => {
    const { x, y } = fewSpikeCase
    const cell = all.fewSpike({ theta: [0.25, 0.5, 0.75], h: [0.2, 0.3, 0.4], d: [1, 2, 4] })
    const result = await on((input: Tensor) => ({
      once: cell.apply([input], { training: false, lead: 1 }),
      sequence: cell.apply([input.div(3).broadcastTo([3, ...input.shape])]),
    }))(matrix([x], dtype))
    close(result.once, y)
    expectClose(
      y.map((_, i) => [0, 1, 2].reduce((sum, k) => sum + result.sequence.data[k * y.length + i]!, 0)),
      y,
      tolerance,
    )
  })

  it('MPBN-LIF in training: spikes and running statistics', async () => {
    const [name] = Object.keys(other.cases).filter((key) => key.startsWith('MPBN')) as [
      'MPBNLIF tau=2 decay_input=False out_features=2 train [T=3,N=6,F=2]',
    ]
    const { y, running_mean: mean, running_var: variance } = other.cases[name]
    const norm = {
      weight: value('weight', [1, 1], [2], dtype),
      bias: value('bias', [0, 0], [2], dtype),
      mean: value('mean', [0, 0], [2], dtype),
      variance: value('variance', [1, 1], [2], dtype),
    }
    const cell = all.mpbnLif(2, { norm })
    const { x } = steps.cases['IF v_reset=0.0,detach_reset=False']
    const all3 = [...x, ...[...x].reverse(), ...x.map((row) => row.map((entry) => 0.5 * entry + 0.1))]
    const result = await on((input: Tensor) => run(cell, input.reshape([3, 6, 2]), { training: true }).output)(
      matrix(all3, dtype),
    )
    close(result, y.flat(2))
    expectClose(await norm.mean.data(), mean, tolerance)
    expectClose(await norm.variance.data(), variance, tolerance)
  })
}

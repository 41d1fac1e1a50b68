import { atan, sigmoid } from '@snn/surrogate'
import { compile, grad, reference, scan, variable, type Tensor, type Variable } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import other from '../test/golden/other-steps.json' with { type: 'json' }
import golden from '../test/golden/steps.json' with { type: 'json' }
import * as all from './index.js'
import type { Cell, Reset } from './index.js'

const backend = reference()
type Rows = readonly (readonly number[])[]
const f64 = (rows: Rows) => ({ data: Float64Array.from(rows.flat()), shape: [rows.length, rows[0]!.length] })
const value = (name: string, ...data: number[]): Variable => variable({ data: Float64Array.from(data), shape: data.length === 1 ? [] : [data.length] }, { name })

function leaky(name: string): Cell {
  const options = {
    reset: (name.includes('v_reset=None') ? 'soft' : { to: 0 }) as Reset,
    detachReset: name.includes('detach_reset=True'),
  }
  return name.startsWith('IF') ? all.integrateAndFire(options) : all.lif({ ...options, decayInput: name.includes('decay_input=True') })
}

const special: Readonly<Record<string, () => Cell>> = {
  'LIF tau=2.5,v_th=0.8,v_reset=-0.2,decay_input=True,ATan': () => all.lif({ tau: 2.5, threshold: 0.8, reset: { to: -0.2 }, surrogate: atan() }),
  'PLIF init_tau=2,decay_input=True': () => all.parametricLif({ w: value('w', 0) }),
  'PLIF init_tau=3,decay_input=False,soft': () => all.parametricLif({ w: value('w', -Math.log(2)), decayInput: false, reset: 'soft' }),
  'QIF default': () => all.quadraticIntegrateAndFire(),
  'EIF default': () => all.exponentialIntegrateAndFire(),
  'Izhikevich a=0.1,b=0.2,tau_w=3': () => all.izhikevich({ a: 0.1, b: 0.2, tauW: 3 }),
  'KLIF default': () => all.klif({ k: value('k', 1) }),
  'KLIF scale_reset soft decay_input=False': () => all.klif({ k: value('k', 1), scaleReset: true, reset: 'soft', decayInput: false }),
  'CUBALIF c=.5 v=.75 th=.5 hard0': () => all.cubaLif({ surrogate: sigmoid() }),
  'LIAF relu,threshold_related=True,tau=2': () => all.liaf(),
  'ILIF default': () => all.ilif(),
  HalfThresholdIF: () => all.halfThresholdIntegrateAndFire(),
  'ActivationAwareIF th=[.8,1.2] off=[-.1,.1] ch=-1': () => all.activationAwareIntegrateAndFire({ threshold: value('threshold', 0.8, 1.2), offset: value('offset', -0.1, 0.1) }),
}

/** Output and every state over time. */
function run(cell: Cell, x: Tensor): Record<string, Tensor> & { output: Tensor } {
  return scan((state: ReturnType<Cell['initialState']>, now: Tensor) => {
    const { output, state: after } = cell.step(now, state)
    return [after, { ...after, output }] as const
  }, cell.initialState(x.shape.slice(1), x.dtype), x)[1]
}

function expectClose(actual: ArrayLike<number>, expected: Rows | readonly number[]): void {
  const flat = expected.flat()
  expect(actual.length).toBe(flat.length)
  flat.forEach((entry, i) => expect(Math.abs(actual[i]! - entry)).toBeLessThan(1e-8))
}

describe('golden traces and gradients', () => {
  for (const [name, example] of Object.entries(golden.cases)) {
    it(`agrees: ${name}`, async () => {
      const cell = (special[name] ?? (() => leaky(name)))()
      const expectedGradients: Readonly<Record<string, readonly number[]>> = 'param_grad' in example ? example.param_grad : {}
      const traced = compile((x: Tensor, weights: Tensor) => {
        const { output, v } = run(cell, x)
        const loss = output.mul(weights).sum()
        return { output, v: v!, dx: grad(loss, x), parameters: Object.fromEntries(Object.keys(expectedGradients).map((key) => [key, grad(loss, cell.variables[key]!)])) }
      }, { backend })
      const result = await traced(f64(example.x), f64(example.loss_weights))
      expectClose(result.output.data, example.y)
      expectClose(result.v.data, example.v)
      expectClose(result.dx.data, example.dx)
      for (const [key, expected] of Object.entries(expectedGradients)) expectClose(result.parameters[key]!.data, expected)
    })
  }

  it('OTTT: spikes and trace, and no gradient through time', async () => {
    const { x, spike, trace } = other.cases['OTTTLIF default (spike,trace)']
    const result = await compile((input: Tensor) => {
      const steps = run(all.otttLif(), input)
      return { spike: steps.output, trace: steps['trace']!, dx: grad(steps.output.at(0, 5).sum(), input) }
    }, { backend })(f64(x))
    expectClose(result.spike.data, spike)
    expectClose(result.trace.data, trace)
    expect([...result.dx.data].slice(0, 10)).toEqual(Array(10).fill(0))
    expect(result.dx.data[10]).toBeGreaterThan(0)
  })

  for (const [name, symmetric] of [['STBIF q=.25 level=8 sym, x-0.5', true], ['STBIF q=.25 level=8 unsigned, x-0.5', false]] as const) {
    it(`agrees: ${name}`, async () => {
      const { x, y, q, acc_q: accumulated } = other.cases[name]
      const result = await compile((input: Tensor) => run(all.bipolarIntegrateAndFire({ threshold: 0.25, symmetric }), input), { backend })(f64(x))
      expectClose(result.output.data, y)
      expectClose([...result['q']!.data].slice(-2), q)
      expectClose([...result['accumulated']!.data].slice(-2), accumulated)
    })
  }

  for (const [name, by] of [['None', undefined], ['max-mem', 'max'], ['max-abs-mem', 'maxAbsolute'], ['mean-mem', 'mean'], ['last_mem', 'last']] as const) {
    it(`NonSpikingLIF, decode ${name}`, async () => {
      const { x, y } = other.cases[`NonSpikingLIF tau=2 decode=${name}`]
      const result = await compile((input: Tensor) => {
        const { output } = run(all.nonSpikingLif(), input)
        return by ? all.decodeMembrane(output, by) : output
      }, { backend })(f64(x))
      expectClose(result.data, y)
    })
  }

  it('the furthest membrane from 0, ties to the lower', async () => {
    const decode = compile((v: Tensor) => all.decodeMembrane(v, 'maxAbsolute'), { backend })
    expect([...(await decode(f64([[1, 2, 3], [-4, -2, 1]]))).data]).toEqual([-4, -2, 3])
    expect([...(await compile((v: Tensor) => run(all.nonSpikingIntegrateAndFire(), v).output, { backend })(f64([[1], [2], [-4]]))).data]).toEqual([1, 3, -1])
  })
})

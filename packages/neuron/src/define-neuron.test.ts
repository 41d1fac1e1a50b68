import { sigmoid } from '@snn/surrogate'
import { compile, grad, isSnnError, placeholder, reference, scalar, scan, variable, type Tensor } from '@snn/tensor'
import { interpret, numberKernels } from '@snn/tensor/backend'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { alif } from '../test/alif.js'
import { defineNeuron, integrateAndFire, learnable, type Cell } from './index.js'

const backend = reference()
const f32 = (data: readonly number[], shape: readonly number[]) => ({ data: Float32Array.from(data), shape })

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isSnnError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

/** Runs `fn` once inside of a trace. */
const traced = <R>(fn: (x: Tensor) => R, shape: readonly number[] = [2, 3]) =>
  compile(fn, { backend })(f32(Array<number>(shape.reduce((a, b) => a * b, 1)).fill(1), shape))

describe('defineNeuron', () => {
  it('makes a neuron of a user: adaptive LIF equals its equations', async () => {
    const cell = alif({ beta: 0.5, threshold: 0.8 })
    const xs = [0.9, 1.7, 2.1, 0.3, 1.9, 1.9, 1.2, 2.2]
    const run = compile(
      (x: Tensor) =>
        scan(
          (state: { v: Tensor; a: Tensor }, now: Tensor) => {
            const { spike, state: after } = cell.step(now, state)
            return [after, { spike, ...after }] as const
          },
          cell.initialState([1], x.dtype),
          x,
        )[1],
      { backend },
    )
    const result = await run({ data: Float64Array.from(xs), shape: [xs.length, 1] })
    let [v, a] = [0, 0]
    xs.forEach((x, t) => {
      v += (x - v) / 2
      a *= 0.9
      const s = v >= 0.8 + 0.5 * a ? 1 : 0
      v -= s * 0.8
      a += s
      expect(result.spike.data[t]).toBe(s)
      expect(result.v.data[t]).toBeCloseTo(v, 12)
      expect(result.a.data[t]).toBeCloseTo(a, 12)
    })
    expect(result.spike.data).toContain(1)
    expect(result.spike.data).toContain(0)
  })

  it('runs on plain numbers by interpret', () => {
    const cell = integrateAndFire({ reset: 'soft' })
    const [x, v] = [placeholder([1]), placeholder([1])]
    const { spike, state } = cell.step(x, { v })
    expect(
      interpret(
        { spike, v: state.v },
        numberKernels,
        new Map([
          [x, 0.75],
          [v, 0.5],
        ]),
      ),
    ).toEqual({ spike: 1, v: 0.25 })
  })

  it('detachReset changes the gradient of what follows a spike, not the spikes', async () => {
    const run = (detachReset: boolean) =>
      traced((x) => {
        const cell = integrateAndFire({ detachReset, reset: 'soft', threshold: 0.9 })
        const first = cell.step(x, cell.initialState(x.shape, x.dtype))
        const second = cell.step(x, first.state)
        return { spike: second.spike, dx: grad(second.state.v.sum(), x) }
      })
    const [kept, detached] = [await run(false), await run(true)]
    expect(detached.spike.data).toEqual(kept.spike.data)
    expect([...detached.dx.data]).toEqual(Array(6).fill(2))
    expect(kept.dx.data[0]).not.toBeCloseTo(2, 2)
  })

  it('tells what it is', () => {
    expect(
      alif({
        tau: 3,
        beta: learnable(0.2, { per: 'channel' }),
        reset: 'soft',
        surrogate: sigmoid({ alpha: 2 }),
        initial: { a: 0.5 },
      }),
    ).toMatchObject({
      contract: 1,
      kind: 'alif',
      config: {
        threshold: 1,
        tau: 3,
        beta: { learnable: 0.2, per: 'channel' },
        reset: 'soft',
        surrogate: { name: 'sigmoid', alpha: 2 },
        detachReset: false,
        amplitude: 'one',
        initial: { v: 0, a: 0.5 },
      },
      trainable: ['beta'],
    })
  })
})

describe('parameters', () => {
  it('learnable per layer, channel, neuron: shapes, values, and gradients', async () => {
    for (const [per, shape] of [
      ['layer', []],
      ['channel', [3, 1]],
      ['neuron', [3, 2]],
    ] as const) {
      const cell = integrateAndFire({ threshold: learnable(0.75, { per }) })
      const { dthreshold, spike } = await traced(
        (x) => {
          const { spike } = cell.step(x, cell.initialState(x.shape, x.dtype))
          return { spike, dthreshold: grad(spike.sum(), cell.variables['threshold']!) }
        },
        [4, 3, 2],
      )
      expect(cell.trainable).toEqual(['threshold'])
      expect(cell.variables['threshold']).toMatchObject({ shape, dtype: 'float32', name: 'integrateAndFire.threshold' })
      expect([...(await cell.variables['threshold']!.data())].every((value) => value === 0.75)).toBe(true)
      expect([...spike.data].every((value) => value === 1)).toBe(true)
      const s = 1 / (1 + Math.exp(-4 * 0.25))
      const shared = 24 / dthreshold.data.length
      expect(dthreshold.shape).toEqual(shape)
      for (const g of dthreshold.data) expect(g).toBeCloseTo(-4 * s * (1 - s) * shared, 4)
    }
  })

  it('a learnable per layer is there before the first input', () => {
    expect(Object.keys(integrateAndFire({ threshold: learnable(2) }).variables)).toEqual(['threshold'])
  })

  it('Variables and tensors broadcast against the neurons, in the dtype of the input', async () => {
    const threshold = variable({ data: Float64Array.of(0.5, 1, 1.5), shape: [3, 1] }, { name: 'threshold' })
    const cell = integrateAndFire({ threshold })
    expect(cell.variables).toEqual({ threshold })
    const { spike } = await traced((x) => cell.step(x, cell.initialState(x.shape, x.dtype)), [2, 3, 1])
    expect([...spike.data]).toEqual([1, 1, 0, 1, 1, 0])
    const fixed = integrateAndFire({ threshold: scalar(1.25) })
    expect([...(await traced((x) => fixed.step(x, fixed.initialState(x.shape, x.dtype)).spike)).data]).toEqual(
      Array(6).fill(0),
    )
  })

  it('initial values: numbers, and Variables per channel', async () => {
    const v = variable(f32([0, 0.5, -1], [3, 1]), { name: 'start' })
    const cell = integrateAndFire({ reset: 'none', initial: { v } })
    expect(cell.variables).toEqual({ 'initial.v': v })
    const { state } = await traced((x) => cell.step(x, cell.initialState(x.shape, x.dtype)), [2, 3, 1])
    expect([...state.v.data]).toEqual([1, 1.5, 0, 1, 1.5, 0])
    const from = integrateAndFire({ reset: 'none', initial: { v: 0.25 } })
    expect([...(await traced((x) => from.initialState(x.shape, x.dtype).v, [2])).data]).toEqual([0.25, 0.25])
  })
})

describe('errors', () => {
  it('name the option and its domain', () => {
    // @ts-expect-error unknown parameter
    expect(code(() => alif({ gamma: 1 }))).toBe(
      "ARGUMENT [alif] unknown option 'gamma', expected one of threshold, tau, beta, amplitude, detachReset, reset, surrogate, initial. Correct the name.",
    )
    // @ts-expect-error IF has no tau
    expect(code(() => integrateAndFire({ tau: 2 }))).toContain("ARGUMENT [integrateAndFire] unknown option 'tau'")
    // @ts-expect-error no such reset
    expect(code(() => alif({ reset: 'hard' }))).toBe(
      "ARGUMENT [alif] option reset: hard, expected 'soft', 'none' or { to: number }. Correct it.",
    )
    expect(code(() => alif({ reset: 'none' }))).toBe(
      "ARGUMENT [alif] option reset: none, expected 'soft', the resets of this model. Correct it.",
    )
    // @ts-expect-error no such amplitude
    expect(code(() => alif({ amplitude: 2 }))).toContain("expected 'one' or 'threshold'")
    // @ts-expect-error no such state
    expect(code(() => alif({ initial: { u: 1 } }))).toBe(
      "ARGUMENT [alif] unknown option 'initial.u', expected one of initial.v, initial.a. Correct the name.",
    )
    expect(code(() => alif({ tau: NaN }))).toBe(
      'ARGUMENT [alif] option tau: NaN, expected a finite number, a Tensor, a Variable or learnable(..). Correct it.',
    )
    expect(code(() => alif({ initial: { v: Infinity } }))).toContain('[alif] option initial.v: Infinity')
    expect(code(() => learnable(NaN))).toContain('ARGUMENT [learnable] initial value NaN per layer')
  })

  it('name the shapes of states and parameters', async () => {
    const cell = integrateAndFire()
    expect(code(() => cell.step(placeholder([2, 3]), { v: placeholder([3]) }))).toBe(
      "SHAPE [integrateAndFire] state 'v' has shape [3], expected the shape of the input, [2,3]. Start from initialState(x.shape, x.dtype).",
    )
    // @ts-expect-error no state
    expect(code(() => cell.step(placeholder([2]), {}))).toContain("state 'v' has nothing")
    const threshold = variable(f32([1, 2, 3], [3]), { name: 'threshold' })
    await expect(traced((x) => integrateAndFire({ threshold }).step(x, { v: x }), [2, 3, 4])).rejects.toThrow(
      '[integrateAndFire.threshold] value of shape [3] for neurons of shape [2,3,4], expected one that broadcasts to it. Give values per channel the shape [C, 1, ..].',
    )
    expect(code(() => integrateAndFire({ initial: { v: threshold } }).initialState([2, 4], 'float32'))).toContain(
      'SHAPE [integrateAndFire.initial.v]',
    )
    expect(
      code(() =>
        integrateAndFire({ threshold: learnable(1, { per: 'channel' }) }).step(placeholder([3]), {
          v: placeholder([3]),
        }),
      ),
    ).toContain(
      "SHAPE [integrateAndFire.threshold] learnable per channel with an input of shape [3], expected [N, C, ..]. Use per: 'layer'.",
    )
  })

  it('a model without a membrane needs its own fire and reset', () => {
    expect(code(() => defineNeuron('bare', { parameters: {}, state: { u: 0 }, charge: (x) => ({ u: x }) }))).toContain(
      'ARGUMENT [bare] state u without v',
    )
  })

  it('a forgotten state and an unknown parameter are type errors', () => {
    const forgetful = { parameters: { tau: 2 }, state: { v: 0, a: 0 } } as const
    defineNeuron('forgetful', {
      ...forgetful,
      // @ts-expect-error a is missing
      charge: (x, { v }) => ({ v: v.add(x) }),
    })
    defineNeuron('typo', {
      ...forgetful,
      // @ts-expect-error there is no tua
      charge: (x, { v, a }, { tua }) => ({ v: v.add(x.div(tua)), a }),
    })
    defineNeuron('reset', {
      ...forgetful,
      charge: (x, { v, a }) => ({ v: v.add(x), a }),
      // @ts-expect-error a is missing
      reset: ({ v }, s) => ({ v: v.sub(s) }),
    })
    expectTypeOf(alif()).toEqualTypeOf<Cell<'v' | 'a'>>()
  })
})

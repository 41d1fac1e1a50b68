import { atan } from '@snn/surrogate'
import { type HostTensor, compile, grad, isSnnError, reference, scan, type Tensor } from '@snn/tensor'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { alif } from '../test/alif.js'
import { extendNeuron, learnable, lif, resetMembrane, type Cell } from './index.js'

const backend = reference()

/** Charge replaced, fire and reset inherited. */
const gated = extendNeuron('gated', alif, {
  parameters: { k: 1 },
  charge: (x, { v, a }, { tau, k }) => ({ v: v.add(x.mul(k).sub(v).div(tau)), a: a.mul(0.9) }),
})

/** Derived again: another state, charge of its base with a filtered input, reset replaced. */
const filtered = extendNeuron('filtered', gated, {
  parameters: { alpha: 0.5, beta: 0.3 },
  state: { i: 0 },
  settings: { strict: false },
  resets: ['to', 'soft', 'none'],
  defaults: { surrogate: atan() },
  charge: (x, state, parameters, settings) => {
    const i = state.i.mul(parameters.alpha).add(x)
    return { ...gated.spec.charge(i, state, parameters, settings), i }
  },
  reset: ({ v, a, i }, s, { threshold }, { reset, strict }) => ({
    v: resetMembrane(v, s, threshold, reset),
    a: a.add(s),
    i: strict ? i.mul(s.neg().add(1)) : i,
  }),
})

const inputs = [0.9, 1.7, 2.1, 0.3, 1.9, 1.9, 1.2, 2.2]

async function run(cell: Cell) {
  const traced = compile(
    (x: Tensor) => {
      const steps = scan(
        (state: ReturnType<Cell['initialState']>, now: Tensor) => {
          const { spike, state: after } = cell.step(now, state)
          return [after, { ...after, spike }] as const
        },
        cell.initialState(x.shape.slice(1), x.dtype),
        x,
      )[1]
      return {
        ...steps,
        gradients: {
          x: grad(steps.spike.sum(), x),
          ...Object.fromEntries(cell.trainable.map((name) => [name, grad(steps.spike.sum(), cell.variables[name]!)])),
        },
      }
    },
    { backend },
  )
  const { gradients, ...values } = await traced({ data: Float64Array.from(inputs), shape: [inputs.length, 1] })
  return {
    gradients: gradients as Readonly<Record<string, HostTensor>>,
    values: values as Readonly<Record<string, HostTensor>>,
  }
}

describe('extendNeuron', () => {
  it('derived twice equals the equations, and has gradients', async () => {
    const cell = filtered({ k: learnable(0.75), tau: 3, reset: { to: 0.1 }, strict: true })
    const {
      values: { spike, v: membrane, a: adaptation, i: current },
      gradients,
    } = await run(cell)
    let [v, a, i] = [0.1, 0, 0]
    inputs.forEach((x, t) => {
      i = 0.5 * i + x
      v += (0.75 * i - v) / 3
      a *= 0.9
      const s = v >= 1 + 0.3 * a ? 1 : 0
      if (s) [v, i] = [0.1, 0]
      a += s
      expect(
        [spike!.data[t], membrane!.data[t], adaptation!.data[t], current!.data[t]].map((n) => n!.toFixed(10)),
      ).toEqual([s, v, a, i].map((n) => n.toFixed(10)))
    })
    expect(spike!.data).toContain(1)
    expect(spike!.data).toContain(0)
    for (const gradient of Object.values(gradients)) expect(Math.abs(gradient.data[0]!)).toBeGreaterThan(1e-4)
    expect(cell).toMatchObject({
      kind: 'filtered',
      trainable: ['k'],
      config: { beta: 0.3, alpha: 0.5, k: { learnable: 0.75 }, strict: true, surrogate: { name: 'atan' } },
    })
    expectTypeOf(cell).toEqualTypeOf<Cell<'v' | 'a' | 'i'>>()
  })

  it('inherits what it does not replace, with the same numbers', async () => {
    const [base, derived] = [await run(alif({ beta: 0.2 })), await run(gated({ beta: 0.2 }))]
    for (const name of ['spike', 'v', 'a'] as const) expect(derived.values[name]!.data).toEqual(base.values[name]!.data)
    expect(derived.gradients['x']!.data).toEqual(base.gradients['x']!.data)
  })

  it('an inherited function leaves a new state as it is', async () => {
    const marked = extendNeuron('marked', lif, { state: { mark: ({ tau }) => tau.mul(2) } })
    const { values: result } = await run(marked({ tau: 3 }))
    expect([...result['mark']!.data]).toEqual(inputs.map(() => 6))
    expect(result['v']!.data).toEqual((await run(lif({ tau: 3 }))).values['v']!.data)
  })

  it('a state can be one number for the whole layer, also of a model derived again', async () => {
    const late = extendNeuron('late', lif, {
      state: { steps: 0 },
      shared: ['steps'],
      fire: ({ v, steps }, { threshold }, spike) => spike(v.sub(threshold)).mul(steps.ge(5).cast(v.dtype)),
      reset: ({ v, steps }, s, { threshold }, { reset }) => ({
        v: resetMembrane(v, s, threshold, reset),
        steps: steps.add(1),
      }),
    })
    const again = extendNeuron('again', late, { state: { own: 0 } })
    for (const cell of [late(), again()] as unknown as Cell[]) {
      const start = cell.initialState([2, 3], 'float64')
      expect(Object.fromEntries(Object.entries(start).map(([name, { shape }]) => [name, shape]))).toMatchObject({
        v: [2, 3],
        steps: [],
      })
      const { values: result } = await run(cell)
      expect(result['steps']).toMatchObject({
        shape: [inputs.length],
        data: Float64Array.from(inputs, (_, t) => t + 1),
      })
      expect([...result['spike']!.data].map((spike, t) => spike === 1 && t < 5)).not.toContain(true)
      expect(result['spike']!.data).toContain(1)
      const x = start['v']!
      expect(() => cell.step(x, { ...start, steps: x })).toThrow("state 'steps' has shape [2,3], expected a scalar.")
    }
  })

  it('the defaults of a setting can be another', () => {
    const direct = extendNeuron('direct', lif, {
      settings: { decayInput: false },
      parameters: { tau: 4 },
      defaults: { reset: 'soft' },
    })
    expect(direct().config).toMatchObject({ decayInput: false, tau: 4, reset: 'soft' })
    expect(direct({ decayInput: true, reset: { to: 0 } }).config).toMatchObject({ decayInput: true, reset: { to: 0 } })
    expect(lif().config).toMatchObject({ decayInput: true, tau: 2, reset: { to: 0 } })
  })

  it('unknown parameters and forgotten states are type errors, and errors at run time', () => {
    const message = (build: () => unknown) => {
      try {
        build()
        return 'no error'
      } catch (error) {
        return isSnnError(error, 'ARGUMENT') ? error.message : 'another error'
      }
    }
    // @ts-expect-error unknown parameter
    expect(message(() => gated({ gamma: 1 }))).toContain(
      "[gated] unknown option 'gamma', expected one of threshold, tau, beta, k,",
    )
    // @ts-expect-error a boolean
    expect(message(() => filtered({ strict: 1 }))).toContain('[filtered] option strict: 1, expected true or false')
    // @ts-expect-error a is forgotten
    extendNeuron('forgetful', alif, { charge: (x, { v }) => ({ v: v.add(x) }) })
    extendNeuron('forgetful', alif, {
      state: { i: 0 },
      // @ts-expect-error i is forgotten
      charge: (x, { v, a }) => ({ v: v.add(x), a }),
    })
    extendNeuron('typo', alif, {
      parameters: { k: 1 },
      // @ts-expect-error there is no kk
      charge: (x, { v, a }, { kk }) => ({ v: v.add(x.mul(kk)), a }),
    })
    // @ts-expect-error w is no state
    extendNeuron('reset', alif, { reset: ({ v, a, w }) => ({ v: v.add(w), a }) })
  })
})

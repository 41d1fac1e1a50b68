import { cpu } from '@snn/backend-cpu'
import { lowerGraph, writeOnnx } from '@snn/onnx'
import { atan } from '@snn/surrogate'
import { compile, grad, reference, variable, type Backend, type Tensor } from '@snn/tensor'
import { traceFunction } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { alif } from '../test/alif.js'
import { run } from '../test/run.js'
import { extendNeuron, learnable, lif, psn, type Cell, type SequenceCell } from './index.js'

const gated = extendNeuron('gated', alif, {
  parameters: { k: 1 },
  charge: (x, state, parameters, settings) => alif.spec.charge(x.mul(parameters.k), state, parameters, settings),
})
const filtered = extendNeuron('filtered', gated, {
  state: { i: 0 },
  defaults: { surrogate: atan() },
  charge: (x, state, parameters, settings) => {
    const i = state.i.mul(0.5).add(x)
    return { ...gated.spec.charge(i, state, parameters, settings), i }
  },
})

const T = 8
const x = { data: Float32Array.from({ length: T * 6 }, (_, i) => 1 + Math.sin(3 * i)), shape: [T, 2, 3] }

/** Steps of gradient descent on the distance of the rates from 0.3, with a weight before the neurons. */
async function train(cell: Cell | SequenceCell, backend: Backend): Promise<readonly number[]> {
  const weight = variable(
    { data: Float32Array.of(1.4, 0.2, -0.3, 0.1, 1.2, 0.4, 0.3, -0.2, 1.1), shape: [3, 3] },
    { name: 'weight' },
  )
  const step = compile(
    (input: Tensor) => {
      const loss = run(cell, input.matmul(weight.read())).output.mean(0).sub(0.3).square().mean()
      const trained = [weight, ...cell.trainable.map((name) => cell.variables[name]!)]
      grad(loss, trained).forEach((gradient, i) => trained[i]!.assign(trained[i]!.read().sub(gradient.mul(0.2))))
      return loss
    },
    { backend },
  )
  const losses: number[] = []
  for (let i = 0; i < 15; i++) losses.push((await step(x)).item())
  return losses
}

describe('a neuron derived twice', () => {
  const cell = () => filtered({ k: learnable(1.2), beta: learnable(0.3, { per: 'channel' }) })

  it('trains, the same on both backends', async () => {
    const [one, other] = [await train(cell(), reference()), await train(cell(), await cpu({ threads: 1 }))]
    expect(one.at(-1)!).toBeLessThan(0.6 * one[0]!)
    one.forEach((loss, i) => expect(Math.abs(other[i]! - loss)).toBeLessThan(1e-4))
  })

  it('exports one step as ONNX, and runs there', async () => {
    const plain = filtered({ k: 1.2, beta: 0.3, tau: 3 })
    const names = Object.keys(plain.initialState([2, 3], 'float32'))
    const fn = (...[now, ...state]: readonly Tensor[]) => {
      const { spike, state: after } = plain.step(
        now!,
        Object.fromEntries(names.map((name, i) => [name, state[i]!])) as Record<'v' | 'a' | 'i', Tensor>,
      )
      return [spike, ...names.map((name) => after[name as 'v'])]
    }
    const { program } = traceFunction(
      fn,
      Array.from({ length: 4 }, () => ({ dtype: 'float32' as const, shape: [2, 3] })),
    )
    expect(writeOnnx(lowerGraph(program)).length).toBeGreaterThan(200)
    const inputs = [0, 1, 2, 3].map((seed) => ({
      data: Float32Array.from({ length: 6 }, (_, i) => Math.cos(seed + i)),
      shape: [2, 3],
    })) as [typeof x, typeof x, typeof x, typeof x]
    const values = async (backend: Backend) =>
      (await compile((a: Tensor, b: Tensor, c: Tensor, d: Tensor) => fn(a, b, c, d), { backend })(...inputs)).map(
        ({ data }) => [...data],
      )
    const [expected, actual] = [await values(reference()), await values(await cpu({ threads: 1 }))]
    expected.flat().forEach((entry, i) => expect(Math.abs(actual.flat()[i]! - entry)).toBeLessThan(1e-6))
  })
})

describe('other layers train too, the same on both backends', () => {
  for (const [name, make] of Object.entries({
    'lif with a learnable surrogate': () =>
      lif({ surrogate: atan({ alpha: learnable(2) }), tau: learnable(2, { per: 'neuron' }) }),
    psn: () => psn({ T }),
  })) {
    it(`${name} trains`, async () => {
      const [one, other] = [await train(make(), reference()), await train(make(), await cpu({ threads: 1 }))]
      expect(one.at(-1)!).toBeLessThan(one[0]!)
      one.forEach((loss, i) => expect(Math.abs(other[i]! - loss)).toBeLessThan(1e-4))
    })
  }
})

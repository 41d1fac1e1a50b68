import { compile, grad, reference, stack, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { made, models } from '../test/models.js'
import { expectClose, run } from '../test/run.js'
import type { Cell } from './index.js'

const backend = reference()
const T = 6
const shape = [T, 3, 2]
const data = Float64Array.from({ length: T * 6 }, (_, i) => 0.7 + 2.5 * Math.sin(12.9898 * (i + 1) + 0.001 * i * i))
const x = { data, shape }

describe('every neuron, step by step', () => {
  for (const [name, make] of Object.entries({ ...models, ...made })) {
    const scale = name === 'hodgkinHuxley' ? 40 : 1
    const input = { data: data.map((entry) => entry * scale), shape }

    it(`${name}: unrolled by hand as in a scan; state in the shape and dtype of the input`, async () => {
      const cell = make({})
      const result = await compile(
        (t: Tensor) => {
          let state = cell.initialState(t.shape.slice(1), t.dtype)
          const outputs: Tensor[] = []
          for (let i = 0; i < T; i++) {
            const { output, state: after } = cell.step(t.at(0, i), state)
            outputs.push(output)
            state = after
          }
          return { scanned: run(cell, t), unrolled: stack(outputs), last: state }
        },
        { backend },
      )(input)
      expect([...result.unrolled.data]).toEqual([...result.scanned.output.data])
      for (const [key, last] of Object.entries(result.last)) {
        // what a layer counts is one number for all
        expect(last).toMatchObject(
          last.shape.length === 0
            ? { dtype: expect.stringMatching(/int32|float64/) as string }
            : { shape: [3, 2], dtype: 'float64' },
        )
        expect([...result.scanned[key]!.data].slice(-last.data.length), key).toEqual([...last.data])
      }
      expect(new Set(result.scanned.output.data).size, 'outputs differ').toBeGreaterThan(
        name === 'hodgkinHuxley' ? 0 : 1,
      )
    })

    it(`${name}: samples do not know of each other`, async () => {
      const outputs = compile((t: Tensor) => run(make({}), t).output, { backend })
      const turned = Float64Array.from(
        { length: data.length },
        (_, i) => input.data[Math.floor(i / 6) * 6 + ((i + 2) % 6)]!,
      )
      const [one, other] = [await outputs(input), await outputs({ data: turned, shape })]
      expectClose(
        [...other.data],
        Array.from(one.data, (_, i) => one.data[Math.floor(i / 6) * 6 + ((i + 2) % 6)]!),
        1e-12,
      )
    })
  }
})

/** Gradients that are cut by design. */
const cut = ['slttLif', 'otttLif']

describe('with smooth spikes', () => {
  for (const [name, make] of Object.entries({ ...models, ...made })) {
    if (cut.includes(name)) continue
    it(`${name}: gradients of x are finite differences`, async () => {
      const cell: Cell = make({ smooth: true })
      const loss = compile(
        (t: Tensor, weights: Tensor) => {
          const total = run(cell, t).output.mul(weights).sum()
          return { total, dx: grad(total, t) }
        },
        { backend },
      )
      const weights = { data: data.map((_, i) => Math.cos(i)), shape }
      const at = async (i: number, by: number) =>
        (await loss({ data: data.map((entry, j) => entry + (i === j ? by : 0)), shape }, weights)).total.data[0]!
      const { dx } = await loss(x, weights)
      for (const i of [0, 7, 14, 20, 35]) {
        const expected = ((await at(i, 1e-5)) - (await at(i, -1e-5))) / 2e-5
        expect(Math.abs(dx.data[i]! - expected), `entry ${i}: ${dx.data[i]} for ${expected}`).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(expected)),
        )
      }
    })
  }

  for (const name of cut) {
    it(`${name}: no gradient through time`, async () => {
      const { dx } = await compile(
        (t: Tensor) => {
          const { output } = run(models[name]!({ smooth: true }), t)
          return { dx: grad(output.at(0, T - 1).sum(), t) }
        },
        { backend },
      )(x)
      expect([...dx.data].slice(0, -6).every((entry) => entry === 0)).toBe(true)
      expect([...dx.data].slice(-6).every((entry) => entry !== 0)).toBe(true)
    })
  }
})

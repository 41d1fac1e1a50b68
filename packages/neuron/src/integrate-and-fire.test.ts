import { compile, grad, reference, scan, stack, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import golden from '../test/golden/integrate-and-fire.json' with { type: 'json' }
import { integrateAndFire, type Cell } from './index.js'

const backend = reference()
const f64 = (rows: readonly (readonly number[])[]) => ({
  data: Float64Array.from(rows.flat()),
  shape: [rows.length, rows[0]!.length],
})

/** Spikes, membrane and the gradient of the weighted spikes over all steps. */
function trace(cell: Cell) {
  return compile(
    (x: Tensor, weights: Tensor) => {
      const [, { spike, v }] = scan(
        (state: ReturnType<Cell['initialState']>, now: Tensor) => {
          const { spike, state: after } = cell.step(now, state)
          return [after, { spike, v: after['v']! }] as const
        },
        cell.initialState(x.shape.slice(1), x.dtype),
        x,
      )
      return { spike, v, dx: grad(spike.mul(weights).sum(), x) }
    },
    { backend },
  )
}

function expectClose(actual: ArrayLike<number>, expected: readonly (readonly number[])[]): void {
  const flat = expected.flat()
  expect(actual.length).toBe(flat.length)
  flat.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-8))
}

describe('integrateAndFire', () => {
  it('resets to any value, or not at all', async () => {
    const { x, loss_weights } = golden.cases['hard reset']
    for (const [reset, after] of [
      [{ to: -0.2 }, () => -0.2],
      ['none', (h: number) => h],
    ] as const) {
      const result = await trace(integrateAndFire({ reset }))(f64(x), f64(loss_weights))
      const membrane = reset === 'none' ? [0, 0] : [-0.2, -0.2] // starts where it is reset to
      const expected = x.map((row) =>
        row.map((now, i) => {
          const h = membrane[i]! + now
          return (membrane[i] = h >= 1 ? after(h) : h)
        }),
      )
      expectClose(result.v.data, expected)
    }
  })

  it('conserves charge with soft reset: sum of x = threshold times spikes + what is left', async () => {
    const { x, loss_weights } = golden.cases['soft reset']
    const result = await trace(integrateAndFire({ reset: 'soft', threshold: 0.7 }))(f64(x), f64(loss_weights))
    for (const i of [0, 1]) {
      const total = x.reduce((sum, row) => sum + row[i]!, 0)
      const spikes = x.reduce((sum, _, t) => sum + result.spike.data[2 * t + i]!, 0)
      expect(0.7 * spikes + result.v.data[2 * (x.length - 1) + i]!).toBeCloseTo(total, 12)
    }
  })

  it('hands on 1, or the threshold with amplitude: threshold, per channel', async () => {
    const threshold = variable({ data: Float64Array.of(0.5, 2), shape: [2] }, { name: 'threshold' })
    const run = compile(
      (x: Tensor) => {
        const cell = (amplitude: 'one' | 'threshold') => integrateAndFire({ threshold, amplitude, reset: 'soft' })
        const start = cell('one').initialState(x.shape, x.dtype)
        return {
          one: cell('one').step(x, start),
          scaled: cell('threshold').step(x, start),
          doubled: grad(cell('threshold').step(x, start).output.sum(), threshold),
        }
      },
      { backend },
    )
    const { one, scaled, doubled } = await run(
      f64([
        [0.6, 1.9],
        [0.4, 2.5],
      ]),
    )
    expect([...one.output.data]).toEqual([1, 0, 0, 1])
    expect([...scaled.spike.data]).toEqual([1, 0, 0, 1])
    expect([...scaled.output.data]).toEqual([0.5, 0, 0, 2])
    expect([...scaled.state.v.data].map((v) => Number(v.toFixed(10)))).toEqual([0.1, 1.9, 0.4, 0.5])
    // d (s theta) / d theta = s - theta g(v - theta), summed over the batch
    const g = (u: number) => {
      const s = 1 / (1 + Math.exp(-4 * u))
      return 4 * s * (1 - s)
    }
    expect(doubled.data[0]).toBeCloseTo(1 - 0.5 * (g(0.1) + g(-0.1)), 10)
    expect(doubled.data[1]).toBeCloseTo(1 - 2 * (g(-0.1) + g(0.5)), 10)
  })

  it('is the same in any order of the batch, and unrolled by hand', async () => {
    const cell = integrateAndFire({ reset: 'soft' })
    const byHand = compile(
      (x: Tensor) => {
        let state = cell.initialState(x.shape.slice(1), x.dtype)
        const spikes: Tensor[] = []
        for (let t = 0; t < x.shape[0]!; t++) {
          const { spike, state: after } = cell.step(x.at(0, t), state)
          spikes.push(spike)
          state = after
        }
        return stack(spikes)
      },
      { backend },
    )
    const { x, y } = golden.cases['soft reset']
    expect([...(await byHand(f64(x))).data]).toEqual(y.flat())
    expect([...(await byHand(f64(x.map((row) => [...row].reverse())))).data]).toEqual(
      y.flatMap((row) => [...row].reverse()),
    )
  })
})

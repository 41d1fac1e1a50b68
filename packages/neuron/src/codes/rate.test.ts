import { compile, reference, scan, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import {
  burstNeuron,
  drivenIntegrateAndFire,
  phaseNeuron,
  signedIntegrateAndFire,
  windowedIntegrateAndFire,
  type Cell,
} from '../index.js'

const backend = reference()

async function run(cell: Cell, x: readonly number[]): Promise<number[]> {
  const traced = compile(
    (input: Tensor) =>
      scan(
        (state: ReturnType<Cell['initialState']>, now: Tensor) => {
          const { output, state: after } = cell.step(now, state)
          return [after, output] as const
        },
        cell.initialState([1], input.dtype),
        input,
      )[1],
    { backend },
  )
  return [...(await traced({ data: Float64Array.from(x), shape: [x.length, 1] })).data].map((y) => y + 0)
}

const x = [0.3, 1.4, -0.2, 0.9, 0.6, 0.1, -3.1, 0.6, 0.6, 2.2, 0.4, -0.7]

describe('neurons of rate codes follow the naive loop', () => {
  it('drivenIntegrateAndFire: a current of its own', async () => {
    let v = 0.25
    const expected = x.map((now) => {
      v += now + 0.125
      const s = v >= 0.5 ? 0.5 : 0
      v -= s
      return s
    })
    expect(await run(drivenIntegrateAndFire({ threshold: 0.5, current: 0.125, initial: { v: 0.25 } }), x)).toEqual(
      expected,
    )
  })

  for (const [name, model] of Object.entries({ windowedIntegrateAndFire, signedIntegrateAndFire })) {
    it(`${name}: waits, fires, ends`, async () => {
      const [start, length, wait] = [3, 6, 2]
      let [v, count] = [0.25, 0]
      const expected = x.map((now, t) => {
        if (t < start - wait + length) v += now
        if (t >= start - wait && t < start - wait + length) v += 0.125
        const may = t >= start && t < start + length
        let s = may && v >= 0.5 ? 1 : 0
        if (may && name === 'signedIntegrateAndFire' && v < 0 && count > 0) s = -1
        v -= s * 0.5
        count += s
        return s * 0.5
      })
      expect(
        await run(
          model({ threshold: 0.5, current: 0.125, start, length, wait, initial: { v: 0.25 } }) as unknown as Cell,
          x,
        ),
      ).toEqual(expected)
      expect(new Set(expected).size).toBe(name === 'signedIntegrateAndFire' ? 3 : 2)
    })
  }

  it('burstNeuron: spikes in a row weigh 1, 2, 4, 4', async () => {
    expect(await run(burstNeuron({ threshold: 0.1, largest: 4 }), [1.55, 0, 0, 0, 0, 0, 0, 0])).toEqual(
      [0.1, 0.2, 0.4, 0.4, 0.4, 0, 0, 0].map((y): unknown => expect.closeTo(y, 12)),
    )
    expect((await run(burstNeuron({ threshold: 0.1 }), [0.15, 0, 0.06, 0])).map((y) => y > 0)).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  it('phaseNeuron: the bits of what came before its window, largest first, rounded', async () => {
    const bits = 4
    for (const value of [0, 0.03, 0.26, 0.49, 0.9375, 0.97, 3, -1]) {
      const got = await run(phaseNeuron({ bits, start: 2, initial: { v: 2 ** -(bits + 1) } }), [
        value / 2,
        value / 2,
        0,
        0,
        0,
        0,
        0,
      ])
      const whole = Math.max(0, Math.min(2 ** bits - 1, Math.floor(value * 2 ** bits + 0.5)))
      const expected = [
        0,
        0,
        ...Array.from({ length: bits }, (_, k) => (whole & (1 << (bits - 1 - k)) ? 2 ** -(k + 1) : 0)),
        0,
      ]
      expect(got).toEqual(expected.map((y): unknown => expect.closeTo(y, 9)))
    }
  })
})

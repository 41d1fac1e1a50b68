import { describe, expect, it } from 'vitest'
import { compile, isSnnError, reference, scan, variable, zerosVariable, type Tensor } from '../index.js'

const backend = reference()
const vector = (...elements: number[]) => ({ data: Float32Array.from(elements), shape: [elements.length] })

describe('a run that does not finish leaves every Variable as it was', () => {
  const setup = (check?: 'nan') => {
    const cells = [
      variable(vector(1, 2), { name: 'a' }),
      variable(vector(3), { name: 'b' }),
      zerosVariable([], { name: 'count', dtype: 'int32' }),
    ] as const
    const [a, b, count] = cells
    const run = compile(
      (xs: Tensor, divisor: Tensor) => {
        a.assign(a.read().mul(2))
        count.assign(count.read().add(1))
        const [last] = scan(
          (s: Tensor, x: Tensor) => {
            b.assign(b.read().add(1))
            return [s.mul(0.9).add(x), {}] as const
          },
          xs.at(0, 0),
          xs,
        )
        return last.sum().div(divisor)
      },
      { backend, check },
    )
    const state = async () => [
      ...(await Promise.all(cells.map(async (cell) => [...(await cell.data())]))),
      ...cells.map(({ version }) => version),
    ]
    return { run, state }
  }
  const long = { data: new Float32Array(20_000 * 500), shape: [20_000, 500] }

  it('aborted in the middle of a scan', async () => {
    const { run, state } = setup()
    const before = await state()
    const controller = new AbortController()
    const reason = new Error('stop')
    setTimeout(() => controller.abort(reason), 30)
    await expect(run.run([long, vector(1)], { signal: controller.signal })).rejects.toBe(reason)
    expect(await state()).toEqual(before)
    await run(vector2(2), vector(1))
    expect(await state()).toEqual([[2, 4], [5], [1], 1, 1, 1])
  })

  it('aborted before it starts, while an earlier run is under way', async () => {
    const { run, state } = setup()
    const controller = new AbortController()
    const first = run(vector2(3), vector(1))
    const second = run.run([vector2(3), vector(1)], { signal: controller.signal })
    controller.abort(new Error('stop'))
    await first
    await expect(second).rejects.toThrow('stop')
    expect(await state()).toEqual([[2, 4], [6], [1], 1, 1, 1])
  })

  it("failed under check: 'nan'", async () => {
    const { run, state } = setup('nan')
    const before = await state()
    const error: unknown = await run(vector2(2), vector(0)).catch((error: unknown) => error)
    expect(isSnnError(error, 'NOT_FINITE') && error.details.place).toMatch(/variable\.test\.ts:\d+:/)
    expect(await state()).toEqual(before)
  })

  it('failed while tracing', async () => {
    const cell = variable(vector(1))
    const run = compile(
      (x: Tensor) => {
        cell.assign(cell.read().add(1))
        return x.reshape([7])
      },
      { backend },
    )
    await expect(run(vector(1, 2))).rejects.toSatisfy((error) => isSnnError(error, 'SHAPE'))
    expect([...(await cell.data())]).toEqual([1])
  })
})

function vector2(T: number) {
  return { data: Float32Array.from({ length: T * 2 }, (_, i) => i + 1), shape: [T, 2] }
}

describe('a Variable', () => {
  it('keeps shape and dtype', async () => {
    const cell = variable(vector(1, 2), { name: 'weight' })
    expect(() => cell.set(vector(1))).toThrow('[weight.set] value of shape [1], expected [2]')
    expect(() => cell.set({ data: Int32Array.of(1, 2), shape: [2] })).toThrow(
      '[weight.set] value of dtype int32, expected float32',
    )
    const run = compile(
      (x: Tensor) => {
        cell.assign(x)
        return {}
      },
      { backend },
    )
    await expect(run(vector(1, 2, 3))).rejects.toThrow('[weight.assign] value of shape [3], expected [2]')
  })
  it('copies what it is given and gives', async () => {
    const { data, shape } = vector(1, 2)
    const cell = variable({ data, shape })
    data[0] = 9
    const out = await cell.data()
    out[1] = 9
    expect([...(await cell.data())]).toEqual([1, 2])
  })
})

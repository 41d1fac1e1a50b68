import { describe, expect, it } from 'vitest'
import { drawnVariables, type DrawnSpec } from './drawn-variables.js'
import { zerosVariable } from './variable-cell.js'

const uniform: DrawnSpec = { shape: [3], draw: (shape, draws) => draws.uniform(shape) }
const values = async (drawn: ReturnType<typeof drawnVariables<'a' | 'b'>>): Promise<readonly number[][]> =>
  Promise.all([drawn.variables.a, drawn.variables.b].map(async (of) => [...(await of.data())]))

describe('drawnVariables', () => {
  it('draws each from a stream of its own, the same for the same key', async () => {
    const [one, other] = [
      drawnVariables('layer', { a: uniform, b: uniform }),
      drawnVariables('layer', { a: uniform, b: uniform }),
    ]
    expect(one.variables.a.name).toBe('layer.a')
    expect((await values(one))[0]).not.toEqual((await values(one))[1])
    expect(await values(one)).toEqual(await values(other))
    one.initialize(7)
    expect(await values(one)).not.toEqual(await values(other))
    other.initialize(3)
    other.initialize(7)
    expect(await values(one)).toEqual(await values(other))
  })

  it('leaves alone what has been set, and those given', async () => {
    const given = zerosVariable([3], { name: 'mine' })
    const drawn = drawnVariables('layer', { a: uniform, b: uniform }, { b: given })
    expect(drawn.variables.b).toBe(given)
    drawn.initialize(1)
    expect((await values(drawn))[1]).toEqual([0, 0, 0])
    drawn.variables.a.set({ data: Float32Array.of(1, 2, 3), shape: [3] })
    drawn.initialize(2)
    expect((await values(drawn))[0]).toEqual([1, 2, 3])
  })
})

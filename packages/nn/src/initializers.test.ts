import { describe, expect, it } from 'vitest'
import {
  constant,
  conv2d,
  convTranspose2d,
  fanInUniform,
  kaimingNormal,
  kaimingUniform,
  linear,
  orthogonal,
  wsConv2d,
  xavierNormal,
  xavierUniform,
  type Initializer,
  type StatelessLayer,
} from './index.js'

async function drawn(layer: StatelessLayer, name = 'weight'): Promise<number[]> {
  layer.initialize!(42)
  return [...(await layer.variables[name]!.data())]
}

const mean = (data: readonly number[]) => data.reduce((a, b) => a + b) / data.length
const deviation = (data: readonly number[]) => Math.sqrt(mean(data.map((x) => (x - mean(data)) ** 2)))

describe('initializers', () => {
  // conv 8 -> 16 in 2 groups, kernel 5: fan-in 4 * 25, fan-out 16 * 25
  const [fanIn, fanOut] = [100, 400]
  const cases: readonly (readonly [name: string, initializer: Initializer, deviation: number, uniform: boolean])[] = [
    ['fanInUniform', fanInUniform, 1 / Math.sqrt(3 * fanIn), true],
    ['kaimingUniform, slope sqrt 5: the same', kaimingUniform({ slope: Math.sqrt(5) }), 1 / Math.sqrt(3 * fanIn), true],
    ['kaimingUniform', kaimingUniform(), Math.sqrt(2 / fanIn), true],
    ['kaimingUniform, fan-out', kaimingUniform({ mode: 'out' }), Math.sqrt(2 / fanOut), true],
    ['kaimingNormal', kaimingNormal(), Math.sqrt(2 / fanIn), false],
    ['kaimingNormal, slope', kaimingNormal({ slope: 1, mode: 'out' }), Math.sqrt(1 / fanOut), false],
    ['xavierUniform', xavierUniform(), Math.sqrt(2 / (fanIn + fanOut)), true],
    ['xavierUniform, gain', xavierUniform({ gain: 3 }), 3 * Math.sqrt(2 / (fanIn + fanOut)), true],
    ['xavierNormal', xavierNormal({ gain: 0.5 }), 0.5 * Math.sqrt(2 / (fanIn + fanOut)), false],
  ]
  it.each(cases)('%s', async (_, weightInit, expected, uniform) => {
    const data = await drawn(conv2d(8, 16, 5, { groups: 2, weightInit }))
    const n = data.length
    // five standard errors of the mean and (at most, for normal numbers) of the deviation
    expect(Math.abs(mean(data))).toBeLessThan((5 * expected) / Math.sqrt(n))
    expect(Math.abs(deviation(data) / expected - 1)).toBeLessThan(5 / Math.sqrt(2 * n))
    const largest = Math.max(...data.map(Math.abs))
    if (uniform) expect(largest).toBeLessThanOrEqual(Math.sqrt(3) * expected * (1 + 1e-6))
    else expect(largest).toBeGreaterThan(2.5 * expected)
  })

  it('constant, for a bias too', async () => {
    const layer = linear(3, 2, { weightInit: constant(0.25), biasInit: constant(-1) })
    expect(await drawn(layer)).toEqual(Array(6).fill(0.25))
    expect(await drawn(layer, 'bias')).toEqual([-1, -1])
  })

  it.each([[[3, 7]], [[7, 3]], [[5, 5]]])('orthogonal %j', async ([rows, columns]) => {
    const data = await drawn(linear(columns!, rows!, { weightInit: orthogonal({ gain: 2 }) }))
    const vector = (i: number) =>
      rows! <= columns!
        ? data.slice(i * columns!, (i + 1) * columns!)
        : Array.from({ length: rows! }, (_, r) => data[r * columns! + i]!)
    const count = Math.min(rows!, columns!)
    for (let i = 0; i < count; i++)
      for (let k = 0; k < count; k++)
        expect(vector(i).reduce((sum, x, j) => sum + x * vector(k)[j]!, 0)).toBeCloseTo(i === k ? 4 : 0, 5)
  })

  it('orthogonal over the kernel of a convolution', async () => {
    const data = await drawn(conv2d(2, 4, 3, { weightInit: orthogonal() }))
    for (const [i, k] of [
      [0, 0],
      [0, 3],
      [2, 1],
    ] as const) {
      expect(
        Array.from({ length: 18 }, (_, j) => data[i * 18 + j]! * data[k * 18 + j]!).reduce((a, b) => a + b),
      ).toBeCloseTo(i === k ? 1 : 0, 5)
    }
  })

  it('the default of a transposed convolution counts its fans as PyTorch does', async () => {
    const data = await drawn(convTranspose2d(32, 8, 4, { groups: 2 }))
    const bound = 1 / Math.sqrt(4 * 16)
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound)
    expect(Math.abs(deviation(data) - bound / Math.sqrt(3))).toBeLessThan(0.002)
    expect(await drawn(wsConv2d(4, 2, 3))).toEqual(await drawn(conv2d(4, 2, 3)))
  })

  it('depend on the key', async () => {
    const layer = linear(4, 4, { weightInit: kaimingNormal() })
    const first = await drawn(layer)
    layer.initialize!(43)
    expect([...(await layer.variables['weight']!.data())]).not.toEqual(first)
    expect(await drawn(layer)).toEqual(first)
  })

  it('want finite numbers', () => {
    expect(() => kaimingUniform({ slope: NaN })).toThrow('[kaimingUniform] slope NaN, expected a finite number')
    expect(() => kaimingNormal({ slope: Infinity })).toThrow('[kaimingNormal] slope')
    // @ts-expect-error no such mode
    expect(() => kaimingNormal({ mode: 'both' })).toThrow("[kaimingNormal] mode both, expected 'in' or 'out'")
    for (const make of [xavierUniform, xavierNormal, orthogonal]) expect(() => make({ gain: NaN })).toThrow('gain NaN')
    expect(() => constant(NaN)).toThrow('[constant] value NaN')
  })
})

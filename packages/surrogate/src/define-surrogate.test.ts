import { compile, grad, isSnnError, reference, type Tensor } from '@snn/tensor'
import { describe, expect, expectTypeOf, it } from 'vitest'
import golden from '../test/golden/sigmoid.json' with { type: 'json' }
import { defineSurrogate, sigmoid, type Surrogate } from './index.js'

const backend = reference()

/** The spike function and its derivative at `x`. */
async function sample(surrogate: Surrogate, x: readonly number[]): Promise<{ y: number[]; dx: number[] }> {
  const run = compile((t: Tensor) => {
    const y = surrogate.spike(t)
    return { y, dx: grad(y.sum(), t) }
  }, { backend })
  const { y, dx } = await run({ data: Float64Array.from(x), shape: [x.length] })
  return { y: [...y.data], dx: [...dx.data] }
}

const points = [-3, -1.25, -0.75, -0.25, -0.01, 0.01, 0.25, 0.75, 1.25, 3]

describe('sigmoid', () => {
  for (const [name, { x, spike, grad: derivative, primitive }] of Object.entries(golden.cases)) {
    const alpha = Number(name.replace('alpha=', ''))
    it(`equals the golden values for ${name}`, async () => {
      const hard = await sample(sigmoid({ alpha }), x)
      const smooth = await sample(sigmoid({ alpha, smooth: true }), x)
      expect(hard.y).toEqual(spike)
      for (const i of x.keys()) {
        expect(hard.dx[i]).toBeCloseTo(derivative[i]!, 9)
        expect(smooth.dx[i]).toBeCloseTo(derivative[i]!, 9)
        expect(smooth.y[i]).toBeCloseTo(primitive[i]!, 9)
      }
    })
  }

  it('has alpha 4 by default', async () => {
    expect(sigmoid()).toMatchObject({ contract: 1, name: 'sigmoid', parameters: { alpha: 4 }, smooth: false })
    expect(await sample(sigmoid(), points)).toEqual(await sample(sigmoid({ alpha: 4 }), points))
  })

  it('does not overflow far from the threshold', async () => {
    expect(await sample(sigmoid(), [-1e6, 1e6])).toEqual({ y: [0, 1], dx: [0, 0] })
  })
})

describe('every surrogate', () => {
  const square = defineSurrogate('square', {
    parameters: { width: 2 },
    primitive: (x, { width }) => x.mul(width).add(0.5).square(),
    derivative: (x, { width }) => x.mul(width).add(0.5).mul(2 * width),
  })

  for (const [name, make] of [['sigmoid', sigmoid], ['one of a user', square]] as const) {
    it(`${name}: the derivative is the finite difference of the primitive`, async () => {
      const h = 1e-6
      const { dx } = await sample(make(), points)
      const { y: above } = await sample(make({ smooth: true }), points.map((x) => x + h))
      const { y: below } = await sample(make({ smooth: true }), points.map((x) => x - h))
      for (const i of points.keys()) expect(dx[i]).toBeCloseTo((above[i]! - below[i]!) / (2 * h), 6)
    })
  }

  it('steps at zero, keeps dtype and shape', () => {
    const run = compile((t: Tensor) => sigmoid().spike(t), { backend })
    return expect(run({ data: Float32Array.of(-1e-30, 0, -0, 1e-30), shape: [2, 2] })).resolves.toMatchObject({ dtype: 'float32', shape: [2, 2], data: Float32Array.of(0, 1, 1, 1) })
  })

  it('has second derivatives: those of the derivative', async () => {
    const run = compile((t: Tensor) => grad(grad(sigmoid().spike(t).sum(), t).sum(), t), { backend })
    const { data } = await run({ data: Float64Array.of(0.3), shape: [1] })
    const s = 1 / (1 + Math.exp(-1.2))
    expect(data[0]).toBeCloseTo(16 * s * (1 - s) * (1 - 2 * s), 10)
  })

  it('refuses unknown options and parameters that are no numbers', () => {
    // @ts-expect-error there is no beta
    expect(() => sigmoid({ beta: 1 })).toThrow("[sigmoid] option beta: 1, expected a finite number for alpha, or smooth")
    // @ts-expect-error a number
    expect(() => sigmoid({ alpha: '4' })).toThrow('[sigmoid] option alpha')
    try {
      sigmoid({ alpha: NaN })
      expect.unreachable()
    } catch (error) {
      expect(isSnnError(error, 'ARGUMENT') && error.details).toEqual({ name: 'alpha', value: NaN })
    }
    expectTypeOf(square).parameter(0).toEqualTypeOf<({ readonly width?: number } & { readonly smooth?: boolean }) | undefined>()
    // @ts-expect-error the derivative may not use a parameter that is not declared
    defineSurrogate('typo', { parameters: { width: 1 }, primitive: (x) => x, derivative: (x, { widht }) => x.mul(widht) })
  })
})

import { compile, grad, isSnnError, reference, scalar, scan, variable, type Tensor } from '@snn/tensor'
import { describe, expect, expectTypeOf, it } from 'vitest'
import golden from '../test/golden/surrogates.json' with { type: 'json' }
import * as all from './index.js'
import {
  circle,
  circleDistribution,
  createSurrogate,
  defineSurrogate,
  fastSigmoid,
  learnable,
  logistic,
  multiLevel,
  poissonPass,
  qPseudoSpike,
  sigmoid,
  sparseFastSigmoid,
  spikeRateEscape,
  squarewaveFourierSeries,
  surrogateFromParts,
  surrogateParts,
  tanh,
  triangle,
  type Surrogate,
  type SurrogateOptions,
} from './index.js'

const backend = reference()
const {
  defineSurrogate: _,
  learnable: __,
  isLearnable: ___,
  isVariable: ____,
  parameterFault: _____,
  numberFault: ______,
  wrongOption: _______,
  createSurrogate: ________,
  surrogateParts: _________,
  surrogateFromParts: __________,
  isSurrogate: ___________,
  ...family
} = all

/** The spike function and its derivative at `x`. */
async function sample(surrogate: Surrogate, x: readonly number[]): Promise<{ y: number[]; dx: number[] }> {
  const run = compile(
    (t: Tensor) => {
      const y = surrogate.spike(t)
      return { y, dx: grad(y.sum(), t) }
    },
    { backend },
  )
  const { y, dx } = await run({ data: Float64Array.from(x), shape: [x.length] })
  return { y: [...y.data], dx: [...dx.data] }
}

const points = [-3.1, -1.25, -0.75, -0.25, -0.01, 0.01, 0.25, 0.75, 1.25, 3.1, 3.7]

describe('golden values', () => {
  golden.cases.forEach(({ surrogate, options, x, spike, grad: derivative, primitive }) => {
    it(`${surrogate} ${JSON.stringify(options)}`, async () => {
      const make = family[surrogate as keyof typeof family] as (options: object) => Surrogate
      const hard = await sample(make(options), x)
      const smooth = await sample(make({ ...options, smooth: true }), x)
      expect(hard.y).toEqual(spike)
      for (const i of x.keys()) {
        expect(Math.abs(hard.dx[i]! - derivative[i]!)).toBeLessThan(1e-8)
        if (primitive) expect(Math.abs(smooth.y[i]! - primitive[i]!)).toBeLessThan(1e-8)
      }
    })
  })

  it('are those of the defaults', () => {
    expect(Object.fromEntries(Object.entries(family).map(([name, make]) => [name, make().parameters]))).toEqual({
      sigmoid: { alpha: 4 },
      atan: { alpha: 2 },
      erf: { alpha: 2 },
      softSign: { alpha: 2 },
      fastSigmoid: { slope: 25 },
      superSpike: { alpha: 1 },
      piecewiseExponential: { alpha: 1 },
      spikeRateEscape: { beta: 1, slope: 25 },
      qPseudoSpike: { alpha: 2 },
      circle: { alpha: 1 },
      tanh: { k: 1 },
      piecewiseQuadratic: { alpha: 1 },
      triangle: { height: 0.3, width: 1 },
      rect: { alpha: 1 },
      piecewiseLeakyRelu: { w: 1, c: 0.01 },
      leakyKRelu: { leak: 0, k: 1 },
      deterministicPass: {},
      multiLevel: { levels: 4, margin: 0 },
      nonzeroSignLogAbs: { alpha: 1 },
      logTailedRelu: { alpha: 0 },
      sparseFastSigmoid: { slope: 25, cutoff: 1 },
      poissonPass: { seed: 0 },
      logistic: { k: 1, seed: 0 },
      circleDistribution: { alpha: 1, seed: 0 },
      fakeNumericalGradient: { alpha: 0.3 },
      s2nn: { alpha: 4, beta: 1 },
      squarewaveFourierSeries: { n: 2, period: 8 },
    })
  })
})

describe('neighbours', () => {
  it('fastSigmoid is 1 / (1 + slope |x|)^2', async () => {
    expect((await sample(fastSigmoid({ slope: 10 }), [-0.1, 0, 0.3])).dx.map((d) => Number(d.toFixed(10)))).toEqual([
      0.25, 1, 0.0625,
    ])
  })

  it('circle, tanh, triangle and spikeRateEscape equal their formulas', async () => {
    const [x] = [0.4]
    expect((await sample(circle({ alpha: 0.5 }), [x])).dx[0]).toBeCloseTo(0.125 / 0.41 ** 1.5, 12)
    expect((await sample(tanh({ k: 2 }), [x])).dx[0]).toBeCloseTo(1 - Math.tanh(0.8) ** 2, 12)
    expect((await sample(triangle(), [x, 1.1])).dx.map((d) => Number(d.toFixed(10)))).toEqual([0.18, 0])
    expect((await sample(spikeRateEscape({ slope: 2 }), [x])).dx[0]).toBeCloseTo(2 * Math.exp(-0.6), 12)
  })

  it('sparseFastSigmoid has a gradient above its cutoff alone', async () => {
    expect(
      (await sample(sparseFastSigmoid({ slope: 10, cutoff: -0.2 }), [-0.3, -0.1, 0.3])).dx.map((d) =>
        Number(d.toFixed(10)),
      ),
    ).toEqual([0, 0.25, 0.0625])
    expect((await sample(sparseFastSigmoid(), [0.5, 1.5])).dx).toEqual([0, 1 / 38.5 ** 2])
  })

  it('multiLevel counts spikes, ties to even, with a gradient in its window', async () => {
    expect(await sample(multiLevel(), [-0.5, 0.5, 1.5, 2.5, 3.2, 4.5])).toEqual({
      y: [0, 0, 2, 2, 3, 4],
      dx: [0, 1, 1, 1, 1, 0],
    })
    expect((await sample(multiLevel({ margin: 0.5 }), [-0.25, 4.25, 4.75])).dx).toEqual([1, 1, 0])
  })
})

describe('random spikes', () => {
  const n = 4000
  const draw = (seed: number, shape: readonly number[] = [n]) => {
    const surrogate = poissonPass({ seed })
    return compile(
      (x: Tensor) => {
        const y = surrogate.spike(x)
        return { y, dx: grad(y.mul(2).sum(), x) }
      },
      { backend },
    ).bind(null, { data: Float64Array.from({ length: n }, (_, i) => (i < n / 2 ? 0.25 : 1)), shape })
  }

  it('spikes with probability x, straight through', async () => {
    const { y, dx } = await draw(1)()
    expect(y.data.slice(n / 2).every((s) => s === 1)).toBe(true)
    const rate = [...y.data].slice(0, n / 2).reduce((sum, s) => sum + s, 0) / (n / 2)
    expect(Math.abs(rate - 0.25)).toBeLessThan(0.04)
    expect(dx.data.every((d) => d === 2)).toBe(true)
  })

  it('draws anew in every call and step, and the same again for the same seed', async () => {
    const [one, two] = [draw(7), draw(7)]
    const first = [...(await one()).y.data]
    const second = [...(await one()).y.data]
    expect(second).not.toEqual(first)
    expect([...(await two()).y.data]).toEqual(first)
    const surrogate = poissonPass()
    const steps = compile(
      (x: Tensor) => scan((state: Tensor, now: Tensor) => [state, surrogate.spike(now)] as const, scalar(0), x)[1],
      { backend },
    )
    const { data } = await steps({ data: new Float64Array(64).fill(0.5), shape: [2, 32] })
    expect(data.slice(0, 32)).not.toEqual(data.slice(32))
  })

  it('logistic and circleDistribution spike at their rates, with the derivative of the smooth function', async () => {
    for (const [make, rate, derivative] of [
      [logistic, (x: number) => (1 + Math.tanh(x)) / 2, (x: number) => 1 - Math.tanh(x) ** 2],
      [circleDistribution, (x: number) => (1 + x / Math.hypot(x, 1)) / 2, (x: number) => Math.hypot(x, 1) ** -3],
    ] as const) {
      for (const x of [-0.8, 0.3]) {
        const { y, dx } = await sample(make({ seed: 3 }), Array<number>(n).fill(x))
        expect(Math.abs(y.reduce((a, b) => a + b) / n - rate(x))).toBeLessThan(0.03)
        for (const d of dx) expect(d).toBeCloseTo(derivative(x), 12)
      }
    }
  })

  it('refuses other options', () => {
    // @ts-expect-error no such option
    expect(() => poissonPass({ rate: 1 })).toThrow('[poissonPass] option rate')
    expect(() => poissonPass({ seed: 0.5 })).toThrow('[poissonPass] option seed: 0.5, expected a whole number')
  })
})

describe('every surrogate', () => {
  const square = defineSurrogate('square', {
    parameters: { width: 2 },
    primitive: (x, { width }) => x.mul(width).add(0.5).square(),
    derivative: (x, { width }) => x.mul(width).add(0.5).mul(width.mul(2)),
  })

  for (const [name, make] of Object.entries({ ...family, 'one of a user': square }) as [
    string,
    (options?: { smooth?: boolean }) => Surrogate,
  ][]) {
    it(`${name}: the derivative is the finite difference of the primitive`, async () => {
      const h = 1e-6
      const { dx } = await sample(make(), points)
      const { y: above } = await sample(
        make({ smooth: true }),
        points.map((x) => x + h),
      )
      const { y: below } = await sample(
        make({ smooth: true }),
        points.map((x) => x - h),
      )
      for (const i of points.keys()) expect(dx[i]).toBeCloseTo((above[i]! - below[i]!) / (2 * h), 4)
    })
  }

  it('does not overflow far from the threshold', async () => {
    expect(await sample(sigmoid(), [-1e6, 1e6])).toEqual({ y: [0, 1], dx: [0, 0] })
    for (const make of Object.values(family))
      expect((await sample(make(), [-1e6, 1e6])).dx.every(Number.isFinite)).toBe(true)
  })

  it('steps at zero, keeps dtype and shape', () => {
    const run = compile((t: Tensor) => sigmoid().spike(t), { backend })
    return expect(run({ data: Float32Array.of(-1e-30, 0, -0, 1e-30), shape: [2, 2] })).resolves.toMatchObject({
      dtype: 'float32',
      shape: [2, 2],
      data: Float32Array.of(0, 1, 1, 1),
    })
  })

  it('has second derivatives: those of the derivative', async () => {
    const run = compile((t: Tensor) => grad(grad(sigmoid().spike(t).sum(), t).sum(), t), { backend })
    const { data } = await run({ data: Float64Array.of(0.3), shape: [1] })
    const s = 1 / (1 + Math.exp(-1.2))
    expect(data[0]).toBeCloseTo(16 * s * (1 - s) * (1 - 2 * s), 10)
  })

  it('refuses unknown options and parameters outside of their intervals', () => {
    // @ts-expect-error there is no beta
    expect(() => sigmoid({ beta: 1 })).toThrow('[sigmoid] option beta: 1, expected one of alpha, smooth. Correct it.')
    // @ts-expect-error a number
    expect(() => sigmoid({ alpha: '4' })).toThrow(
      '[sigmoid] option alpha: 4, expected a finite number above 0, a Tensor, a Variable or learnable(..). Correct it.',
    )
    // @ts-expect-error true or false
    expect(() => sigmoid({ smooth: 1 })).toThrow('[sigmoid] option smooth: 1, expected true or false')
    expect(() => sigmoid({ alpha: 0 })).toThrow('[sigmoid] option alpha: 0, expected a finite number above 0')
    expect(() => sigmoid({ alpha: learnable(-1) })).toThrow(
      '[sigmoid] option alpha: {"contract":1,"learnable":-1,"per":"layer"}, expected a finite number above 0',
    )
    expect(() => sigmoid({ alpha: learnable(1, { per: 'channel' }) })).toThrow("expected a learnable per 'layer'")
    expect(() => qPseudoSpike({ alpha: 1 })).toThrow('[qPseudoSpike] option alpha: 1, expected a finite number above 1')
    expect(() => squarewaveFourierSeries({ n: 2.5 })).toThrow(
      '[squarewaveFourierSeries] option n: 2.5, expected a whole number',
    )
    expect(() => multiLevel({ levels: 0 })).toThrow('[multiLevel] option levels: 0, expected a finite number above 0')
    try {
      sigmoid({ alpha: NaN })
      expect.unreachable()
    } catch (error) {
      expect(isSnnError(error, 'ARGUMENT') && error.details).toEqual({ name: 'alpha', value: NaN })
    }
    expectTypeOf(square).parameter(0).toEqualTypeOf<SurrogateOptions<'width'> | undefined>()
    defineSurrogate('typo', {
      parameters: { width: 1 },
      primitive: (x) => x,
      // @ts-expect-error the derivative may not use a parameter that is not declared
      derivative: (x, { widht }) => x.mul(widht),
    })
  })
})

describe('createSurrogate', () => {
  it('makes every spike function again from its name and parameters', async () => {
    for (const [name, make] of Object.entries(family)) {
      const { parameters } = make()
      const changed = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, (value as number) + 1]))
      expect(createSurrogate(name, changed)).toMatchObject({ name, parameters: changed, smooth: false })
    }
    expect(await sample(createSurrogate('sigmoid', { alpha: 2 }), points)).toEqual(
      await sample(sigmoid({ alpha: 2 }), points),
    )
  })

  it('refuses names and parameters that there are not', () => {
    for (const name of ['sigmoyd', 'toString', '__proto__', 'defineSurrogate'])
      expect(() => createSurrogate(name)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
    expect(() => createSurrogate('sigmoid', { beta: 1 })).toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
  })

  it('takes Variables, learnables and the count of draws from the layer that carries them', async () => {
    const alpha = variable({ data: Float32Array.of(3), shape: [] }, { name: 'alpha' })
    for (const original of [sigmoid({ alpha }), sigmoid({ alpha: learnable(2) }), logistic({ seed: 4 })]) {
      const { config, variables, trainable } = surrogateParts(original, 'own')
      const again = surrogateFromParts(JSON.parse(JSON.stringify(config)) as typeof config, variables, 'own')!
      expect(surrogateParts(again, 'own')).toEqual({ config, variables, trainable })
      for (const [name, value] of Object.entries(original.variables)) expect(again.variables[name]).toBe(value)
    }
    const learned = sigmoid({ alpha: learnable(2) })
    learned.variables['alpha']!.set({ data: Float32Array.of(3), shape: [] })
    const { config, variables } = surrogateParts(learned)
    expect(await sample(surrogateFromParts(config, variables)!, points)).toEqual(
      await sample(sigmoid({ alpha: 3 }), points),
    )
    expect(surrogateFromParts({}, {})).toBeUndefined()
    // a traced value is in neither
    expect(() => surrogateFromParts({ surrogate: { name: 'sigmoid' } }, {})).toThrow(
      expect.objectContaining({ code: 'ARGUMENT' }),
    )
  })
})

describe('learnable parameters', () => {
  const x = [-1.3, -0.4, 0.2, 0.9]
  /** Every parameter of every family that is smooth in it: away from the kinks of the primitive. */
  const cases = Object.entries(family).flatMap(([name, make]) =>
    Object.entries(make().parameters)
      .filter(([key]) => !['seed', 'n', 'levels'].includes(key))
      .map(([key, value]) => [name, key, value as number, make as (options: object) => Surrogate] as const),
  )

  for (const [name, key, value, make] of cases) {
    it(`${name}: the gradient of ${key} is the finite difference of the primitive, spiking and smooth`, async () => {
      const at = value + 0.05
      const total = async (p: number) =>
        (await sample(make({ [key]: p, smooth: true }), x)).y.reduce((sum, y, i) => sum + y * (i + 1), 0)
      const expected = ((await total(at + 1e-5)) - (await total(at - 1e-5))) / 2e-5
      for (const smooth of [false, true]) {
        const surrogate = make({ [key]: learnable(at), smooth })
        const run = compile(
          (t: Tensor, weights: Tensor) => {
            const y = surrogate.spike(t)
            return grad(y.mul(weights).sum(), [surrogate.variables[key]!, t])
          },
          { backend },
        )
        const [parameter] = await run(
          { data: Float64Array.from(x), shape: [4] },
          { data: Float64Array.of(1, 2, 3, 4), shape: [4] },
        )
        expect(surrogate.trainable).toEqual([key])
        expect(surrogate.parameters[key]).toEqual({ contract: 1, learnable: at, per: 'layer' })
        expect(Math.abs(parameter.data[0]! - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)))
      }
    })
  }

  it('in a time loop a learnable has the gradient of the steps added up, and nothing flows through its own copies', async () => {
    const surrogate = sigmoid({ alpha: learnable(2) })
    const run = compile(
      (t: Tensor) => {
        const [, y] = scan(
          (v: Tensor, now: Tensor) => {
            const h = v.add(now)
            const s = surrogate.spike(h.sub(1))
            return [h.sub(s), s] as const
          },
          scalar(0, 'float64').broadcastTo([1]),
          t,
        )
        return grad(y.at(0, 0).sum(), surrogate.variables['alpha']!)
      },
      { backend },
    )
    const { data } = await run({ data: Float64Array.of(0.6, 0.7, 0.9), shape: [3, 1] })
    const s = 1 / (1 + Math.exp(0.8))
    expect(data[0]).toBeCloseTo(-0.4 * s * (1 - s), 6)
  })

  it('takes Variables and tensors, in the dtype of x', async () => {
    const alpha = variable({ data: Float32Array.of(2), shape: [] }, { name: 'alpha' })
    const [fixed, owned, traced] = await Promise.all(
      [sigmoid({ alpha: 2 }), sigmoid({ alpha }), sigmoid({ alpha: scalar(2) })].map((surrogate) =>
        sample(surrogate, x),
      ),
    )
    expect(owned).toEqual(fixed)
    expect(traced).toEqual(fixed)
    expect(sigmoid({ alpha })).toMatchObject({ variables: { alpha }, trainable: [], parameters: {} })
  })
})

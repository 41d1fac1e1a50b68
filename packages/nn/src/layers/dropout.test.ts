import { compile, grad, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { at, inDouble, values } from '../../test/values.js'
import {
  dropConnectLinear,
  dropout,
  dropout2d,
  input,
  linear,
  loadStateDict,
  relu,
  sampleShapes,
  sequential,
  stateDict,
  type Layer,
  type Network,
} from '../index.js'

const backend = reference()
const ones = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape })
const total = (data: Iterable<number>): number => [...data].reduce((a, b) => a + b, 0)
const trainer = (net: Network) => compile((x: Tensor) => net.forward(x, { training: true }), { backend })

describe('dropout', () => {
  it('drops a share p, the same at all steps, and keeps the mean', async () => {
    for (const p of [0.2, 0.5, 0.9]) {
      const [T, n] = [3, 20_000]
      const { data } = await trainer(sequential(dropout(p)))(ones(T, 1, n))
      const dropped = data.slice(0, n).filter((y) => y === 0).length / n
      // five standard deviations
      expect(Math.abs(dropped - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n))
      for (const y of data) if (y !== 0) expect(y).toBeCloseTo(1 / (1 - p), 5)
      expect(data.slice(n, 2 * n)).toEqual(data.slice(0, n))
      expect(data.slice(2 * n)).toEqual(data.slice(0, n))
    }
  })

  it('has a mask of its own in every training step, layer, sample and seed, and the same again from the start', async () => {
    const build = (seed = 0) => sequential(input([40]), dropout(), relu(), dropout()).initialize({ seed })
    const masks = (net: Network) => {
      const step = compile(
        (x: Tensor) => net.run('sequence', x, { training: true, record: ['dropout*.output'] }).recorded,
        { backend },
      )
      return async () => Object.values(await step(ones(1, 2, 40))).map(({ data }) => data.map(Math.sign).join(''))
    }
    const net = build()
    const [first, again, other] = [masks(net), masks(build()), masks(build(1))]
    const one = await first()
    const two = await first()
    expect(await again()).toEqual(one)
    expect(await again()).toEqual(two)
    expect(new Set([...one, ...two, ...(await other())]).size).toBe(6)
    expect(one[0]!.slice(0, 40)).not.toBe(one[0]!.slice(40))
    expect((await stateDict(net))['dropout1.counter']!.data).toEqual(Int32Array.of(2))
  })

  it('goes on from a loaded state dict', async () => {
    const build = () => sequential(dropout())
    const [net, loaded] = [build(), build()]
    const step = trainer(net)
    await step(ones(1, 1, 50))
    loadStateDict(loaded, await stateDict(net))
    expect((await trainer(loaded)(ones(1, 1, 50))).data).toEqual((await step(ones(1, 1, 50))).data)
  })

  it('draws twice for two runs within one training step', async () => {
    const net = sequential(dropout())
    const { a, b } = await compile(
      (x: Tensor) => ({ a: net.forward(x, { training: true }), b: net.forward(x, { training: true }) }),
      { backend },
    )(ones(1, 1, 50))
    expect(a.data).not.toEqual(b.data)
  })

  it('does nothing outside of training, nor with p = 0', async () => {
    const x = values([2, 3, 4])
    expect((await compile((t: Tensor) => sequential(dropout()).forward(t), { backend })(x)).data).toEqual(x.data)
    expect((await trainer(sequential(dropout(0)))(x)).data).toEqual(x.data)
  })

  it('dropout2d drops whole channels', async () => {
    const { data } = await trainer(sequential(dropout2d(0.5)))(ones(2, 8, 16, 3, 3))
    const sums = Array.from({ length: 2 * 8 * 16 }, (_, c) => total(data.slice(c * 9, c * 9 + 9)))
    expect(new Set(sums)).toEqual(new Set([0, 18]))
    expect(sums.slice(0, 128)).toEqual(sums.slice(128))
  })

  it('wants a probability', () => {
    for (const p of [-0.1, 1, NaN]) {
      expect(() => dropout(p)).toThrow(`[dropout] p ${p}, expected a probability of at least 0 and below 1`)
      expect(() => dropout2d(p)).toThrow('[dropout2d] p')
      expect(() => dropConnectLinear(2, 2, { p })).toThrow('[dropConnectLinear] p')
    }
  })
})

describe('dropConnectLinear', () => {
  const arrays = { weight: { shape: [2, 3], data: [1, -2, 0.5, 3, 0.25, -1] }, bias: { shape: [2], data: [0.5, -1] } }
  const fixed = (options: Parameters<typeof dropConnectLinear>[2]) =>
    sequential(inDouble<Layer>(dropConnectLinear(3, 2, options), arrays))

  it('drops connections of each sample and step on its own; invariant: the same at all steps', async () => {
    for (const invariant of [false, true]) {
      const net = sequential(
        inDouble<Layer>(dropConnectLinear(1, 1, { invariant, activation: 'none', bias: false }), {
          weight: { shape: [1, 1], data: [1] },
        }),
      )
      const [T, N] = [20, 500]
      const { data } = await trainer(net)(ones64(T, N, 1))
      const share = total(data) / data.length
      expect(Math.abs(share - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / (invariant ? N : T * N)))
      const steps = Array.from({ length: T }, (_, t) => data.slice(t * N, t * N + N).join(''))
      expect(new Set(steps).size).toBe(invariant ? 1 : T)
      const after = (await stateDict(net))['dropConnectLinear1.counter']!.data[0]
      expect(after).toBe(invariant ? 1 : T)
    }
  })

  it('drops nothing with p = 0: a linear layer and a ReLU', async () => {
    const x = values([2, 3, 3])
    for (const training of [true, false]) {
      const { data } = await compile((t: Tensor) => fixed({ p: 0 }).forward(t, { training }), { backend })(x)
      data.forEach((y, i) => {
        const [row, o] = [Math.floor(i / 2), i % 2]
        const u =
          arrays.bias.data[o]! +
          [0, 1, 2].reduce((sum, k) => sum + arrays.weight.data[o * 3 + k]! * x.data[row * 3 + k]!, 0)
        expect(y).toBeCloseTo(Math.max(u, 0), 8)
      })
    }
  })

  it('outside of training gives what many trainings give in the mean', async () => {
    const x = values([1, 1, 3], 3)
    const many = { data: Float64Array.from({ length: 3 * 20_000 }, (_, i) => x.data[i % 3]!), shape: [1, 20_000, 3] }
    const net = fixed({ p: 0.3, activation: 'none' })
    const sampled = await trainer(net)(many)
    const expected = await compile((t: Tensor) => net.forward(t), { backend })(x)
    for (const o of [0, 1]) {
      const mean = total(sampled.data.filter((_, i) => i % 2 === o)) / 20_000
      expect(Math.abs(mean - at(expected, 0, 0, o))).toBeLessThan(0.05)
    }
  })

  it('outside of training rectifies the normal distribution, by quadrature', async () => {
    const p = 0.3
    const x = values([1, 1, 3], 3)
    const { data } = await compile((t: Tensor) => fixed({ p }).forward(t), { backend })(x)
    data.forEach((y, o) => {
      const w = arrays.weight.data.slice(o * 3, o * 3 + 3)
      const mean = (1 - p) * (arrays.bias.data[o]! + w.reduce((sum, v, k) => sum + v * x.data[k]!, 0))
      const s = Math.sqrt(
        p * (1 - p) * (arrays.bias.data[o]! ** 2 + w.reduce((sum, v, k) => sum + (v * x.data[k]!) ** 2, 0)),
      )
      let sum = 0
      for (let z = -8; z < 8; z += 1e-3)
        sum += Math.max(mean + s * z, 0) * Math.exp((-z * z) / 2) * (1e-3 / Math.sqrt(2 * Math.PI))
      expect(y).toBeCloseTo(sum, 4)
    })
  })

  it('masks that are drawn are not those that drew the weights', async () => {
    const net = sequential(dropConnectLinear(50, 1, { activation: 'none', bias: false }))
    const weight = (await stateDict(net))['dropConnectLinear1.weight']!.data
    const dw = await compile((x: Tensor) => grad(net.forward(x, { training: true }).sum(), net.parameters()), {
      backend,
    })(ones(1, 1, 50))
    const kept = dw['dropConnectLinear1.weight']!.data
    const positive = [...kept].filter((k, i) => k === 1 && weight[i]! >= 0).length
    expect(positive).toBeGreaterThan(0)
    expect(positive).toBeLessThan(total(kept))
  })

  it('wants sizes and an activation it knows', () => {
    expect(() => dropConnectLinear(0, 2)).toThrow('[dropConnectLinear] inputs 0')
    // @ts-expect-error no such activation
    expect(() => dropConnectLinear(2, 2, { activation: 'tanh' })).toThrow(
      "[dropConnectLinear] activation tanh, expected 'relu' or 'none'",
    )
    expect(() => sampleShapes(sequential(input([4]), dropConnectLinear(3, 2)))).toThrow(
      '[dropConnectLinear] input of shape [1,4], expected [1,3]',
    )
  })

  it('draws its weights as a linear layer does', async () => {
    const [own, plain] = [dropConnectLinear(4, 3), linear(4, 3)]
    for (const layer of [own, plain]) layer.initialize!(7)
    expect(await own.variables['weight']!.data()).toEqual(await plain.variables['weight']!.data())
  })
})

function ones64(...shape: number[]) {
  return { data: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape }
}

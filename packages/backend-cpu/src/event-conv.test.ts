import {
  compile,
  conv,
  reference,
  scan,
  sizeOf,
  variable,
  zeros,
  type ConvOptions,
  type Shape,
  type Tensor,
} from '@snn/tensor'
import { expect, it } from 'vitest'
import { countingBackend } from '../test/counting-backend.js'
import { describeMemories } from '../test/memories.js'

/** Numbers in [-1, 1) that look random, of which so many are not zero as `density(i)` says. */
function sparse(shape: Shape, density: (i: number) => number): { data: Float32Array<ArrayBuffer>; shape: Shape } {
  let state = 12345
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  return {
    data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => (next() < density(i) ? 2 * next() - 1 : 0)),
    shape,
  }
}

/** A layer of a spiking network: a convolution and neurons behind it. xs [T, N, C, H, W]. */
function layer(filters: number, channels: number, kernel: readonly number[], options: ConvOptions, withBias = true) {
  const weight = variable(
    sparse([filters, channels, ...kernel], () => 1),
    { name: 'weight' },
  )
  const bias = variable(
    sparse([filters, ...kernel.map(() => 1)], () => 1),
    { name: 'bias' },
  )
  const currents = (x: Tensor): Tensor =>
    withBias ? conv(x, weight.read(), options).add(bias.read()) : conv(x, weight.read(), options)
  return {
    weight,
    run: (xs: Tensor) => {
      const rank = xs.shape.length - 1
      const shape = currents(xs).shape.slice(-rank)
      const [v, out] = scan(
        (now: Tensor, x: Tensor) => {
          const next = now.add(currents(x))
          return [next, next] as const
        },
        zeros(shape),
        xs,
      )
      return [v, out] as const
    },
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

describeMemories((create) => {
  /** Compares with the reference, twice; gives how often ONNX Runtime ran. */
  async function expectEqual(
    run: (xs: Tensor) => readonly [Tensor, Tensor],
    xs: { data: Float32Array<ArrayBuffer>; shape: Shape },
    threads: number,
  ): Promise<number> {
    const { own, counts } = await countingBackend({ threads, eventDensity: 0.3 }, create)
    const [ours, exact] = [compile(run, { backend: own }), compile(run, { backend: reference() })]
    const first = await ours(xs)
    const { runs } = counts
    const wanted = await exact(xs)
    first.forEach(({ data }, i) => expect(largestDifference(data, wanted[i]!.data)).toBeLessThan(2e-4))
    const again = await ours(xs)
    again.forEach(({ data }, i) => expect(data).toEqual(first[i]!.data))
    await ours.dispose()
    await own.dispose()
    return runs
  }

  const cases: readonly {
    readonly x: Shape
    readonly filters: number
    readonly kernel: readonly number[]
    readonly options: ConvOptions
  }[] = [
    { x: [4, 3, 8, 12, 12], filters: 16, kernel: [3, 3], options: { padding: 1 } },
    {
      x: [4, 2, 6, 11, 9],
      filters: 20,
      kernel: [3, 2],
      options: {
        stride: 2,
        padding: [
          [0, 1],
          [1, 0],
        ],
      },
    },
    { x: [5, 3, 8, 10, 10], filters: 8, kernel: [3, 3], options: { dilation: 2, groups: 2 } },
    { x: [4, 2, 5, 40], filters: 7, kernel: [5], options: { padding: 2 } },
  ]
  for (const { x, filters, kernel, options } of cases) {
    const channels = x.at(-kernel.length - 1)! / (options.groups ?? 1)
    for (const [called, density, threads] of [
      ['nothing', 0, 1],
      ['few', 0.05, 2],
      ['few', 0.05, 1],
      ['half', 0.5, 2],
    ] as const) {
      it(`x ${JSON.stringify(x)}, kernel ${JSON.stringify(kernel)}, ${called} not zero, ${threads} threads`, async () => {
        const { run } = layer(filters, channels, kernel, options)
        const runs = await expectEqual(
          run,
          sparse(x, () => density),
          threads,
        )
        if (density === 0.5) expect(runs).toBeGreaterThan(0)
        else expect(runs).toBe(0)
      })
    }
  }

  it('more images and fewer are dense from run to run', async () => {
    // 2^25 multiply-accumulates are a group: four images
    const shape = [4, 4, 32, 32, 32]
    const { run } = layer(32, 32, [3, 3], { padding: 1 })
    const { own } = await countingBackend({ threads: 2 }, create)
    const [ours, exact] = [compile(run, { backend: own }), compile(run, { backend: reference() })]
    for (const dense of [1, 3, 2, 4]) {
      const image = sizeOf(shape) / 16
      const xs = sparse(shape, (i) => (i < 4 * dense * image ? 0.6 : 0.02))
      const [mine, wanted] = [await ours(xs), await exact(xs)]
      mine.forEach(({ data }, i) => expect(largestDifference(data, wanted[i]!.data)).toBeLessThan(1e-3))
    }
    await ours.dispose()
    await own.dispose()
  })

  for (const [density, threads, isDense] of [
    [0, 1, false],
    [0.1, 2, false],
    [0.6, 2, true],
  ] as const) {
    it(`products with matrices, ${100 * density} % not zero, ${threads} threads`, async () => {
      const weight = variable(
        sparse([40, 300], () => 1),
        { name: 'weight' },
      )
      const bias = variable(
        sparse([40], () => 1),
        { name: 'bias' },
      )
      const run = (xs: Tensor) =>
        scan(
          (v: Tensor, x: Tensor) => {
            const next = v.add(x.matmul(weight.read().transpose()).add(bias.read()).mul(0.1))
            return [next, next] as const
          },
          zeros([30, 40]),
          xs,
        )
      expect(
        await expectEqual(
          run,
          sparse([4, 30, 300], () => density),
          threads,
        ),
      ).toBe(isDense ? 1 : 0)
    })
  }

  it('products with matrices that are no transposes', async () => {
    const weight = variable(
      sparse([300, 40], () => 1),
      { name: 'weight' },
    )
    const run = (xs: Tensor) =>
      scan(
        (v: Tensor, x: Tensor) => {
          const next = v.add(x.matmul(weight.read()).mul(0.1))
          return [next, next] as const
        },
        zeros([30, 40]),
        xs,
      )
    expect(
      await expectEqual(
        run,
        sparse([4, 30, 300], () => 0.1),
        1,
      ),
    ).toBe(0)
  })

  it('choose for groups of images by their values alone', async () => {
    const images = 57 // as many as make a group
    // steps 0 and 2 are dense
    const xs = sparse([4, images, 32, 8, 8], (i) => (Math.floor(i / (images * 32 * 8 * 8)) % 2 === 0 ? 0.7 : 0.02))
    expect(await expectEqual(layer(32, 32, [3, 3], { padding: 1 }, false).run, xs, 2)).toBe(2)
  })

  it('follow their weights', async () => {
    const backend = await create({ threads: 1 })
    const { weight, run } = layer(8, 4, [3, 3], { padding: 1 })
    const compiled = compile(run, { backend })
    const exact = compile(run, { backend: reference() })
    const xs = sparse([4, 2, 4, 8, 8], () => 0.1)
    for (let factor = 1; factor < 6; factor++) {
      weight.set({ data: new Float32Array(8 * 4 * 9).fill(factor), shape: weight.shape })
      const [ours, wanted] = [await compiled(xs), await exact(xs)]
      expect(largestDifference(ours[1].data, wanted[1].data)).toBeLessThan(1e-3)
    }
    await backend.dispose()
  })

  it('work inside of loops', async () => {
    const weight = variable(
      sparse([8, 8, 3, 3], () => 0.3),
      { name: 'recurrent' },
    )
    const run = (xs: Tensor) =>
      scan(
        (s: Tensor, x: Tensor) => {
          const next = conv(s, weight.read(), { padding: 1 }).add(x).ge(1.5).cast('float32')
          return [next, next] as const
        },
        zeros(xs.shape.slice(1)),
        xs,
      )
    const xs = sparse([6, 2, 8, 9, 9], () => 0.5)
    xs.data.forEach((value, i) => (xs.data[i] = value * 3))
    await expectEqual(run, xs, 1)
  })
})

import {
  compile,
  isSnnError,
  placeholder,
  reference,
  scan,
  tensor,
  uniform,
  variable,
  zeros,
  type Backend,
  type Tensor,
} from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CpuBackend } from './cpu.js'
import { countingBackend } from '../test/counting-backend.js'
import { inForm } from '../test/kernel-form.js'
import { cpu } from './index.js'

const vector = (...data: number[]) => ({ data: Float32Array.from(data), shape: [data.length] })

let backend: Backend
let plain: Backend
beforeAll(async () => {
  backend = await cpu(inForm)
  plain = await cpu({ kernels: false })
})
afterAll(() => Promise.all([backend.dispose(), plain.dispose()]))

describe('Variables', () => {
  it('that are only read are constants, built anew when they change, and fed after two rebuilds', async () => {
    const { own, counts } = await countingBackend()
    const w = variable(vector(1, 2), { name: 'w' })
    const run = compile((x: Tensor) => x.reshape([1, 2]).matmul(w.read().reshape([2, 1])), { backend: own })
    for (const [factor, created] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 4],
      [6, 4],
    ] as const) {
      w.set(vector(factor, factor))
      expect([...(await run(vector(10, 20))).data]).toEqual([30 * factor])
      expect(counts.created).toBe(created)
      expect(counts.open).toBe(1)
    }
    await run.dispose()
    expect(counts.open).toBe(0)
    await own.dispose()
  })

  it('that are assigned live in two places that change roles', async () => {
    const w = variable(vector(0, 0), { name: 'w' })
    const { values } = backend as CpuBackend
    const step = compile((x: Tensor) => w.assign(w.read().add(x)), { backend })
    const places = new Set<number>()
    for (let i = 1; i <= 6; i++) {
      await step(vector(1, 2))
      expect([...(await w.data())]).toEqual([i, 2 * i])
      places.add((await values.resident(w)).offset)
    }
    expect(places.size).toBe(2)
    await step.dispose()
  })

  it('may be set between runs, and outlive the backend', async () => {
    const { own } = await countingBackend()
    const w = variable(vector(0, 0), { name: 'w' })
    const step = compile(() => w.assign(w.read().add(1)), { backend: own })
    await step()
    w.set(vector(10, 20))
    await step()
    await step()
    expect([...(await w.data())]).toEqual([12, 22])
    await own.dispose()
    expect([...(await w.data())]).toEqual([12, 22])
  })

  it('keep their values when a run is aborted inside a loop', async () => {
    const w = variable(vector(1), { name: 'w' })
    const controller = new AbortController()
    const run = compile(
      (x: Tensor) => {
        const [last] = scan(
          (s: Tensor, _: [], t: Tensor) =>
            [s.matmul(s.transpose()).matmul(s).mul(0.1).add(t.cast('float32')), []] as const,
          x.reshape([1, 1]),
          [],
          { length: 5000 },
        )
        w.assign(last.reshape([1]))
        return last
      },
      { backend },
    )
    const pending = run.run([vector(1)], { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 5)
    await expect(pending).rejects.toThrow('enough')
    expect([...(await w.data())]).toEqual([1])
    await run.dispose()
  })

  it('are read by the bodies of loops as constants of their sessions', async () => {
    const w = variable({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }, { name: 'w' })
    const run = compile(
      (x: Tensor) =>
        scan((s: Tensor, xt: Tensor) => [s.add(xt.matmul(w.read().transpose())), []] as const, zeros([1, 2]), x)[0],
      { backend },
    )
    const x = { data: Float32Array.of(1, 0, 0, 1), shape: [2, 1, 2] }
    expect([...(await run(x)).data]).toEqual([3, 7])
    w.set({ data: Float32Array.of(10, 20, 30, 40), shape: [2, 2] })
    expect([...(await run(x)).data]).toEqual([30, 70])
    await run.dispose()
  })
})

describe('sessions', () => {
  it('are shared by equal groups', async () => {
    const { own, counts } = await countingBackend()
    const half = variable({ data: Float32Array.of(0.5, 0, 0, 0, 0.5, 0, 0, 0, 0.5), shape: [3, 3] })
    const loop = (x: Tensor) =>
      scan(
        (s: Tensor, xt: Tensor) => [s.matmul(half.read()).add(xt), []] as const,
        zeros([1, 3]),
        x.reshape([2, 1, 3]),
      )[0]
    const run = compile((x: Tensor, y: Tensor) => [loop(x), loop(y)], { backend: own })
    const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] }
    const [a, b] = await run(x, x)
    expect([...a!.data]).toEqual([4.5, 6, 7.5])
    expect([...b!.data]).toEqual([4.5, 6, 7.5])
    expect(counts.open).toBe(2) // the zeros, and one for both bodies
    await run.dispose()
    expect(counts.open).toBe(0)
    await own.dispose()
  })

  it('are released when the backend is disposed of', async () => {
    const { own, counts } = await countingBackend()
    const run = compile((x: Tensor) => x.reshape([1, 1]).matmul(x.reshape([1, 1])), { backend: own })
    await run(vector(1))
    expect(counts.open).toBe(1)
    await own.dispose()
    expect(counts.open).toBe(0)
    await expect(run(vector(1))).rejects.toMatchObject({ code: 'DISPOSED' })
    await run.dispose()
    expect(counts.open).toBe(0)
  })

  it('are not created for a program that is refused', async () => {
    const { own, counts } = await countingBackend({ memoryLimit: 1000 })
    const wide = compile(
      (x: Tensor) =>
        x
          .cast('float64')
          .add(tensor({ data: new Float64Array(1), shape: [1] }))
          .cast('float32'),
      { backend: own },
    )
    const refused: unknown = await wide(vector(1)).catch((e: unknown) => e)
    if (!isSnnError(refused, 'UNSUPPORTED')) throw refused
    expect(refused.message).toContain('cpu.test.ts')
    const big = compile(
      (x: Tensor) => scan((s: Tensor, xt: Tensor) => [s.add(xt), s] as const, x.at(0, 0), x)[1].sum(),
      { backend: own },
    )
    await expect(big({ data: new Float32Array(4000), shape: [4, 1000] })).rejects.toMatchObject({
      code: 'MEMORY_LIMIT',
      details: { limit: 1000 },
    })
    expect(counts.created).toBe(0)
    await own.dispose()
  })
})

describe('loops', () => {
  // every way in which a carry can be kept: alternating, stacked as it enters, stacked as it leaves, exchanged,
  // constant
  const programs: Record<string, (x: Tensor, reverse: boolean) => Tensor[]> = {
    'a carry that alternates': (x, reverse) => [
      scan((s: Tensor, xt: Tensor) => [s.mul(0.5).add(xt), []] as const, zeros([3]), x, { reverse })[0],
    ],
    'a carry that is stacked as it enters': (x, reverse) => {
      const [last, ys] = scan((s: Tensor, xt: Tensor) => [s.mul(0.5).add(xt), s] as const, zeros([3]).add(1), x, {
        reverse,
      })
      return [last, ys]
    },
    'a carry that is stacked as it leaves': (x, reverse) => {
      const [last, ys] = scan(
        (s: Tensor, xt: Tensor) => {
          const next = s.mul(0.5).add(xt)
          return [next, next] as const
        },
        zeros([3]),
        x,
        { reverse },
      )
      return [last, ys]
    },
    'a carry that is stacked both ways': (x, reverse) => {
      const [last, [before, after]] = scan(
        (s: Tensor, xt: Tensor) => {
          const next = s.mul(0.5).add(xt)
          return [next, [s, next]] as const
        },
        zeros([3]),
        x,
        { reverse },
      ) as unknown as [Tensor, [Tensor, Tensor]]
      return [last, before, after]
    },
    'carries that change places': (x, reverse) => {
      const [[a, b]] = scan(
        ([p, q]: readonly Tensor[], xt: Tensor) => [[q!, p!.add(xt)], []] as const,
        [zeros([3]), zeros([3]).add(7)],
        x as never,
        { reverse },
      )
      return [a!, b!]
    },
    'two carries with one next value': (x, reverse) => {
      const [[a, b], ys] = scan(
        ([p, q]: readonly Tensor[], xt: Tensor) => {
          const next = p!.sub(q!).add(xt)
          return [[next, next], q!] as const
        },
        [zeros([3]), zeros([3]).add(7)] as readonly Tensor[],
        x as never,
        { reverse },
      ) as unknown as [Tensor[], Tensor]
      return [a!, b!, ys]
    },
    'stacked slices, constants and the step index': (x, reverse) => {
      const step = (s: Tensor, xt: Tensor, t: Tensor): readonly [Tensor, Tensor[]] => [
        s,
        [xt, zeros([2]), t, xt.reshape([1, 3])],
      ]
      return scan<Tensor, Tensor, Tensor[]>(step, zeros([1]), x, { reverse })[1]
    },
    'a loop in a loop': (x, reverse) => {
      const [last, ys] = scan(
        (s: Tensor, xt: Tensor, t: Tensor) => {
          const [inner, steps] = scan(
            (p: Tensor, xk: Tensor) => [p.add(xk).mul(0.5), p] as const,
            xt.sum(),
            xt.add(t.cast('float32')),
            { reverse: !reverse },
          )
          return [s.add(inner), steps.add(s)] as const
        },
        zeros([]),
        x,
        { reverse },
      )
      return [last, ys]
    },
    'two loops of which one feeds the other': (x, reverse) => {
      const [a, ys] = scan((s: Tensor, xt: Tensor) => [s.add(xt), s.mul(2)] as const, zeros([3]), x, { reverse })
      const [b, zs] = scan(
        (s: Tensor, y: Tensor) => [s.sub(y), y.add(a)] as const,
        a,
        ys.reshape([x.shape[0]!, 1, 3]).sum(1),
      )
      return [a, b, zs, ys.at(0, 0)]
    },
  }

  for (const [name, build] of Object.entries(programs)) {
    for (const T of [1, 2, 3, 4, 7]) {
      it(`${name}, T = ${T}`, async () => {
        const x = { data: Float32Array.from({ length: 3 * T }, (_, i) => Math.sin(i)), shape: [T, 3] }
        for (const [reverse, own] of [
          [false, backend],
          [true, backend],
          [false, plain],
          [true, plain],
        ] as const) {
          const here = compile((x: Tensor) => build(x, reverse), { backend: own })
          const there = compile((x: Tensor) => build(x, reverse), { backend: reference() })
          const [actual, expected] = [await here(x), await there(x)]
          expected.forEach((value, i) => {
            expect(actual[i]!.shape).toEqual(value.shape)
            value.data.forEach((y, k) => expect(actual[i]!.data[k]).toBeCloseTo(y, 5))
          })
          expect((await here(x)).map(({ data }) => [...data])).toEqual(actual.map(({ data }) => [...data]))
          await here.dispose()
          await there.dispose()
        }
      })
    }
  }
})

describe('runs', () => {
  it('of two functions never overlap', async () => {
    const w = variable(vector(0), { name: 'w' })
    const add = (amount: number) => compile((x: Tensor) => w.assign(w.read().add(x.mul(amount))), { backend })
    const [a, b] = [add(1), add(100)]
    await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? a : b)(vector(1))))
    expect([...(await w.data())]).toEqual([2020])
    await Promise.all([a.dispose(), b.dispose()])
  })

  it('return arrays of their own', async () => {
    const run = compile((x: Tensor) => x.add(1), { backend })
    const first = await run(vector(1))
    await run(vector(5))
    expect(first.item()).toBe(2)
    await run.dispose()
  })

  it('draw the random numbers of the reference, with kernels and without, on all threads', async () => {
    const draw = (offset: Tensor): Tensor => uniform([99_999], { seed: 5, offset })
    const wanted = (await compile(draw, { backend: reference() })(tensor(7, { dtype: 'int32' }))).data
    for (const on of [backend, plain]) {
      const run = compile(draw, { backend: on })
      expect((await run(tensor(7, { dtype: 'int32' }))).data).toEqual(wanted)
      await run.dispose()
    }
  })

  it('take shared memory', async () => {
    const run = compile((x: Tensor) => x.add(1), { backend })
    const data = new Float32Array(new SharedArrayBuffer(8))
    data.set([1, 2])
    expect([...(await run({ data, shape: [2] })).data]).toEqual([2, 3])
    await run.dispose()
  })

  it('refuse placeholders that are no arguments', async () => {
    const x = placeholder([1])
    await expect(backend.compile({ parameters: [], results: [x.add(1)], assigns: [] })).rejects.toMatchObject({
      code: 'UNBOUND',
    })
  })
})

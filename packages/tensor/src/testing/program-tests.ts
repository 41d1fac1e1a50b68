import type { Backend, DeviceTensor } from '../backend.js'
import { compile } from '../compile.js'
import { isSnnError } from '../error.js'
import { grad } from '../grad.js'
import { scalar, tensor, uniform } from '../ops/leaf.js'
import { reference } from '../reference/backend.js'
import { scan } from '../scan.js'
import type { Tensor } from '../tensor.js'
import type { TensorLike } from '../tensor-like.js'
import { withPath } from '../trace.js'
import { variable } from '../variable-cell.js'
import type { Variable } from '../variable.js'
import { given, values } from './case.js'
import { check, compare, rejection, type Tolerance } from './compare.js'

export interface ProgramTest {
  readonly name: string
  run(backend: Backend, tolerance: Tolerance): Promise<void>
}

const exact: Tolerance = { relative: 0, absolute: 0 }
const vector = (...elements: number[]): Required<TensorLike> => given('float32', elements)

async function holds(
  cell: Variable,
  elements: readonly number[],
  what: string,
  tolerance: Tolerance = exact,
): Promise<void> {
  compare(
    { data: await cell.data(), shape: cell.shape, dtype: cell.dtype },
    given(cell.dtype, elements, cell.shape),
    tolerance,
    what,
  )
}

/** What a backend must do around a program: Variables, order, failure, devices, and the end of its life. */
export const programTests: readonly ProgramTest[] = [
  {
    name: 'a Variable read after an assign gives the assigned value',
    async run(backend) {
      const cell = variable(vector(1, 2))
      const step = compile(
        (x: Tensor) => {
          const before = cell.read()
          cell.assign(before.add(x))
          const between = cell.read().mul(2)
          cell.assign(cell.read().mul(3))
          return { before, between, after: cell.read() }
        },
        { backend },
      )
      const { before, between, after } = await step(vector(1, 1))
      compare(before, vector(1, 2), exact, 'before')
      compare(between, vector(4, 6), exact, 'between')
      compare(after, vector(6, 9), exact, 'after')
      await holds(cell, [6, 9], 'the Variable')
      await step.dispose()
    },
  },
  {
    name: 'Variables change together: two swap their values',
    async run(backend) {
      const [a, b] = [variable(vector(1)), variable(vector(2))]
      const swap = compile(
        () => {
          const [x, y] = [a.read(), b.read()]
          a.assign(y)
          b.assign(x)
          return {}
        },
        { backend },
      )
      await swap()
      await holds(a, [2], 'a')
      await holds(b, [1], 'b')
      await swap()
      await holds(a, [1], 'a')
      await swap.dispose()
    },
  },
  {
    name: 'a Variable is set between runs, and shared by two functions',
    async run(backend) {
      const cell = variable(vector(1))
      const raise = compile(
        (x: Tensor) => {
          cell.assign(cell.read().add(x))
          return cell.read()
        },
        { backend },
      )
      const twice = compile(() => cell.read().mul(2), { backend })
      await raise(vector(1))
      compare(await twice(), vector(4), exact, 'twice')
      cell.set(vector(10))
      compare(await twice(), vector(20), exact, 'twice')
      compare(await raise(vector(5)), vector(15), exact, 'raise')
      await holds(cell, [15], 'the Variable')
      await Promise.all([raise.dispose(), twice.dispose()])
      await holds(cell, [15], 'the Variable after its functions are gone')
    },
  },
  {
    name: 'a Variable assigned in a scan is carried on',
    async run(backend) {
      const [count, last] = [variable(given('int32', [3], [])), variable(vector(0, 0))]
      const run = compile(
        (xs: Tensor) => {
          const [, ys] = scan(
            (_: object, x: Tensor) => {
              count.assign(count.read().add(1))
              const seen = count.read().cast('float32')
              last.assign(last.read().mul(0.5).add(x))
              return [{}, last.read().mul(seen)] as const
            },
            {},
            xs,
          )
          return { ys, count: count.read() }
        },
        { backend },
      )
      const result = await run(given('float32', [1, 2, 3, 4], [2, 2]))
      compare(result.ys, given('float32', [4, 8, 17.5, 25], [2, 2]), exact, 'ys')
      compare(result.count, given('int32', [5], []), exact, 'count')
      await holds(count, [5], 'count')
      await holds(last, [3.5, 5], 'last')
      await run.dispose()
    },
  },
  {
    name: 'runs happen in call order, also when none is awaited',
    async run(backend) {
      const cell = variable(vector(1))
      const step = compile(
        (x: Tensor) => {
          cell.assign(cell.read().mul(2).add(x))
          return cell.read()
        },
        { backend },
      )
      const results = await Promise.all([1, 0, -1, 3].map((x) => step(vector(x))))
      results.forEach((result, i) => compare(result, vector([3, 6, 11, 25][i]!), exact, `call ${i}`))
      await holds(cell, [25], 'the Variable')
      await step.dispose()
    },
  },
  {
    name: 'runs of two functions do not overlap: none loses what the other assigned',
    async run(backend) {
      const count = variable(given('int32', [0], []))
      const raise = (by: number) =>
        compile(
          (xs: Tensor) => {
            const [sum] = scan((s: Tensor, x: Tensor) => [s.add(x), {}] as const, scalar(0, 'int32'), xs)
            count.assign(count.read().add(sum).add(by))
            return sum
          },
          { backend },
        )
      const [one, ten] = [raise(1), raise(10)]
      const xs = given('int32', Array<number>(50).fill(2))
      await Promise.all([one(xs), ten(xs), one(xs), ten(xs), one(xs)])
      await holds(count, [523], 'count')
      await Promise.all([one.dispose(), ten.dispose()])
    },
  },
  {
    name: 'arguments stay as they are, and results are copies',
    async run(backend) {
      const cell = variable(vector(1, 2))
      const step = compile(
        (x: Tensor) => {
          cell.assign(cell.read().add(x))
          return { x, cell: cell.read(), sum: cell.read().add(x) }
        },
        { backend },
      )
      const x = vector(1, 1)
      const first = await step(x)
      const kept = [...first.sum.data]
      first.cell.data[0] = 99
      first.x.data[0] = 99
      compare(x, vector(1, 1), exact, 'the argument')
      await holds(cell, [2, 3], 'the Variable')
      compare((await step(x)).cell, vector(3, 4), exact, 'the second run')
      check(
        kept.every((value, i) => value === first.sum.data[i]),
        'the results of the first run changed in the second',
      )
      await step.dispose()
    },
  },
  {
    name: 'other shapes and dtypes are other programs',
    async run(backend) {
      const double = compile((x: Tensor) => x.add(x), { backend })
      compare(await double(vector(1, 2)), vector(2, 4), exact, '[2]')
      compare(await double(given('float32', [1, 2, 3], [3, 1])), given('float32', [2, 4, 6], [3, 1]), exact, '[3,1]')
      compare(await double(given('int32', [7], [])), given('int32', [14], []), exact, 'int32')
      await double.dispose()
    },
  },
  {
    name: 'a training loop with momentum, run for 20 steps',
    async run(backend, tolerance) {
      const train = async (on: Backend): Promise<Record<string, Required<TensorLike>>> => {
        const weight = variable(values('float32', [3, 2], 1), { name: 'weight' })
        const momentum = variable(given('float32', Array<number>(6).fill(0), [3, 2]), { name: 'momentum' })
        const count = variable(given('int32', [0], []), { name: 'count' })
        const step = compile(
          (x: Tensor, y: Tensor) => {
            const noise = uniform([5, 2], { seed: 3, offset: count.read() }).mul(0.01)
            const loss = x.matmul(weight.read()).add(noise).sub(y).square().mean()
            momentum.assign(momentum.read().mul(0.9).add(grad(loss, weight)))
            weight.assign(weight.read().sub(momentum.read().mul(0.05)))
            count.assign(count.read().add(1))
            return loss
          },
          { backend: on },
        )
        const losses: number[] = []
        for (let i = 0; i < 20; i++)
          losses.push((await step(values('float32', [5, 3], i + 1), values('float32', [5, 2], i + 2))).item())
        await step.dispose()
        const host = async (cell: Variable) => ({ data: await cell.data(), shape: cell.shape, dtype: cell.dtype })
        return {
          losses: given('float32', losses),
          weight: await host(weight),
          momentum: await host(momentum),
          count: await host(count),
        }
      }
      const [got, expected] = [await train(backend), await train(reference())]
      for (const name of Object.keys(expected))
        compare(
          got[name]!,
          expected[name]!,
          { relative: 10 * tolerance.relative, absolute: 10 * tolerance.absolute },
          name,
        )
    },
  },
  {
    name: 'a run whose signal is aborted beforehand throws its reason and changes nothing',
    async run(backend) {
      const cell = variable(vector(1))
      const step = compile(
        () => {
          cell.assign(cell.read().add(1))
          return {}
        },
        { backend },
      )
      await step()
      const reason = new Error('enough')
      const error = await rejection(step.run([], { signal: AbortSignal.abort(reason) }), 'an aborted run')
      check(error === reason, `an aborted run threw ${String(error)}, expected the signal's reason`)
      await holds(cell, [2], 'the Variable')
      await step()
      await holds(cell, [3], 'the Variable after another run')
      await step.dispose()
    },
  },
  {
    name: 'a run aborted on the way changes all Variables or none',
    async run(backend) {
      const [count, sum] = [variable(given('int32', [0], [])), variable(given('float32', [0], []))]
      const step = compile(
        (xs: Tensor) => {
          count.assign(count.read().add(1))
          const [last] = scan(
            (s: Tensor, x: Tensor) => [s.add(x.matmul(x).mul(1e-3)).tanh(), {}] as const,
            xs.at(0, 0),
            xs,
          )
          sum.assign(sum.read().mul(0).add(1))
          return last
        },
        { backend },
      )
      const xs = values('float32', [50, 40, 40], 1)
      await step(xs)
      for (const delay of [0, 1, 5]) {
        sum.set(given('float32', [0], []))
        const before = (await count.data())[0]!
        const controller = new AbortController()
        const reason = new Error('enough')
        setTimeout(() => controller.abort(reason), delay)
        const outcome = await step.run([xs], { signal: controller.signal }).then(
          () => 'done',
          (error: unknown) => error,
        )
        check(
          outcome === 'done' || outcome === reason,
          `an aborted run threw ${String(outcome)}, expected the signal's reason`,
        )
        await holds(count, [outcome === 'done' ? before + 1 : before], 'count')
        await holds(sum, [outcome === 'done' ? 1 : 0], 'sum')
      }
      await step.dispose()
    },
  },
  {
    name: "check: 'nan' names the place and the module, and changes nothing",
    async run(backend) {
      const cell = variable(vector(1, 1))
      const build = (x: Tensor): Tensor => {
        cell.assign(cell.read().add(1))
        return withPath('block', () => withPath('layer', () => x.sub(1).log())).add(1)
      }
      const checked = compile(build, { backend, check: 'nan' })
      compare(await checked(vector(2, 2)), vector(1, 1), exact, 'finite numbers')
      const error = await rejection(checked(vector(2, 0)), "check: 'nan'")
      check(isSnnError(error, 'NOT_FINITE'), `got ${String(error)}, expected NOT_FINITE`)
      check(
        error.details.place !== '' && error.message.includes(error.details.place),
        `the error does not name the place: ${error.message}`,
      )
      check(error.message.includes('block.layer'), `the error does not name the module 'block.layer': ${error.message}`)
      await holds(cell, [2, 2], 'the Variable')
      const unchecked = compile(build, { backend })
      compare(await unchecked(vector(2, 1)), vector(1, -Infinity), exact, 'without the check')
      await Promise.all([checked.dispose(), unchecked.dispose()])
    },
  },
  {
    name: 'results stay on the device and are arguments of the next run',
    async run(backend) {
      const cell = variable(vector(1, 2))
      const double = compile(
        (x: Tensor) => {
          cell.assign(x)
          return { y: x.mul(2), x, cell: cell.read() }
        },
        { backend },
      )
      const first = await double.run([vector(1, 2)], { output: 'device' })
      const on = (t: DeviceTensor) => t.data().then((data) => ({ data, shape: t.shape, dtype: t.dtype }))
      compare(await on(first.y), vector(2, 4), exact, 'the first run')
      const second = await double.run([first.y], { output: 'device' })
      compare(await on(second.y), vector(4, 8), exact, 'the second run')
      compare(await on(first.y), vector(2, 4), exact, 'the first result after the second run')
      await holds(cell, [2, 4], 'the Variable')
      for (const t of [...Object.values(first), ...Object.values(second)]) t[Symbol.dispose]()
      await holds(cell, [2, 4], 'the Variable after the results are gone')
      const error = await rejection(second.y.data(), 'data() of a disposed tensor')
      check(isSnnError(error, 'DISPOSED'), `data() of a disposed tensor threw ${String(error)}, expected DISPOSED`)
      await double.dispose()
    },
  },
  {
    name: 'constants without arguments',
    async run(backend) {
      const constant = compile(() => [tensor([1, 2, 3]), scalar(2).add(tensor([1]))] as const, { backend })
      const [a, b] = await constant()
      compare(a, vector(1, 2, 3), exact, 'a constant')
      compare(b, vector(3), exact, 'a sum of constants')
      await constant.dispose()
    },
  },
]

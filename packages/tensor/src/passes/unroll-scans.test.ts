import { expect, it } from 'vitest'
import { grad } from '../grad.js'
import { isPrimitive, topological } from '../graph.js'
import { interpret } from '../interpret.js'
import { scan, variable, type Tensor } from '../index.js'
import { referenceKernels } from '../reference/kernels.js'
import type { Value } from '../reference/value.js'
import { traceFunction } from '../trace-function.js'
import { unrollScans } from './unroll-scans.js'

const T = 4
const data = Float64Array.from({ length: T * 3 }, (_, i) => Math.cos(i * 1.7))

/** A loop in a loop, in both directions, with the index, a captured tensor and an assigned Variable. */
function program() {
  const total = variable({ data: Float64Array.of(0), shape: [] })
  return traceFunction(
    (xs) => {
      const gain = xs.at(0, 1)
      const [last, ys] = scan(
        (h: Tensor, x: Tensor, t: Tensor) => {
          const [inner] = scan(
            (k: Tensor, _: null, j: Tensor) => [k.mul(gain).add(j.cast('float64')), []] as const,
            h.add(x),
            null,
            { length: 2 },
          )
          const next = inner.tanh().add(t.cast('float64').mul(0.1))
          total.assign(total.read().add(next.sum()))
          return [next, { next, square: next.square() }] as const
        },
        xs.at(0, 0),
        xs,
        { reverse: true },
      )
      return [last, ys.next, ys.square, grad(ys.square.sum(), xs)]
    },
    [{ shape: [T, 3], dtype: 'float64' }],
  ).program
}

it('writes out loops step by step, and keeps what they compute', () => {
  const before = program()
  const after = unrollScans(before)
  expect(topological(before).some((node) => isPrimitive(node, 'scan'))).toBe(true)
  expect(
    topological({
      parameters: after.parameters,
      results: [...after.results, ...after.assigns.map(({ value }) => value)],
    }).some((node) => isPrimitive(node, 'scan')),
  ).toBe(false)
  const run = ({ parameters, results, assigns }: typeof before) => {
    const all = [...results, ...assigns.map(({ value }) => value)]
    const reads = topological({ parameters, results: all })
      .filter((node) => isPrimitive(node, 'read'))
      .map(({ outputs }) => [outputs[0]!, { data: Float64Array.of(2), shape: [], dtype: 'float64' }] as const)
    return interpret(
      all,
      referenceKernels,
      new Map<Tensor, Value>([...reads, [parameters[0]!, { data, shape: [T, 3], dtype: 'float64' }]]),
    )
  }
  const [expected, actual] = [run(before), run(after)]
  expect(actual.length).toBe(5)
  actual.forEach((value, i) => {
    expect(value.shape).toEqual(expected[i]!.shape)
    value.data.forEach((x, k) => expect(x).toBeCloseTo(expected[i]!.data[k]!, 12))
  })
})

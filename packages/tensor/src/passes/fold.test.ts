import { expect, it } from 'vitest'
import { topological } from '../graph.js'
import { interpret } from '../interpret.js'
import { placeholder } from '../ops/leaf.js'
import { referenceKernels } from '../reference/kernels.js'
import { fold } from './fold.js'

it.each([-3, -2, -1, 2, 3])('makes products of x^%i', (power) => {
  const x = placeholder([4], 'float64')
  const graph = { parameters: [x], results: [x.pow(power)] }
  const folded = fold(graph)
  expect(topological(folded).map(({ primitive }) => primitive)).not.toContain('pow')
  const bindings = new Map([[x, { data: Float64Array.of(-2.5, 0.3, 1, 7), shape: [4], dtype: 'float64' as const }]])
  const [before, after] = [graph, folded].map(
    ({ results }) => interpret([...results], referenceKernels, bindings)[0]!.data,
  )
  before!.forEach((value, i) => expect(Math.abs(after![i]! - value)).toBeLessThanOrEqual(1e-15 * Math.abs(value)))
})

it('leaves other powers', () => {
  const x = placeholder([4])
  const graph = { parameters: [x], results: [x.pow(2.5)] }
  expect(fold(graph)).toBe(graph)
})

it('divides by powers of two by multiplying', () => {
  const x = placeholder([2])
  expect(topological(fold({ parameters: [x], results: [x.div(2)] })).map(({ primitive }) => primitive)).toContain('mul')
  const graph = { parameters: [x], results: [x.div(3)] }
  expect(fold(graph)).toBe(graph)
})

it.each([[[0]], [[0, 2]], [[0, 1, 2]]])('sums repeated values by counting them, over axes %j', (axes) => {
  const x = placeholder([3, 1], 'float64')
  const graph = { parameters: [x], results: [x.broadcastTo([4, 3, 5]).sum(axes)] }
  const folded = fold(graph)
  const summed = topological(folded)
    .filter(({ primitive }) => primitive === 'reduceSum')
    .flatMap(({ inputs }) => inputs[0]!.shape)
  expect(summed).not.toContain(4)
  const bindings = new Map([[x, { data: Float64Array.of(1, 2.5, -3), shape: [3, 1], dtype: 'float64' as const }]])
  const [before, after] = [graph, folded].map(({ results }) => interpret([...results], referenceKernels, bindings)[0]!)
  expect(after!.shape).toEqual(before!.shape)
  expect([...after!.data]).toEqual([...before!.data])
})

it('compares with a threshold without subtracting it, also next to it and where the difference underflows', () => {
  const x = placeholder([6])
  const graph = { parameters: [x], results: [x.sub(0.3).ge(0).cast('float32'), x.sub(1e-38).gt(0).cast('float32')] }
  const folded = fold(graph)
  expect(topological(folded).map(({ primitive }) => primitive)).not.toContain('sub')
  const data = Float32Array.of(0.3, 0.3 + 2 ** -25, 0.3 - 2 ** -25, 1e-38, 1.0000001e-38, NaN)
  const bindings = new Map([[x, { data, shape: [6], dtype: 'float32' as const }]])
  const [before, after] = [graph, folded].map(({ results }) =>
    interpret([...results], referenceKernels, bindings).map(({ data }) => [...data]),
  )
  expect(after).toEqual(before)
  const unknown = placeholder([6])
  const other = { parameters: [x, unknown], results: [x.sub(unknown).ge(0)] }
  expect(fold(other)).toBe(other)
})

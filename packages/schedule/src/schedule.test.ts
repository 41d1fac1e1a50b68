import { conv, grad, maxPool, scan, uniform, variable, zeros, type DType, type Shape, type Tensor } from '@snn/tensor'
import { traceFunction, type Program } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import type { Place } from './place.js'
import { prepare } from './prepare.js'
import { schedule, type Schedule } from './schedule.js'
import type { KernelTarget, Target } from './target.js'
import type { Task } from './task.js'

const kernels: KernelTarget = {
  isWorthwhile: () => true,
  images: undefined,
  largestSum: 2 ** 16,
  largestPlane: 2 ** 14,
  largestGroup: 256,
  isNest: () => false,
  smallestCast: 2 ** 18,
}
const target: Target = {
  name: 'test',
  isLibrary: (primitive) => primitive !== 'scan' && primitive !== 'random',
  isLibraryAnywhere: true,
  alignment: 64,
  largestPiece: 2 ** 24,
  kernels,
}

function trace(fn: (...parameters: Tensor[]) => unknown, ...shapes: readonly Shape[]): Program {
  return traceFunction(
    fn,
    shapes.map((shape) => ({ shape, dtype: 'float32' as DType })),
  ).program
}

function planFor(program: Program, of = target): Schedule {
  return schedule(prepare(program, of), of, { check: false, baked: new Map() })
}

const kinds = (tasks: readonly Task[]): string[] => tasks.map(({ kind }) => kind)

/** Integrate-and-fire with what `input` makes of each step. */
const neurons = (xs: Tensor, shape: Shape, input: (x: Tensor) => Tensor = (x) => x): Tensor =>
  scan(
    (v: Tensor, x: Tensor): readonly [Tensor, Tensor] => {
      const charged = v.add(input(x))
      const spikes = charged.ge(1).cast('float32')
      return [charged.sub(spikes), spikes]
    },
    zeros(shape),
    xs,
  )[1]

it('assigns a Variable to its next place, and reads it where it lies', () => {
  const w = variable({ data: new Float32Array(4), shape: [4] })
  const { tasks } = planFor(trace((x) => w.assign(w.read().add(x)), [4]))
  expect(tasks).toMatchObject([{ kind: 'kernel' }])
  expect(placesOf(tasks).map((place) => place.kind === 'address' && place.base)).toEqual(
    expect.arrayContaining([
      { kind: 'read', index: 0 },
      { kind: 'parameter', index: 0 },
      { kind: 'next', index: 0 },
    ]),
  )
})

it('draws random numbers as a task of their own', () => {
  expect(planFor(trace((x) => uniform([8], { seed: 1, offset: 0 }).mul(x), [8])).tasks).toMatchObject([
    { kind: 'random', length: 8 },
    { kind: 'kernel' },
  ])
})

it('lets a state that is neither stacked nor in a kernel alternate between two places', () => {
  const step = (v: Tensor, x: Tensor): readonly [Tensor, readonly []] => [v.matmul(x), []]
  const { tasks } = planFor(trace((v, xs) => scan(step as never, v, xs as never)[0], [3, 3], [5, 3, 3]))
  const loop = tasks.find((task) => task.kind === 'loop')!
  const [call] = loop.body
  if (call?.kind !== 'library') throw new Error('expected a library call')
  const turns = [...call.inputs, ...call.outputs].filter((place) => place.kind === 'turns')
  expect(turns.map(({ first, last, between }) => [first !== undefined, last !== undefined, between.length])).toEqual([
    [true, false, 2],
    [false, true, 2],
  ])
  expect(turns[0]!.between).toEqual([...turns[1]!.between].reverse())
})

it('asks no device for a program of library calls that take values anywhere', () => {
  const program = trace((x, w) => x.matmul(w), [2, 3], [3, 4])
  expect(planFor(program, { ...target, kernels: undefined }).staging).toBeUndefined()
  expect(
    planFor(program, { ...target, kernels: undefined, isLibraryAnywhere: false }).staging?.parameters,
  ).toHaveLength(2)
})

it('refuses what neither library nor kernels compute, with its place', () => {
  const program = trace((x) => x.transpose(), [2, 3])
  const isLibrary: Target['isLibrary'] = (primitive) => primitive !== 'transpose' && target.isLibrary(primitive)
  expect(() => planFor(program, { ...target, isLibrary })).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED', details: { primitive: 'transpose', backend: 'test' } }),
  )
})

describe('a network in training', () => {
  const program = trace(
    (x, weight) => {
      const loss = maxPool(
        neurons(x, [2, 8, 6, 6], (now) => conv(now, weight, { padding: 1 })),
        [2, 2],
      )
        .square()
        .mean()
      return [loss, grad(loss, weight)]
    },
    [4, 2, 1, 6, 6],
    [8, 1, 3, 3],
  )

  it('runs its steps as kernels, not as loops', () => {
    expect(kinds(planFor(program).tasks)).toContain('kernel')
    expect(kinds(planFor(program).tasks)).not.toContain('loop')
  })

  it('is a loop of library calls without kernels and without splitting', () => {
    const { tasks, loops } = planFor(program, { ...target, largestPiece: undefined, kernels: undefined })
    expect(loops).toBe(2)
    const all = tasks.flatMap((task) => (task.kind === 'loop' ? ['loop', ...kinds(task.body)] : [task.kind]))
    expect(new Set(all)).toEqual(new Set(['library', 'loop', 'copy']))
  })

  it('lies in an arena in which no two blocks meet that live at the same time', () => {
    const blocks = new Set(
      placesOf(planFor(program).tasks).flatMap((place) =>
        place.kind === 'address' && place.base.kind === 'block' ? [place.base.block] : [],
      ),
    )
    expect(blocks.size).toBeGreaterThan(3)
    const all = [...blocks]
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1))
        if (a.from <= b.to && b.from <= a.to)
          expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true)
    }
  })
})

function placesOf(tasks: readonly Task[]): Place[] {
  return tasks.flatMap((task) => {
    switch (task.kind) {
      case 'kernel':
        return [...task.places]
      case 'library':
        return [...task.inputs, ...task.outputs]
      case 'planes':
      case 'images':
        return [...task.inputs, task.output]
      default:
        return []
    }
  })
}

import { compile, grad, isSnnError, reference, variable, type Tensor, type Variable } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/optimizers.json' with { type: 'json' }
import rates from '../../test/golden/schedules.json' with { type: 'json' }
import { expectClose } from '../../test/host.js'
import * as all from '../index.js'

const backend = reference()
const start = { a: [0.5, -1.2, 2, 0.03], b: [1.5, -0.7, 0.2, -2] }
type Parameters = Readonly<Record<'a' | 'b', Variable>>

function parameters(dtype: 'float32' | 'float64' = 'float64'): Parameters {
  const of = (name: 'a' | 'b'): Variable =>
    variable({ data: (dtype === 'float64' ? Float64Array : Float32Array).from(start[name]), shape: [4] }, { name })
  return { a: of('a'), b: of('b') }
}

/** sum(sin(a) b) + sum(a^4) / 4 */
function lossOf({ a, b }: Parameters): Tensor {
  return a.read().sin().mul(b.read()).sum().add(a.read().square().square().sum().div(4))
}

const makers: Readonly<Record<keyof typeof golden.cases, (p: Parameters) => all.Optimizer>> = {
  sgd: (p) => all.sgd(p, { lr: 0.1 }),
  'sgd weightDecay': (p) => all.sgd(p, { lr: 0.1, weightDecay: 0.05 }),
  'sgd momentum': (p) => all.sgd(p, { lr: 0.1, momentum: 0.9 }),
  'sgd momentum dampening': (p) => all.sgd(p, { lr: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.01 }),
  'sgd nesterov': (p) => all.sgd(p, { lr: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.01 }),
  adam: (p) => all.adam(p, { lr: 0.05 }),
  'adam weightDecay': (p) => all.adam(p, { lr: 0.05, betas: [0.8, 0.95], epsilon: 1e-3, weightDecay: 0.1 }),
  'adam amsgrad': (p) => all.adam(p, { lr: 0.3, betas: [0.5, 0.6], amsgrad: true }),
  adamW: (p) => all.adamW(p, { lr: 0.05 }),
  'adamW weightDecay': (p) => all.adamW(p, { lr: 0.05, weightDecay: 0.2, amsgrad: true }),
  rmsprop: (p) => all.rmsprop(p, { lr: 0.05 }),
  'rmsprop centered': (p) => all.rmsprop(p, { lr: 0.05, centered: true, alpha: 0.9, weightDecay: 0.1 }),
  'rmsprop momentum': (p) => all.rmsprop(p, { lr: 0.02, momentum: 0.7, epsilon: 1e-4 }),
  'rmsprop all': (p) => all.rmsprop(p, { lr: 0.02, momentum: 0.7, centered: true }),
  'clip norm 1': (p) => all.sgd(p, { lr: 0.1, clip: { norm: 1 } }),
  'clip norm 100': (p) => all.sgd(p, { lr: 0.1, clip: { norm: 100 } }),
  'clip value 0.4': (p) => all.sgd(p, { lr: 0.1, clip: { value: 0.4 } }),
  'adam float32': (p) => all.adam(p, { lr: 0.05 }),
  'adam cosine': (p) => all.adam(p, { lr: all.cosine({ initial: 0.05, steps: 8 }) }),
}

describe('trajectories of PyTorch', () => {
  it.each(Object.keys(golden.cases) as (keyof typeof golden.cases)[])('%s', async (name) => {
    const single = name.includes('float32')
    const p = parameters(single ? 'float32' : 'float64')
    const optimizer = makers[name](p)
    let compiled = 0
    await using step = compile(() => optimizer.step(lossOf(p)), { backend, onCompile: () => compiled++ })
    for (const row of golden.cases[name]) {
      await step()
      for (const key of ['a', 'b'] as const) expectClose(await p[key].data(), row[key], single ? 2e-5 : 1e-9)
    }
    expect(compiled).toBe(1)
    expect([...(await optimizer.variables['steps']!.data())]).toEqual([golden.cases[name].length])
  })
})

describe('learning rates of PyTorch', () => {
  const schedules: Readonly<Record<keyof typeof rates.cases, all.Schedule>> = {
    cosine: all.cosine({ initial: 0.2, final: 0.01, steps: 40 }),
    'stepDecay every 7': all.stepDecay({ initial: 0.2, factor: 0.5, every: 7 }),
    'stepDecay at 5 and 20': all.stepDecay({ initial: 0.2, every: [5, 20] }),
    'warmUp then cosine': all.warmUp(all.cosine({ initial: 0.2, steps: 30 }), { steps: 10, start: 0.1 }),
    oneCycle: all.oneCycle({ max: 0.2, steps: 40 }),
    'oneCycle options': all.oneCycle({ max: 0.2, steps: 40, rise: 0.5, divide: 10, finalDivide: 100 }),
  }
  it.each(Object.keys(rates.cases) as (keyof typeof rates.cases)[])('%s', async (name) => {
    await using rate = compile((t: Tensor) => schedules[name](t), { backend })
    expectClose(await rate({ data: Float64Array.from(rates.cases[name].keys()), shape: [40] }), rates.cases[name])
  })

  it('keeps the last value after the last step', async () => {
    await using rate = compile((t: Tensor) => [schedules.cosine(t), schedules.oneCycle(t)], { backend })
    const [a, b] = await rate({ data: Float64Array.of(1e4), shape: [] })
    expect(a!.item()).toBeCloseTo(0.01, 12)
    expect(b!.item()).toBeCloseTo(rates.cases.oneCycle.at(-1)!, 12)
  })
})

it('the learning rate is a Variable: a change needs no new program', async () => {
  const p = parameters()
  const lr = variable({ data: Float64Array.of(0), shape: [] }, { name: 'lr' })
  const optimizer = all.sgd(p, { lr })
  let compiled = 0
  await using step = compile(() => optimizer.step(lossOf(p)), { backend, onCompile: () => compiled++ })
  await step()
  expectClose(await p.a.data(), start.a, 1e-15)
  lr.set({ data: Float64Array.of(0.1), shape: [] })
  await step()
  expectClose(await p.a.data(), golden.cases.sgd[0]!.a)
  expect(compiled).toBe(1)
})

it('apply takes gradients of any origin, twice in one program', async () => {
  const p = parameters()
  const optimizer = all.sgd(p, { lr: 0.1 })
  await using step = compile(
    () => {
      optimizer.apply(grad(lossOf(p), p))
      optimizer.step(lossOf(p))
    },
    { backend },
  )
  await step()
  expectClose(await p.b.data(), golden.cases.sgd[1]!.b)
  expect([...(await optimizer.variables['steps']!.data())]).toEqual([2])
})

it('names what it keeps by the paths of the parameters', () => {
  const p = parameters()
  expect(Object.keys(all.adam(p).variables)).toEqual([
    'steps',
    'meanOfOnes',
    'squareOfOnes',
    'a.mean',
    'a.square',
    'b.mean',
    'b.square',
  ])
  expect(Object.keys(all.sgd(p).variables)).toEqual(['steps'])
})

describe('errors', () => {
  const p = parameters()
  it.each<[string, 'ARGUMENT' | 'SHAPE', () => unknown]>([
    ['no parameters', 'ARGUMENT', () => all.adam({})],
    ['a negative learning rate', 'ARGUMENT', () => all.adam(p, { lr: -1 })],
    ['a learning rate that is no number', 'ARGUMENT', () => all.sgd(p, { lr: Number.NaN })],
    ['a negative decay', 'ARGUMENT', () => all.adamW(p, { weightDecay: -1 })],
    ['a beta of 1', 'ARGUMENT', () => all.adam(p, { betas: [0.9, 1] })],
    ['nesterov without momentum', 'ARGUMENT', () => all.sgd(p, { nesterov: true })],
    ['nesterov with dampening', 'ARGUMENT', () => all.sgd(p, { nesterov: true, momentum: 0.9, dampening: 0.1 })],
    ['an alpha of 1', 'ARGUMENT', () => all.rmsprop(p, { alpha: 1 })],
    ['a limit of 0', 'ARGUMENT', () => compile(() => all.sgd(p, { clip: { norm: 0 } }).step(lossOf(p)), { backend })()],
    ['a missing gradient', 'SHAPE', () => compile(() => all.sgd(p).apply({ a: p.a.read() }), { backend })()],
    [
      'a gradient of another shape',
      'SHAPE',
      () => compile(() => all.sgd(p).apply({ a: p.a.read(), b: p.b.read().sum() }), { backend })(),
    ],
    ['a cosine of no steps', 'ARGUMENT', () => all.cosine({ initial: 1, steps: 0 })],
    ['a decay every 0 steps', 'ARGUMENT', () => all.stepDecay({ initial: 1, every: [3, 0] })],
    ['a warm-up of no steps', 'ARGUMENT', () => all.warmUp(1, { steps: 0 })],
    ['a cycle that only rises', 'ARGUMENT', () => all.oneCycle({ max: 1, steps: 10, rise: 1 })],
  ])('%s', async (_, code, run) => {
    const error: unknown = await Promise.resolve()
      .then(run)
      .catch((thrown: unknown) => thrown)
    expect(isSnnError(error, code), String(error)).toBe(true)
  })
})

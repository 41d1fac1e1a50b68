import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { app, snn } from '../test/snn.js'
import type { NeuronExplanation } from './explain/explain-neuron.js'
import { findNeurons } from './explain/find-neurons.js'

const file = (name: string): string => join(app, 'test', 'neurons', name)
const explained = async (...args: string[]): Promise<NeuronExplanation[]> =>
  (JSON.parse((await snn('explain', ...args, '--json')).stdout) as { readonly neurons: NeuronExplanation[] }).neurons

describe.concurrent('snn explain', { timeout: 60_000 }, () => {
  it('prints equations, gradient and kernels of a neuron by name', async () => {
    const { code, stdout, stderr } = await snn('explain', 'lif')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`lif

  parameters  threshold 1, tau 2
  options     decayInput true, reset { to: 0 }, detachReset false, amplitude one
  surrogate   sigmoid, alpha 4
  start       v = 0

Equations of one step with input x:

  charge  v ← v + (x - v) / tau
  fire    s = H(v - threshold)
  reset   v ← (1 - s) v

  where   H(u) = 1 where u ≥ 0, else 0

Gradient, from the last step to the first; ∂q is the derivative of the loss with respect to q, and ∂s comes from the layers above:

  reset   ∂s ← ∂s - v ∂v
          ∂v ← (1 - s) ∂v
  fire    ∂v          ← ∂v + g(v - threshold) ∂s
          ∂threshold -= g(v - threshold) ∂s
  charge  ∂x    = ∂v / tau
          ∂v    ← ∂v - ∂v / tau
          ∂tau -= (x - v) ∂v / tau²

  where   g(u) = alpha (1 - σ(alpha u)) σ(alpha u)

Kernel forward, the steps:

  reads   v[0], x[t]
  writes  y[t], v[T]

  v = v[0]
  for t = 0 .. T-1
    r1 = v + (x[t] - v) * 0.5
    r2 = [1 ≤ r1]
    y[t] = r2
    v = (1 - r2) * r1
  v[T] = v

Kernel backward, the steps again and then their gradient:

  reads   v[0], x[t], ∂v[T], ∂y[t]
  writes  ∂x[t], ∂v[0]

  v = v[0]
  ∂v = ∂v[T]
  for t = 0 .. T-1
    r1 = v + (x[t] - v) * 0.5
    k1[t] = r1
    v = (1 - [1 ≤ r1]) * r1
  for t = T-1 .. 0
    r1 = (tanh((k1[t] - 1) * 4 * 0.5) + 1) * 0.5
    r2 = ∂v * (1 - [1 ≤ k1[t]]) + (∂y[t] - ∂v * k1[t]) * ((1 - r1) * r1 * 4)
    r3 = r2 * 0.5
    ∂x[t] = r3
    ∂v = r2 - r3
  ∂v[0] = ∂v
`)
  })

  it("explains every neuron of a user's file, derived ones too", async () => {
    const neurons = await explained(file('adaptive.ts'))
    expect(neurons.map(({ name, kind, notInKernels }) => [name, kind, notInKernels])).toEqual([
      ['adaptive', 'adaptive', []],
      ['filtered', 'filtered', []],
      ['gated', 'gated', []],
    ])
    const [{ equations, gradient, kernels }, filtered, gated] = neurons as [
      NeuronExplanation,
      NeuronExplanation,
      NeuronExplanation,
    ]
    const text = (list: typeof equations.charge): string[] =>
      list.map(({ name, relation, formula }) => `${name} ${relation} ${formula}`)
    expect([equations.charge, equations.fire, equations.reset].map(text)).toEqual([
      ['v ← v + (x - v) / tau', 'a ← 0.9 a'],
      ['u = v - (threshold + beta a)', 's = H(u)'],
      ['v ← v - threshold s', 'a ← a + s'],
    ])
    expect(text(gradient.reset)).toEqual(['∂s ← ∂s + ∂a - threshold ∂v', '∂threshold -= s ∂v'])
    expect(text(gated.equations.charge)).toEqual(['v ← v + (gain x - v) / tau', 'a ← 0.9 a'])
    expect(text(gated.gradient.charge)).toEqual([
      '∂x = gain ∂v / tau',
      '∂v ← ∂v - ∂v / tau',
      '∂a ← 0.9 ∂a',
      '∂tau -= (gain x - v) ∂v / tau²',
      '∂gain += x ∂v / tau',
    ])
    expect(text(filtered.equations.charge)).toEqual([
      "i' = 0.5 i + x",
      "v ← v + (gain i' - v) / tau",
      'a ← 0.9 a',
      "i ← i'",
    ])
    for (const kernel of [kernels.forward!, kernels.backward!, filtered.kernels.forward!, filtered.kernels.backward!])
      expect(kernel.wat).toMatch(/^\(module[^]*f32x4\.mul[^]*\)$/)
  })

  it('takes options, a learned parameter and another surrogate', async () => {
    const [{ parameters, options, spike, equations, kernels }] = (await explained(
      'lif',
      '--with',
      '{ "tau": { "learnable": 3 }, "reset": "soft" }',
      '--surrogate',
      'atan',
    )) as [NeuronExplanation]
    expect(parameters).toMatchObject({ tau: { learnable: 3, per: 'layer' } })
    expect([options['reset'], spike!.surrogate, spike!.g[0]!.formula, equations.reset[0]!.formula]).toEqual([
      'soft',
      'atan',
      '0.5 alpha / (1 + ((π/2) alpha u)²)',
      'v - threshold s',
    ])
    expect([kernels.backward!.reads, kernels.backward!.writes]).toEqual([
      ['v[0]', 'x[t]', 'tau', '∂v[T]', '∂y[t]'],
      ['∂x[t]', 'Σ ∂tau', '∂v[0]'],
    ])
  })

  it('says what no kernel computes', async () => {
    const { stdout } = await snn('explain', file('winner.ts'))
    expect(stdout).toContain('charge  v ← v + x - max(x)')
    expect(stdout).toContain('Kernel forward, the steps: none of its own, for reduceMax run beside it.')
  })

  it('prints WebAssembly with --wat', async () => {
    expect((await snn('explain', 'integrateAndFire', '--wat')).stdout).toMatch(/\n {2}\(module\n {4}\(import "memory"/)
  })

  it('prints C with --c', async () => {
    expect((await snn('explain', 'integrateAndFire', '--c')).stdout).toMatch(
      /\n {2}void kernel0\(u8 \*memory, [^]*INDEPENDENT/,
    )
  })

  it('knows a name in other letters', async () => {
    await expect(findNeurons('LIF')).rejects.toMatchObject({
      code: 'ARGUMENT',
      message: expect.stringContaining('lif is meant?') as string,
    })
  })

  it.each<[string, string[], string, RegExp]>([
    ['a name that is not known', ['lift'], 'ARGUMENT', /neither a file nor a neuron.*adaptiveLif, .*lif/],
    ['a neuron of whole sequences', ['psn'], 'ARGUMENT', /psn is not made by defineNeuron/],
    ['a file that is not there', ['./gone.ts'], 'DATA_NOT_FOUND', /no file \.\/gone\.ts/],
    ['a file without neurons', [file('nothing.ts')], 'ARGUMENT', /exports numbers, expected a neuron/],
    ['a file with a layer', [file('layer.ts')], 'ARGUMENT', /exports a layer of neurons \(layer\)/],
    ['a file that cannot be run', [file('broken.ts')], 'ARGUMENT', /cannot be run: \[odd\] state none without v/],
    [
      'an option that the neuron does not have',
      ['lif', '--with', '{ "gamma": 1 }'],
      'ARGUMENT',
      /unknown option 'gamma'/,
    ],
    ['options that are no JSON', ['lif', '--with', '{'], 'ARGUMENT', /--with.*Expected JSON/],
    ['options that are no object', ['lif', '--with', '[1]'], 'ARGUMENT', /Expected a JSON object/],
    ['an unknown surrogate', ['lif', '--surrogate', 'step'], 'ARGUMENT', /'step', expected one of/],
  ])('%s ends with 2 and one line', async (_, args, errorCode, message) => {
    const { code, stdout, stderr } = await snn('explain', ...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(new RegExp(`^${errorCode}: [^\\n]+\\n$`))
    expect(stderr).toMatch(message)
  })
})

import { atan, logistic, multiLevel } from '@snn/surrogate'
import { compile, reference, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { readFileSync } from 'node:fs'
import * as all from './index.js'
import * as models from './models.js'
import {
  createNeuron,
  defineNeuron,
  extendNeuron,
  learnable,
  lif,
  type AnyNeuronModel,
  type Cell,
  type SequenceCell,
} from './index.js'

const backend = reference()
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const readmeTable = readme.slice(readme.indexOf('## Models'), readme.indexOf('Each doc comment'))
const isModel = (value: unknown): value is AnyNeuronModel => typeof value === 'function' && 'spec' in value
const again = <C extends Cell | SequenceCell>(cell: C, own?: readonly AnyNeuronModel[]) =>
  createNeuron(cell.kind, JSON.parse(JSON.stringify(cell.config)) as Cell['config'], cell.variables, own) as C

const table = { theta: [0.6, 0.3, 0.1], h: [0.6, 0.3, 0.1], d: [0.6, 0.3, 0.1] }

/** Outputs and states of three steps, or a sequence of three. */
async function run(cell: Cell | SequenceCell): Promise<number[]> {
  if ('apply' in cell) {
    const whole = compile((x: Tensor) => cell.apply([x]), { backend })
    return Array.from(
      (await whole({ data: Float32Array.from({ length: 12 }, (_, i) => 1.5 * Math.sin(i + 1)), shape: [3, 2, 2] }))
        .data,
    )
  }
  const three = compile(
    (x: Tensor) => {
      let state = cell.initialState(x.shape, x.dtype)
      return [1, 2, 3].map((gain) => {
        const result = cell.step(x.mul(gain), state)
        state = result.state
        return [result.output, ...Object.values(result.state)]
      })
    },
    { backend },
  )
  return (await three({ data: Float32Array.of(0.4, 1.3, -0.6, 0.9), shape: [2, 2] }))
    .flat()
    .flatMap(({ data }) => Array.from(data))
}

describe('models.ts', () => {
  const exported = Object.entries(all).flatMap(([name, value]) => (isModel(value) ? [name] : []))
  it('names every model that the package exports', () => {
    expect(
      exported.filter((name) => !Object.hasOwn(models, name)),
      'add it to src/models.ts, from where createNeuron and the laws take it',
    ).toEqual([])
    expect(
      Object.keys(models).filter((name) => !exported.includes(name)),
      'add it to src/index.ts',
    ).toEqual([])
  })

  it.each(Object.entries(models))('%s has its own name for its kind, and stands in the README', (name, { kind }) => {
    expect(kind, `name it so in defineNeuron('${name}', ..)`).toBe(name)
    expect(readmeTable, 'add it to the table of models in packages/neuron/README.md').toMatch(
      new RegExp(`\`${name}[\`(]`),
    )
  })
})

describe('createNeuron', () => {
  it('makes every model again from what a layer of it says of itself', async () => {
    for (const model of Object.values(models)) {
      const cell = model()
      const copy = again(cell)
      expect(JSON.stringify(copy.config), model.kind).toBe(JSON.stringify(cell.config))
      expect(Object.keys(copy.variables), model.kind).toEqual(Object.keys(cell.variables))
      expect(await run(copy), model.kind).toEqual(await run(cell))
    }
  })

  it.each<[string, () => Cell | SequenceCell | Promise<Cell>]>([
    ['psn', () => all.psn({ T: 3, surrogate: atan({ alpha: 3 }) })],
    ['maskedPsn', () => all.maskedPsn({ T: 3, k: 2, lambda: 0.5 })],
    ['maskedPsn, step by step', () => all.maskedPsn({ T: 2, k: 2, lambda: 1 })],
    [
      'maskedPsn with a Variable',
      () => all.maskedPsn({ T: 3, k: 2, lambda: variable({ data: Float32Array.of(0.7), shape: [] }) }),
    ],
    ['slidingPsn', () => all.slidingPsn({ k: 2, exponential: false })],
    ['gatedLif', () => all.gatedLif({ T: 3, channels: 2, tau: 0.4, surrogate: atan({ alpha: learnable(2) }) })],
    ['dsrIntegrateAndFire', () => all.dsrIntegrateAndFire({ alpha: 0.4 })],
    ['dsrLif', () => all.dsrLif({ threshold: 0.3, dt: 0.5 })],
    ['dsrLif with a Variable', () => all.dsrLif({ threshold: variable({ data: Float32Array.of(0.4), shape: [] }) })],
    ['fewSpike', () => all.fewSpike(table)],
    ['gatedFewSpike', () => all.gatedFewSpike([table, { ...table, d: [0.1, 0.2, 0.3] }], [0.3])],
    [
      'outlierAwareFewSpike',
      () => all.outlierAwareFewSpike(table, { ...table, d: [1, 2, 3] }, { split: 0.5, clamp: 2 }),
    ],
    ['mpbnLif', () => all.mpbnLif(2, { tau: learnable(3, { per: 'channel' }), momentum: 0.2, reset: 'soft' })],
    ['foldedMpbnLif', () => all.foldMpbn(all.mpbnLif(2, { tau: 3 }), { normalizeResidual: false })],
    ['interLayerConnection', () => all.interLayerConnection(lif({ tau: learnable(3) }), { groups: 1, size: 2 })],
    [
      'noisy',
      () =>
        all.noisy(all.interLayerConnection(lif(), { groups: 1, size: 2 }), {
          size: 2,
          steps: 4,
          exponent: 1,
          outputSigma: 0.3,
        }),
    ],
  ])('makes %s again', async (_, make) => {
    const cell = await make()
    const before = await run(cell)
    const copy = again(cell)
    expect(copy.config).toEqual(cell.config)
    expect(copy.trainable).toEqual(cell.trainable)
    expect(Object.keys(copy.variables).sort()).toEqual(Object.keys(cell.variables).sort())
    for (const [name, value] of Object.entries(cell.variables)) expect(copy.variables[name], name).toBe(value)
    expect(await run(copy)).toEqual(before)
    copy.initialize?.(7)
    expect(await run(copy)).toEqual(before)
  })

  it('keeps arrays, learnables of every kind, options and initial values', async () => {
    const cell = lif({
      tau: learnable(1.5, { per: 'channel' }),
      threshold: variable({ data: Float32Array.of(0.3, 0.4), shape: [2] }),
      reset: 'none',
      surrogate: atan({ alpha: 3 }),
      detachReset: true,
      amplitude: 'threshold',
      decayInput: false,
      initial: { v: variable({ data: Float32Array.of(0.1), shape: [1] }) },
    })
    const before = await run(cell)
    cell.variables['tau']!.set({ data: Float32Array.of(3, 1.25), shape: [2] })
    const after = await run(cell)
    expect(after).not.toEqual(before)
    const copy = again(cell)
    expect(copy.config).toEqual(cell.config)
    expect(copy.trainable).toEqual(['tau'])
    expect(copy.variables).toEqual(cell.variables)
    expect(await run(copy)).toEqual(after)
  })

  it('keeps the learnable surrogate with what it has learnt', async () => {
    const cell = lif({ surrogate: atan({ alpha: learnable(3) }) })
    cell.variables['surrogate.alpha']!.set({ data: Float32Array.of(5), shape: [] })
    const copy = again(cell)
    expect(copy.config).toEqual(cell.config)
    expect(copy.trainable).toEqual(['surrogate.alpha'])
    expect(copy.variables['surrogate.alpha']).toBe(cell.variables['surrogate.alpha'])
    const random = again(lif({ surrogate: logistic() }))
    expect(Object.keys(random.variables)).toEqual(['surrogate.draws'])
  })

  it('knows the models of others, and the spike functions of this framework', async () => {
    const gained = extendNeuron('gained', lif, {
      parameters: { gain: 2 },
      charge: (x, state, parameters, settings) => lif.spec.charge(x.mul(parameters.gain), state, parameters, settings),
    })
    const twice = extendNeuron('twice', gained, { parameters: { gain: 3 } })
    const cell = twice({ surrogate: multiLevel({ levels: 3 }) })
    expect(await run(again(cell, [gained, twice]))).toEqual(await run(cell))
    expect(again(cell)).toBeUndefined()
  })

  it('refuses configurations that do not fit', () => {
    const argument = expect.objectContaining({ code: 'ARGUMENT' })
    const { config } = lif()
    expect(() => createNeuron('lif', { ...config, gain: 2 }, {})).toThrow(argument)
    expect(() => createNeuron('lif', { ...config, surrogate: { name: 'mine' } }, {})).toThrow(argument)
    // a traced value is neither in the configuration nor among the arrays
    const cell = defineNeuron('mine', {
      parameters: { k: 1 },
      state: { v: 0 },
      charge: (x, { v }, { k }) => ({ v: v.add(x.mul(k)) }),
    })
    const { k: _, ...without } = cell().config
    expect(() => createNeuron('mine', without, {}, [cell])).toThrow(argument)
    expect(() =>
      createNeuron('noisy', { ...all.noisy(lif(), { size: 2, steps: 4 }).config, cell: { kind: 'psn', T: 3 } }, {}),
    ).toThrow(argument)
    expect(() => createNeuron('interLayerConnection', { groups: 1, size: 2, cell: { kind: 'unheard' } }, {})).toThrow(
      argument,
    )
  })
})

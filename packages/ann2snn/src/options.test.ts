import { isSnnError, reference, type TensorLike } from '@snn/tensor'
import { beforeAll, describe, expect, it } from 'vitest'
import { mlp, randomTensor } from '../test/networks.js'
import {
  classify,
  convert,
  evaluate,
  evaluateAnn,
  layerToBlame,
  searchConversion,
  simulate,
  simulator,
  steps,
} from './index.js'
import { candidateRules, convertRules } from './plan/convert-options.js'
import { classifyRules } from './run/classify.js'
import { evaluateAnnRules, evaluateRules } from './run/evaluate.js'
import { simulateRules, simulatorRules, simulatorRunRules } from './run/simulate.js'
import { searchRules } from './search/search.js'

type Options = Readonly<Record<string, unknown>>

const backend = reference()
const x = randomTensor([4, 8], 3)
const labelled: readonly [TensorLike, TensorLike] = [x, { data: Int32Array.of(0, 1, 2, 3), shape: [4] }]
const ann = mlp()
let snn = ann
beforeAll(async () => void ({ snn } = await convert(ann, [x], { backend, steps: [2] })))

const known = { code: 'binary', steps: [2] } as const

async function walk(options: Options): Promise<void> {
  for await (const { t } of steps(snn, x, { backend, ...options })) if (t === 2) break
}

async function running(prepare: Options, options: Options): Promise<void> {
  await using prepared = simulator(snn, { backend, ...prepare })
  await prepared.run(x, { T: 2, ...options })
}

/** Everything that takes options: their names, and a call with some of them. */
const calls: Readonly<Record<string, readonly [rules: object, call: (options: Options) => Promise<unknown>]>> = {
  convert: [convertRules, (options) => convert(ann, [x], { backend, steps: [2], ...options })],
  searchConversion: [
    searchRules,
    (options) =>
      searchConversion(ann, [x], [randomTensor([4, 8], 4)], { backend, budget: 50, candidates: [known], ...options }),
  ],
  'a candidate of searchConversion': [
    candidateRules,
    (options) =>
      searchConversion(ann, [x], [randomTensor([4, 8], 4)], {
        backend,
        budget: 50,
        candidates: [{ ...known, ...options }],
      }),
  ],
  simulate: [simulateRules, (options) => simulate(snn, x, { backend, T: 2, ...options })],
  simulator: [simulatorRules, (options) => running(options, {})],
  'a run of simulator': [simulatorRunRules, (options) => running({}, options)],
  steps: [simulateRules, walk],
  evaluate: [evaluateRules, (options) => evaluate(snn, [labelled], { backend, steps: [2], ...options })],
  evaluateAnn: [evaluateAnnRules, (options) => evaluateAnn(ann, [labelled], { backend, ...options })],
  classify: [classifyRules, (options) => classify(snn, x, { backend, T: 2, ...options })],
}

const circular: { self?: unknown } = {}
circular.self = circular

/** What no option takes, or but some: these do what they say. */
const junk: readonly unknown[] = [
  null,
  true,
  7,
  0,
  -1,
  0.5,
  NaN,
  Infinity,
  1n,
  Symbol('s'),
  'x',
  '',
  'constructor',
  [],
  [null],
  [1n],
  [Symbol('s')],
  [[]],
  ['x'],
  {},
  { x: 1 },
  { x: 1n },
  { data: null },
  circular,
  Object.create(null),
  () => undefined,
  Promise.resolve(1),
  new AbortController(),
  new Uint8Array(3),
  new Map(),
  new Date(0),
]

const outcome = (work: () => Promise<unknown>): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      (error: unknown) => error,
    )

describe.each(Object.entries(calls))('options of %s', (_, [rules, call]) => {
  it(
    'answers whatever an option is given, or says in an SnnError what is wrong with it',
    { timeout: 60_000 },
    async () => {
      const raw: string[] = []
      for (const name of Object.keys(rules)) {
        for (const [i, value] of junk.entries()) {
          const error = await outcome(() => call({ [name]: value }))
          if (error !== undefined && !isSnnError(error))
            raw.push(`${name}, given junk ${i}: ${error instanceof Error ? error.message : typeof error}`)
        }
      }
      expect(raw).toEqual([])
    },
  )

  it('takes no name that it does not know', async () => {
    expect(await outcome(() => call({ unknownOption: 1 }))).toMatchObject({
      code: 'ARGUMENT',
      message: expect.stringMatching(/unknown option 'unknownOption', expected one of /) as string,
    })
  })

  it('takes no value that means nothing', async () => {
    const meaningless: Options = {
      per: 'channels',
      softmax: 'Keep',
      unsupported: 'Keep',
      weights: 'Keep',
      balance: 7,
      onLayer: 'x',
      output: 7,
      sizes: 'x',
      mode: [],
      steps: 'x',
      signal: new AbortController(),
      onProgress: 'x',
      record: true,
      readout: 7,
      labelOffset: '1',
      samples: '10',
      T: '8',
      classNames: 'abc',
      top: '3',
      validation: 7,
      candidates: 7,
      first: 1,
      sameData: 'yes',
      preset: 7,
      budget: '1',
      backend: 'cpu',
      resume: [7],
      delay: 'x',
      code: 7,
      target: 7,
      initialPotential: '0.5',
      levels: '4',
      digits: '1',
      wait: '1',
      earlyExit: '4',
      advice: 7,
    }
    expect(Object.keys(rules).filter((name) => !(name in meaningless))).toEqual([])
    for (const name of Object.keys(rules)) {
      expect(await outcome(() => call({ [name]: meaningless[name] })), name).toMatchObject({
        code: 'ARGUMENT',
        details: { name },
        message: expect.stringMatching(/expected .*/) as string,
      })
    }
  })
})

describe('options within options', () => {
  it.each<[string, Options]>([
    ['a misspelled one of balance', { mode: 'balance', balance: { round: 3 } }],
    ['no samples of a batch', { mode: 'balance', balance: { samples: 0 } }],
    ['no steps of learning', { mode: 'balance', balance: { rounds: 2, learningRate: 0 } }],
    ['a mode without thresholds', { mode: {} }],
    ['a threshold as text', { mode: { thresholds: { relu1: '1', relu2: 1 } } }],
    ['a threshold as bigint', { mode: { thresholds: { relu1: 1n, relu2: 1 } } }],
    ['a size of 0', { sizes: { width: 0 } }],
    ['half a label', { labelOffset: 0.5 }],
  ])('%s', async (_, options) => {
    expect(await outcome(() => convert(ann, [x], { backend, ...options }))).toMatchObject({ code: 'ARGUMENT' })
  })

  it('every number of steps is an array of them, or one', async () => {
    expect(await outcome(() => evaluate(snn, [labelled], { backend, steps: true as never }))).toMatchObject({
      code: 'ARGUMENT',
      details: { name: 'steps' },
    })
    expect(await outcome(() => convert(ann, [x], { backend, steps: 8 as never }))).toMatchObject({
      code: 'ARGUMENT',
      details: { name: 'steps' },
    })
  })

  it('the layers of a report are layers', () => {
    for (const layers of [null, [null], [7]]) expect(() => layerToBlame(layers as never)).toThrow(/\[layerToBlame\]/)
  })
})

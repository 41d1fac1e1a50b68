import { isList, isNumber, isObject, isText, oneOf, optionRule, type OptionRules as Rules } from '@snn/tensor/library'
import type { WorkOptions } from './calibrate/activations.js'
import type { BalanceOptions } from './calibrate/balance.js'
import type { Candidate } from './search/candidates.js'
import type { ClassOptions } from './run/classes.js'
import type { ClassifyOptions } from './run/classify.js'
import type { ConvertOptions } from './convert.js'
import type { EvaluateOptions } from './run/evaluate.js'
import type { SearchOptions } from './search/search.js'
import type { SimulateOptions } from './run/simulate.js'

const { number, whole, count, positive, numbers, text, texts, flag, callback, backend, signal } = optionRule

const work: Rules<WorkOptions> = { backend, signal, onProgress: callback }

const classes: Rules<ClassOptions> = { labelOffset: whole }

const run = {
  T: number,
  readout: {
    takes: (value) => isText(value) || isObject(value),
    expected: 'the name of a read-out, or { by, start, classes }',
  },
} satisfies Partial<Rules<SimulateOptions>>

const balance: Rules<BalanceOptions> = { rounds: count, learningRate: positive, samples: count }

function isBalance(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([name, own]) =>
        own === undefined || (Object.hasOwn(balance, name) && balance[name as keyof BalanceOptions].takes(own)),
    )
  )
}

/** What distinguishes a conversion that a search tries. */
export const candidateRules: Rules<Candidate> = {
  code: text,
  levels: number,
  digits: number,
  mode: {
    takes: (value) =>
      isText(value) ||
      (isObject(value) &&
        isObject(value['thresholds']) &&
        Object.values(value['thresholds']).every((own) => isNumber(own) || numbers.takes(own))),
    expected:
      "'max', 'balance', 'sequential', 'gaussian', a percentile such as '99.9%', or { thresholds } with a number or an array of them for each layer",
  },
  per: oneOf('layer', 'channel'),
  T: number,
  wait: number,
  weights: oneOf('keep', 'biases', 'calibrate'),
  steps: numbers,
  samples: count,
}

/** What all conversions of a search share. */
const common = {
  ...work,
  ...classes,
  target: text,
  onLayer: callback,
  resume: {
    takes: (value) =>
      Array.isArray(value) &&
      value.every((found) => isObject(found) && [found['key'], found['layer'], found['what']].every(isText)),
    expected: 'an array of what onLayer was told',
  },
  balance: {
    takes: isBalance,
    expected: 'an object with rounds and samples, whole numbers of at least 1, and learningRate, a number above 0',
  },
  initialPotential: number,
  delay: { takes: (value) => isNumber(value) || value === 'auto', expected: "a number or 'auto'" },
  softmax: oneOf('strip', 'keep'),
  unsupported: oneOf('error', 'keep'),
  output: text,
  sizes: {
    takes: (value) => isObject(value) && Object.values(value).every(count.takes),
    expected: 'an object with a whole number of at least 1 for each name',
  },
} satisfies Partial<Rules<ConvertOptions>>

export const convertRules: Rules<ConvertOptions> = {
  ...common,
  ...candidateRules,
  validation: {
    takes: (value) => isList(value) || (isObject(value) && (Symbol.asyncIterator in value || Symbol.iterator in value)),
    expected: 'batches: an array of { data, shape } or of [x, labels], or a loader',
  },
}

export const searchRules: Rules<SearchOptions> = {
  ...common,
  weights: candidateRules.weights,
  preset: text,
  budget: number,
  first: flag,
  candidates: { takes: Array.isArray, expected: 'an array of options of conversions' },
  sameData: flag,
}

export const simulateRules: Rules<SimulateOptions> = { ...work, ...run, record: texts }

/** Of `simulator`, and of its runs. */
export const simulatorRules = { backend: work.backend, readout: run.readout, record: texts }
export const simulatorRunRules = { T: number, signal: work.signal }

export const evaluateRules: Rules<EvaluateOptions> = {
  ...work,
  ...classes,
  readout: run.readout,
  steps: {
    takes: (value) => isNumber(value) || numbers.takes(value),
    expected: 'a number of steps, or an array of them',
  },
  earlyExit: number,
  advice: text,
}
export const evaluateAnnRules: Rules<WorkOptions & ClassOptions> = { ...work, ...classes }
export const classifyRules: Rules<ClassifyOptions> = {
  backend: work.backend,
  signal: work.signal,
  ...classes,
  ...run,
  classNames: texts,
  top: number,
}

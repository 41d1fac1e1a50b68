import { checkOptions, wrongArgument } from '@snn/tensor/library'
import type { WorkOptions } from './calibrate/activations.js'
import type { BalanceOptions } from './calibrate/balance.js'
import type { Candidate } from './search/candidates.js'
import type { ClassOptions } from './run/classes.js'
import type { ClassifyOptions } from './run/classify.js'
import type { ConvertOptions } from './convert.js'
import type { EvaluateOptions } from './run/evaluate.js'
import type { SearchOptions } from './search/search.js'
import type { SimulateOptions } from './run/simulate.js'

/**
 * Which values an option takes, for callers that no compiler has checked. Bounds of numbers, and names that tables
 * hold, are checked where they are used.
 */
interface Rule {
  readonly takes: (value: unknown) => boolean
  /** In words, for errors. */
  readonly expected: string
}

/** A rule for each option that there is. */
type Rules<Options> = { readonly [Name in keyof Required<Options>]: Rule }

/**
 * Throws `ARGUMENT` for options without a rule, whose names are misspelled, and for values that their rule does not
 * take.
 */
export function checkByRules(operation: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  checkOptions(operation, options, Object.keys(rules))
  for (const [name, value] of Object.entries(options)) {
    const { takes, expected } = rules[name]!
    if (value !== undefined && !takes(value)) throw wrongArgument(operation, name, value, expected, 'Correct the call.')
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
const isNumber = (value: unknown): value is number => typeof value === 'number'
const isText = (value: unknown): value is string => typeof value === 'string'
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
const isNumbers = (value: unknown): boolean => isList(value) && value.every(isNumber)
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1
const isPositive = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0
const hasFunctions =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    isObject(value) && names.every((name) => typeof value[name] === 'function')

const number: Rule = { takes: isNumber, expected: 'a number' }
const whole: Rule = { takes: Number.isSafeInteger, expected: 'a whole number' }
const count: Rule = { takes: isCount, expected: 'a whole number of at least 1' }
const numbers: Rule = { takes: isNumbers, expected: 'an array of numbers' }
const text: Rule = { takes: isText, expected: 'a string' }
const texts: Rule = { takes: (value) => Array.isArray(value) && value.every(isText), expected: 'an array of strings' }
const flag: Rule = { takes: (value) => typeof value === 'boolean', expected: 'true or false' }
const callback: Rule = { takes: (value) => typeof value === 'function', expected: 'a function' }

function oneOf(...values: readonly string[]): Rule {
  return {
    takes: (value) => values.some((one) => one === value),
    expected: values.map((value) => `'${value}'`).join(' or '),
  }
}

const work: Rules<WorkOptions> = {
  backend: { takes: hasFunctions('compile', 'dispose'), expected: 'a backend, such as await cpu()' },
  signal: {
    takes: hasFunctions('throwIfAborted', 'addEventListener'),
    expected: "an AbortSignal: an AbortController's is its .signal",
  },
  onProgress: callback,
}

const classes: Rules<ClassOptions> = { labelOffset: whole }

const run = {
  T: number,
  readout: {
    takes: (value) => isText(value) || isObject(value),
    expected: 'the name of a read-out, or { by, start, classes }',
  },
} satisfies Partial<Rules<SimulateOptions>>

const balance: Rules<BalanceOptions> = {
  rounds: count,
  learningRate: { takes: isPositive, expected: 'a number above 0' },
  samples: count,
}

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
        Object.values(value['thresholds']).every((own) => isNumber(own) || isNumbers(own))),
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
    takes: (value) => isObject(value) && Object.values(value).every(isCount),
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
  steps: { takes: (value) => isNumber(value) || isNumbers(value), expected: 'a number of steps, or an array of them' },
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

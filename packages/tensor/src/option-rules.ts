import { checkObject, checkOptions, wrongArgument } from './check.js'

/**
 * Which values an option takes, for callers that no compiler has checked. Bounds of numbers, and names that tables
 * hold, are checked where they are used.
 */
export interface OptionRule {
  readonly takes: (value: unknown) => boolean
  /** In words, for errors. */
  readonly expected: string
}

/** A rule for each option that there is: an option without one does not compile. */
export type OptionRules<Options> = { readonly [Name in keyof Required<Options>]: OptionRule }

/**
 * Throws `ARGUMENT` for options without a rule, whose names are misspelled, and for values that their rule does not
 * take.
 */
export function checkByRules(
  operation: string,
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
): asserts options is object {
  checkObject('checkByRules', rules, 'rules', 'a rule for each option')
  checkOptions(operation, options, Object.keys(rules))
  for (const [name, value] of Object.entries(options)) {
    const { takes, expected } = rules[name]!
    if (value !== undefined && !takes(value)) throw wrongArgument(operation, name, value, expected, 'Correct the call.')
  }
}

/** Whether a value is an object and no array. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
/** Whether a value is a number, NaN among them. */
export const isNumber = (value: unknown): value is number => typeof value === 'number'
/** Whether a value is a string. */
export const isText = (value: unknown): value is string => typeof value === 'string'
/** Whether a value is an array, or a typed array. */
export const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
const hasFunctions =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    isObject(value) && names.every((name) => typeof value[name] === 'function')

/** Rules that options of many functions share. */
export const optionRule = {
  number: { takes: isNumber, expected: 'a number' },
  whole: { takes: Number.isSafeInteger, expected: 'a whole number' },
  count: {
    takes: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
    expected: 'a whole number of at least 1',
  },
  positive: { takes: (value) => Number.isFinite(value) && (value as number) > 0, expected: 'a number above 0' },
  numbers: { takes: (value) => isList(value) && value.every(isNumber), expected: 'an array of numbers' },
  text: { takes: isText, expected: 'a string' },
  texts: { takes: (value) => Array.isArray(value) && value.every(isText), expected: 'an array of strings' },
  flag: { takes: (value) => typeof value === 'boolean', expected: 'true or false' },
  callback: { takes: (value) => typeof value === 'function', expected: 'a function' },
  backend: { takes: hasFunctions('compile', 'dispose'), expected: 'a backend, such as await cpu()' },
  signal: {
    takes: hasFunctions('throwIfAborted', 'addEventListener'),
    expected: "an AbortSignal: an AbortController's is its .signal",
  },
} as const satisfies Readonly<Record<string, OptionRule>>

/** One of some names. */
export function oneOf(...values: readonly string[]): OptionRule {
  return {
    takes: (value) => values.some((one) => one === value),
    expected: values.map((value) => `'${value}'`).join(' or '),
  }
}

/** Options inside of options: an object whose values their own rules take, without other names. */
export function optionsBy(rules: Readonly<Record<string, OptionRule>>, expected: string): OptionRule {
  const isTaken = ([name, value]: [string, unknown]): boolean =>
    Object.hasOwn(rules, name) && (value === undefined || rules[name]!.takes(value))
  return { takes: (value) => isObject(value) && Object.entries(value).every(isTaken), expected }
}

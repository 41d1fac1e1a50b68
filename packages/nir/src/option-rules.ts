import { isObject, oneOf, optionRule, type OptionRule, type OptionRules } from '@snn/tensor/library'
import { isSurrogate } from '@snn/surrogate'
import type { FromNirOptions } from './from-nir.js'
import type { ReadNirOptions } from './read-nir.js'
import type { ToNirOptions } from './to-nir.js'
import type { WriteNirOptions } from './write-nir.js'

const { count, flag, number, text } = optionRule

/** Length of a step. */
export const dt: OptionRule = {
  takes: (value) => optionRule.positive.takes(value),
  expected: 'the length of a step in seconds, such as 1e-4',
}

export const readNirRules: OptionRules<ReadNirOptions> = { file: text, check: flag, repair: flag }
export const writeNirRules: OptionRules<WriteNirOptions> = { compression: flag, check: flag }
export const nirToJsonRules: OptionRules<Pick<WriteNirOptions, 'check'>> = { check: flag }
export const fromNirRules: OptionRules<FromNirOptions> = {
  dt,
  as: text,
  surrogate: { takes: isSurrogate, expected: 'a surrogate such as sigmoid()' },
  roundDelays: flag,
}
export const toNirRules: OptionRules<ToNirOptions> = {
  dt,
  softReset: oneOf('error', 'hard'),
  ties: oneOf('fire', 'keep'),
  foldBatchNorm: flag,
  shapes: {
    takes: (value) =>
      isObject(value) && Object.values(value).every((shape) => Array.isArray(shape) && shape.every(count.takes)),
    expected: 'the shape of a sample by the name of each input',
  },
}
export const stepRules: OptionRules<{ readonly dt: number }> = { dt }
export const compareRules: OptionRules<{ readonly dt: number; readonly tolerance?: number }> = { dt, tolerance: number }
export const eventRules: OptionRules<{ readonly timeShift?: number }> = { timeShift: number }
export const readNirDataRules: OptionRules<{ readonly file?: string }> = { file: text }

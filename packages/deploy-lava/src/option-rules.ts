import { isList, isObject, optionRule, type OptionRule, type OptionRules } from '@snn/tensor/library'
import type { ExportNetOptions } from './export/export-net.js'
import { approximations } from './export/neuron-form.js'
import type { NetworkOptions } from './netx/load-network.js'
import type { CompileSimulatorOptions } from './sim/compiled/compile-simulator.js'
import type { StepsOptions } from './sim/steps.js'
import type { ChipNetworkOptions } from './train/chip-network.js'

const { backend, flag, number, signal, text, texts } = optionRule

const orNull = ({ takes, expected }: OptionRule): OptionRule => ({
  takes: (value) => value === null || takes(value),
  expected: `${expected}, or null`,
})

/** In 1/4096. */
const decays: OptionRules<NonNullable<ExportNetOptions['decay']>> = { iDecay: number, vDecay: number }

export const exportNetRules: OptionRules<ExportNetOptions> = {
  approximate: {
    takes: (value) => Array.isArray(value) && value.every((name) => approximations.some((known) => known === name)),
    expected: `an array with some of ${approximations.map((name) => `'${name}'`).join(', ')}`,
  },
  weightBits: number,
  percentile: number,
  decay: {
    takes: (value) =>
      isObject(value) &&
      Object.entries(value).every(
        ([name, own]) => Object.hasOwn(decays, name) && (own === undefined || number.takes(own)),
      ),
    expected: 'an object with iDecay and vDecay, or one of them',
  },
  steps: number,
  readoutRange: number,
  encoder: text,
  out: text,
}
export const chipNetworkRules: OptionRules<ChipNetworkOptions> = {
  ...exportNetRules,
  latency: flag,
  surrogate: { takes: (value) => isObject(value) && 'spike' in value, expected: 'a surrogate such as sigmoid()' },
}
export const networkRules: OptionRules<NetworkOptions> = {
  numLayers: orNull(number),
  skipLayers: number,
  inputMessageBits: number,
  inputShape: orNull({ takes: Array.isArray, expected: '[C, H, W]' }),
  resetInterval: orNull(number),
  resetOffset: number,
  spikeExponent: number,
  inputBias: {
    takes: (value) => number.takes(value) || (isList(value) && value.every(number.takes)),
    expected: 'a number, or one for each neuron',
  },
}
export const stepsRules: OptionRules<StepsOptions> = { record: texts, backend, chunk: number, signal }
export const compileSimulatorRules: OptionRules<CompileSimulatorOptions> = {
  backend,
  record: texts,
  batch: number,
  inputBound: number,
}
export const readNetRules: OptionRules<{ readonly file?: string }> = { file: text }

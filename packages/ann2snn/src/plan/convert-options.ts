import { isList, isNumber, isObject, isText, oneOf, optionRule, optionsBy, type OptionRules } from '@snn/tensor/library'
import { workRules, type Per, type WorkOptions } from '../calibrate/activations.js'
import { balanceRules, type BalanceOptions } from '../calibrate/balance.js'
import type { LayerCalibration } from '../calibrate/checkpoint.js'
import type { ThresholdMode } from '../calibrate/thresholds.js'
import type { CodeName } from '../codes/code.js'
import type { Batches } from '../data.js'
import { classRules, type ClassOptions } from '../run/classes.js'
import type { Target } from './target.js'

/** Options of `convert`. Without any: binary spikes, thresholds that 0.1 % of the calibration activations exceed. */
export interface ConvertOptions extends WorkOptions, ClassOptions {
  /** What a spike means. Default 'binary'. */
  readonly code?: CodeName
  /** Levels of graded spikes or of a quantised activation, or bits; each code has its default. */
  readonly levels?: number
  /**
   * Significant binary digits of a graded spike, 1 to 8: sizes are m theta 2^-k, k < levels, at most theta, with m = 1
   * for one digit (Huang et al., ICML 2025), m = 1 or 1.5 for two (sums of two powers of two: Li et al., ICLR 2020). A
   * spike leaves at most 1/3, 1/5 .. of what a neuron owes. Default 2 in the code 'delta', 1 in the others.
   */
  readonly digits?: number
  /**
   * Time steps that the network is made for, where calibration or waiting needs to know. Default, with a `target`: 32.
   */
  readonly T?: number
  /**
   * Keeps to what the neurons of a chip can do, from calibration on: binary spikes, membranes that start at 0, its
   * reset. For `loihi`, `speck` and `xylo`, which take spikes, the first layer of neurons is made for the host and is
   * bound to none of it; max pooling before it is taken along. Further max pooling takes the maximum of the spikes of
   * each step, as neurons that fire when any of them is there (Rueckauer et al. 2017 describe what that loses), where
   * the reset is to 0.
   */
  readonly target?: Target
  /**
   * Time steps that each layer integrates before it fires, in the codes 'binary' and 'signed': accuracy for latency.
   * Default 0.
   */
  readonly wait?: number
  /**
   * What mode 'sequential' may change beside thresholds and initial potentials: nothing (default), biases, or weights
   * too.
   */
  readonly weights?: 'keep' | 'biases' | 'calibrate'
  /**
   * Mode 'sequential': is told what was found for each layer, as soon as it is, so that a calibration that was cut off
   * can go on.
   */
  readonly onLayer?: (found: LayerCalibration) => void | Promise<void>
  /** Mode 'sequential': what `onLayer` was told, in order. It goes on from there, with the result it would have had. */
  readonly resume?: readonly LayerCalibration[]
  /**
   * How thresholds are chosen. Default '99.9%', with `T` in the codes 'binary' and 'signed' 'sequential', in codes with
   * levels 'max', but for 'phase'.
   */
  readonly mode?: ThresholdMode
  /**
   * One threshold for a layer, or one for each channel. Default 'layer', in codes with levels 'channel'; 'balance' is
   * always per channel.
   */
  readonly per?: Per
  readonly balance?: BalanceOptions
  /**
   * Initial membrane potential as a share of the threshold, 0 to 1. Default 0.5, which makes the expected rounding
   * error zero.
   */
  readonly initialPotential?: number
  /** First step that counts in the output; 'auto': about half a step for each spiking layer. Default 0. */
  readonly delay?: number | 'auto'
  /** A softmax at the very end: 'strip' (default) gives logits, 'keep' probabilities. */
  readonly softmax?: 'strip' | 'keep'
  /** Layers that rate coding cannot carry: refuse the model (default), or leave them analogue. */
  readonly unsupported?: 'error' | 'keep'
  /** Which output of an ONNX model with several. Default: the one that holds the scores of the classes. */
  readonly output?: string
  /**
   * Numbers for sizes of the input that an ONNX model leaves free, beside the batch. Default: those of the first batch.
   */
  readonly sizes?: Readonly<Record<string, number>>
  /** Only the first so many samples of `batches` are used. Default: all. */
  readonly samples?: number
  /**
   * What the report is measured on, all of it: samples that choose no thresholds. Default: the first 8 to 128 of
   * `batches`, fewer of large networks.
   */
  readonly validation?: Batches
  /**
   * After how many time steps the report looks at the output. Default: what suits the code, such as 4, 8, 16, 32, 64.
   */
  readonly steps?: readonly number[]
}

/** What distinguishes a conversion that a search tries. */
export type Candidate = Pick<
  ConvertOptions,
  'code' | 'levels' | 'digits' | 'mode' | 'per' | 'T' | 'wait' | 'weights' | 'steps' | 'samples'
>

const { number, count, numbers, text, callback } = optionRule

export const candidateRules: OptionRules<Candidate> = {
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
export const commonRules = {
  ...workRules,
  ...classRules,
  target: text,
  onLayer: callback,
  resume: {
    takes: (value) =>
      Array.isArray(value) &&
      value.every((found) => isObject(found) && [found['key'], found['layer'], found['what']].every(isText)),
    expected: 'an array of what onLayer was told',
  },
  balance: optionsBy(
    balanceRules,
    'an object with rounds and samples, whole numbers of at least 1, and learningRate, a number above 0',
  ),
  initialPotential: number,
  delay: { takes: (value) => isNumber(value) || value === 'auto', expected: "a number or 'auto'" },
  softmax: oneOf('strip', 'keep'),
  unsupported: oneOf('error', 'keep'),
  output: text,
  sizes: {
    takes: (value) => isObject(value) && Object.values(value).every(count.takes),
    expected: 'an object with a whole number of at least 1 for each name',
  },
} satisfies Partial<OptionRules<ConvertOptions>>

export const convertRules: OptionRules<ConvertOptions> = {
  ...commonRules,
  ...candidateRules,
  validation: {
    takes: (value) => isList(value) || (isObject(value) && (Symbol.asyncIterator in value || Symbol.iterator in value)),
    expected: 'batches: an array of { data, shape } or of [x, labels], or a loader',
  },
}

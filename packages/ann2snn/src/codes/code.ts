import { clipLayer, type Layer, type StatefulLayer } from '@snn/nn'
import type { Shape } from '@snn/tensor'
import type { TargetRules } from '../plan/target.js'

/**
 * What a spike means. `binary`, `burst` and `phase`: one bit; `signed` and `stBif`: +1 or -1; `multiThreshold`,
 * `differential` and `delta`: a size and a sign.
 */
export type CodeName = 'binary' | 'signed' | 'burst' | 'phase' | 'stBif' | 'multiThreshold' | 'differential' | 'delta'

/**
 * A layer of the ANN that becomes neurons, and what was chosen for it: values for each element of a sample, in units of
 * the SNN.
 */
export interface Site {
  readonly name: string
  /** The activation. */
  readonly layer: Layer
  readonly shape: Shape
  /** The activation that the code counts in: as a rule the largest. */
  readonly threshold: Float64Array
  /** The potential that it fires at: the threshold, but for neurons that lose what exceeds it. */
  readonly level: Float64Array
  /** The initial potential. */
  readonly initial: Float64Array
  /** A constant current at every step. */
  readonly current: Float64Array
  /** Layers of neurons before this one, on the longest path. */
  readonly depth: number
}

export interface CodeSettings {
  /** Levels of graded spikes or of a quantised activation, or bits. */
  readonly levels: number
  /** Significant binary digits of a graded spike: with 1 its size is a power of two, with 2 also 1.5 times one. */
  readonly digits: number
  /** Steps that the network is made for; 0: any number. */
  readonly T: number
  /** Steps that each layer of neurons integrates before it fires. */
  readonly wait: number
  /** What the network keeps to, where it is for a chip. */
  readonly target?: TargetRules | undefined
}

/**
 * A neural code: what enters when, what a neuron emits, how the output is read, and what it can carry. One file a code;
 * the SNN is built from it by `normalize`.
 */
export interface Code {
  readonly name: CodeName
  /** In a word or two, and its source. */
  readonly summary: string
  /**
   * What flows on a connection. `sustained`: currents at every step, the constant input among them, and the output is
   * the mean over time. `once`: changes; input and biases enter at step 0, and the output is the sum of all that came.
   */
  readonly flow: 'sustained' | 'once'
  readonly spikes: 'binary' | 'graded'
  /** Whether spikes have a sign. */
  readonly signed: boolean
  readonly levels: { readonly default: number; readonly least: number; readonly most: number } | undefined
  /** Significant binary digits of a spike by default. */
  readonly digits: number
  /** How thresholds are chosen by default, where that is not `max` in spite of levels. */
  readonly mode?: '99.9%'
  /** Activations that become neurons, by kind of layer. */
  readonly neurons: ReadonlySet<string>
  /** Whether other functions and products of activations are carried, exact once nothing changes any more. */
  readonly functions: boolean
  /** Whether thresholds and scales are absorbed in the weights, so that a spike is a one. */
  readonly absorbs: boolean
  /** Step at which a layer of neurons may fire first, given how many layers of neurons come before. */
  start(depth: number, settings: CodeSettings): number
  neuron(site: Site, settings: CodeSettings): StatefulLayer
}

/** Kinds of activations that are zero for negative input. */
export const rectifiers: ReadonlySet<string> = new Set(['relu', 'clip'])

/** The most that an activation yields: the upper bound of a Clip. */
export function upperBound(layer: Layer): number {
  return (clipLayer.is(layer) ? layer.config.high : undefined) ?? Infinity
}

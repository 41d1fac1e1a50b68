import type { Shape, Tensor } from '@snn/tensor'
import type { Layer, State } from './layer.js'
import type { Readout } from './readout.js'

/** A named layer and where its inputs come from: names of other nodes or of network inputs. */
export interface NetworkNode {
  readonly name: string
  readonly layer: Layer
  readonly inputs: readonly string[]
}

/** An input of a network. */
export interface NetworkInput {
  readonly name: string
  /** Shape of one sample, without [T, N]; inputs are checked against it where it is known. */
  readonly shape?: Shape | undefined
}

/**
 * A connection backwards: what the node `from` gave one step before, zeros before the first, for nodes to name among
 * their inputs.
 */
export interface NetworkFeedback {
  readonly name: string
  readonly from: string
  /** Shape of one sample, without [T, N]. */
  readonly shape: Shape
}

/** State of all layers with memory, by node name, and `{ value }` of connections backwards. */
export type NetworkState = Readonly<Record<string, State>>

/** A tensor for a network with one input, else tensors by name. */
export type Inputs = Tensor | Readonly<Record<string, Tensor>>

/** Options of a run of a network, over one step or all. */
export interface RunOptions {
  readonly training?: boolean
  /** Where to start from; layers that it lacks start from their initial state. */
  readonly state?: NetworkState | undefined
  /** Values to hand out beside the outputs: `conv1.output`, `if1.v`, `*.spike`. */
  readonly record?: readonly string[]
}

/** What a run of a network gives. */
export interface RunResult {
  readonly outputs: Readonly<Record<string, Tensor>>
  /** The last state. */
  readonly state: NetworkState
  /** The state that a run without `options.state` starts from. */
  readonly initial: NetworkState
  readonly recorded: Readonly<Record<string, Tensor>>
}

/** `step`: [N, ..], one time step.  `sequence`: [T, N, ..], layer by layer. */
export type StepMode = 'step' | 'sequence'

/**
 * How a network is run, and what its outputs mean, where that is known: training and conversion say it, tools and files
 * keep to it.
 */
export interface NetworkMetadata {
  /** Time steps that it was trained for, or is best run for. */
  readonly T?: number
  readonly readout?: Readout
  /**
   * What a sample x becomes at its input: the same at every step (`constant`), one step after the other, x [T, ..]
   * (`sequence`), or what some function made of it (`other`), which has to be done before.
   */
  readonly encoding?: 'constant' | 'sequence' | 'other'
  /**
   * What a spike stands for, by the name of a code of conversion: `binary`, `delta`, .. Nothing where training found
   * that.
   */
  readonly code?: string
  /** Length of a time step in seconds, where steps stand for time. */
  readonly dt?: number
  /**
   * What an output of 1 stands for in the values of the network that it was converted from: value = outputScale output.
   * Default 1.
   */
  readonly outputScale?: number
}

/** What a Network is made from. */
export interface NetworkParts {
  readonly inputs: readonly NetworkInput[]
  /** In any order. */
  readonly nodes: readonly NetworkNode[]
  readonly outputs: readonly string[]
  readonly feedback?: readonly NetworkFeedback[]
  readonly metadata?: NetworkMetadata
}

/** What of a network is needed to run it. */
export interface Runnable {
  readonly inputs: readonly NetworkInput[]
  /** In topological order. */
  readonly nodes: readonly NetworkNode[]
  run(mode: StepMode, inputs: Inputs, options?: RunOptions): RunResult
}

/**
 * How a network runs.
 *
 * @deprecated Its name is `StepMode`.
 */
export type Mode = StepMode

import type { Learnable, ParameterValue, Surrogate, Within } from '@snn/surrogate'
import type { DType, Shape, Tensor, Variable } from '@snn/tensor'
import type { Reset, ResetName } from './reset.js'

/** Options that every neuron has. */
export interface CommonOptions {
  /** Firing threshold. Default 1. */
  readonly threshold?: ParameterValue
  /** Default: to 0, as SpikingJelly's hard reset. A membrane that is reset to a value also starts there. */
  readonly reset?: Reset
  /** Default: `sigmoid()`. */
  readonly surrogate?: Surrogate
  /** No gradient through the spike that resets. Default false. */
  readonly detachReset?: boolean
  /** What a spike carries on: 1, or the threshold (as a converted network needs it). Default 'one'. */
  readonly amplitude?: 'one' | 'threshold'
}

/** Options that are no tensors, with their defaults; of a list of names the first is the default. */
export type SettingSpecs = Readonly<Record<string, boolean | number | readonly [string, ...string[]]>>

/** What the options of a layer settled: the model's own settings, and `reset`; and how it is being run. */
export type Settings<C extends SettingSpecs> = { readonly [K in keyof C]: Setting<C[K]> } & {
  readonly reset: Reset
} & StepContext

/** How a step is being run. */
export interface StepContext {
  /** As in training, with noise and statistics of the batch. */
  readonly training: boolean
}

type Setting<V> = V extends boolean
  ? boolean
  : V extends number
    ? number
    : V extends readonly (infer Name)[]
      ? Name
      : never

export type Values<P extends string> = Readonly<Record<P | 'threshold', Tensor>>
export type State<S extends string> = Readonly<Record<S, Tensor>>

/**
 * One time step as functions; `parameters` broadcast against x and the state, which have the shape of the input of one
 * step (or none: `shared`).
 */
export interface StepFunctions<P extends string, S extends string, C extends SettingSpecs> {
  /** The state after the input x has come in. */
  charge(x: Tensor, state: State<S>, parameters: Values<P>, settings: Settings<C>): State<S>
  /** The spike, by `spike(u)` = H(u) with the surrogate's gradient. Default: spike(v - threshold). */
  readonly fire?: (
    state: State<S>,
    parameters: Values<P>,
    spike: (u: Tensor) => Tensor,
    settings: Settings<C>,
  ) => Tensor
  /**
   * The state after the spike s. Default: what the option `reset` says, on v; a function given here decides alone, see
   * `resets`.
   */
  readonly reset?: (state: State<S>, s: Tensor, parameters: Values<P>, settings: Settings<C>) => State<S>
  /** What the layer hands on, of the charged state and the spike. Default: the spike times its amplitude. */
  readonly output?: (state: State<S>, s: Tensor, parameters: Values<P>, settings: Settings<C>) => Tensor
}

/** Default values of parameters: numbers, or learnables; or functions of the settings that give them. */
export type ParameterDefaults<P extends string, C extends SettingSpecs> = Readonly<
  Record<P, ParameterDefault | ((settings: Settings<C>) => ParameterDefault)>
>
type ParameterDefault = number | Learnable

/** Initial values: numbers, or functions of the parameters. */
export type InitialValues<P extends string, S extends string> = Readonly<
  Record<S, number | ((parameters: Values<P>) => Tensor)>
>

/** A neuron model: one time step as charge, fire, reset. */
export interface NeuronSpec<P extends string, S extends string, C extends SettingSpecs = {}> extends StepFunctions<
  NoInfer<P>,
  NoInfer<S>,
  NoInfer<C>
> {
  /** Names and default values; `threshold` is always there. */
  readonly parameters: ParameterDefaults<P, NoInfer<C>>
  /** Names and initial values; `v` is the membrane potential. */
  readonly state: InitialValues<NoInfer<P>, S>
  /** States that are one number for the whole layer, such as a count of steps: scalars. */
  readonly shared?: readonly NoInfer<S>[]
  readonly settings?: C
  /** Open intervals that parameters and settings lie in: `{ tau: [1, Infinity] }`. */
  readonly within?: Within<NoInfer<P> | 'threshold' | (keyof NoInfer<C> & string)>
  /**
   * The values of the option `reset` that the model's own `reset` honours, the first the default unless `defaults` has
   * another; others are refused. Default: none with a `reset` of its own, all without.
   */
  readonly resets?: readonly ResetName[]
  /** Defaults of the options that every neuron has, where the model's differ. */
  readonly defaults?: Omit<CommonOptions, 'threshold'>
}

/** What the function that makes a neuron takes: its parameters, its settings, and what all neurons take. */
export type NeuronOptions<P extends string, S extends string, C extends SettingSpecs = {}> = {
  readonly [K in P]?: ParameterValue
} & {
  readonly [K in keyof C]?: Setting<C[K]>
} & CommonOptions & {
    /** Initial values other than the model's; a Variable broadcasts against [N, C, ..]. */
    readonly initial?: { readonly [K in S]?: number | Variable }
  }

/** What a neuron gives in one step. */
export interface Step<S extends string> {
  /** 0 or 1; an integer in models with graded spikes. */
  readonly spike: Tensor
  /** What the layer hands on: the spike times its amplitude, or what the model says. */
  readonly output: Tensor
  readonly state: State<S>
}

/**
 * A layer of neurons: pure functions of input and state. It has no size of its own; state takes the shape of the input
 * of one step, [N, ..].
 */
export interface Cell<S extends string = string> {
  readonly contract: 1
  readonly kind: string
  /** Everything but arrays, as JSON. */
  readonly config: Readonly<Record<string, unknown>>
  /**
   * Array-valued and learnable parameters, those of the surrogate too. Those per channel or neuron appear when the
   * first input has been seen.
   */
  readonly variables: Readonly<Record<string, Variable>>
  /** Names of the variables that training changes: those of `learnable(..)`. */
  readonly trainable: readonly string[]
  /** How many steps a sequence may have; any when it is not there. */
  readonly steps?: number
  /** Draws weights and noise from `key`, in layers that have some; weights that have been trained or set stay. */
  initialize?(key: number): void
  initialState(shape: Shape, dtype: DType): State<S>
  step(x: Tensor, state: State<S>, context?: StepContext): Step<S>
  /**
   * All steps at once, x [T, N, ..], of cells whose gradient is one of the whole sequence; values equal those of the
   * steps, `recorded` states and spikes.
   */
  sequence?(
    x: Tensor,
    state: State<S>,
    context?: StepContext,
  ): Pick<Step<S>, 'output' | 'state'> & { readonly recorded: Readonly<Record<string, Tensor>> }
}

/** A model of `defineNeuron` or `extendNeuron`: called with options it gives a layer. */
export interface NeuronModel<P extends string, S extends string, C extends SettingSpecs = {}> {
  (options?: NeuronOptions<P, S, C>): Cell<S>
  readonly kind: string
  readonly spec: NeuronSpec<P, S, C>
}

import type { DType, Shape, Tensor, Variable } from '@snn/tensor'

/** State of one layer, by name: tensors, as a rule of the shape that the layer's input has at one step. */
export type State = Readonly<Record<string, Tensor>>

/** How a layer is being run. */
export interface Context {
  /** Batch statistics and dropout, as in training. */
  readonly training: boolean
  /** Leading axes before the features: 1 for [N, ..], 2 for [T, N, ..]. */
  readonly lead: number
}

interface LayerBase {
  readonly contract: 1
  /** The name under which the layer can be made again from `config` and `variables`. */
  readonly kind: string
  /** Hyper-parameters as JSON. Axes and shapes are those of one sample, without [T, N]. */
  readonly config: Readonly<Record<string, unknown>>
  /** Weights, running statistics and other arrays. */
  readonly variables: Readonly<Record<string, Variable>>
  /** Names of the variables that training changes; default: all. One that is not there yet comes with the first input. */
  readonly trainable?: readonly string[]
  /** Draws the weights from `key`, unless they have been trained or set since they were drawn last. */
  initialize?(key: number): void
}

/** A layer without memory: it takes any leading axes. */
export interface StatelessLayer extends LayerBase {
  apply(inputs: readonly Tensor[], context: Context): Tensor
}

/** A layer with memory: one step of it. Neurons are such layers. */
export interface StatefulLayer extends LayerBase {
  /** The state before the first step, for an input of one step of `shape` [N, ..]. To be called in a trace. */
  initialState(shape: Shape, dtype: DType): State
  step(x: Tensor, state: State, context: Context): { readonly output: Tensor; readonly state: State; readonly spike?: Tensor }
}

export type Layer = StatelessLayer | StatefulLayer

export function isStateful(layer: Layer): layer is StatefulLayer {
  return 'step' in layer
}

export type Config = Readonly<Record<string, unknown>>
export type Variables = Readonly<Record<string, Variable>>

/** A kind of stateless layer: a function from config and weights to layers. */
export interface LayerKind<C extends object> {
  readonly kind: string
  (config: C, variables?: Variables): StatelessLayer
}

/**
 * Defines a kind of stateless layer by what it does to its inputs. `trainable` names the variables that training changes;
 * without it, all.
 */
export function defineLayer<C extends object>(
  kind: string,
  apply: (inputs: readonly [Tensor, ...Tensor[]], config: C, variables: Variables, context: Context) => Tensor,
  trainable?: readonly string[],
): LayerKind<C> {
  const create = (config: C, variables: Variables = {}): StatelessLayer => ({
    contract: 1,
    kind,
    config: config as Config,
    variables,
    ...(trainable && { trainable }),
    apply: (inputs, context) => apply(inputs as readonly [Tensor, ...Tensor[]], config, variables, context),
  })
  return Object.assign(create, { kind })
}

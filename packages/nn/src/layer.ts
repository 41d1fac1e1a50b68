import type { DType, Shape, Tensor, Variable } from '@snn/tensor'
import { checkFunction, checkObject } from '@snn/tensor/library'

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
  /**
   * Names of the variables that training changes; default: all. One that is not there yet comes with the first input.
   */
  readonly trainable?: readonly string[]
  /**
   * How many steps a sequence must have, for layers that see all of them at once, or may have, for those with memory;
   * any when it is not there.
   */
  readonly steps?: number
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
  step(x: Tensor, state: State, context: Context): Advance & { readonly spike?: Tensor }
  /**
   * All steps at once, x [T, N, ..], where that is cheaper than a loop over them; equal to it. The states of such a
   * layer are bookkeeping, which `record` does not offer, unless there are spikes: then `recorded` has the states and
   * spikes of all steps.
   */
  sequence?(x: Tensor, state: State, context: Context): Advance & { readonly recorded?: State }
}

/** What comes out of one step or of all, and the state after it. */
export interface Advance {
  readonly output: Tensor
  readonly state: State
}

/** What a network is made of: a function of tensors with parameters, with or without a state from step to step. */
export type Layer = StatelessLayer | StatefulLayer

/** Whether a layer has a state from step to step. */
export function isStateful(layer: Layer): layer is StatefulLayer {
  checkObject('isStateful', layer, 'layer')
  return 'step' in layer
}

/** The settings of a layer as plain data, which a file keeps. */
export type Config = Readonly<Record<string, unknown>>
/** Parameters and statistics of a layer by name. */
export type Variables = Readonly<Record<string, Variable>>

/** What is known of a layer of the kind `K`. */
export interface OfKind<C extends object, K extends string> {
  readonly kind: K
  readonly config: Readonly<C>
}

/** A kind of stateless layer: a function from config and weights to layers. */
export interface LayerKind<C extends object, K extends string = string> {
  readonly kind: K
  (config: C, variables?: Variables): StatelessLayer
  /** Whether a layer is of this kind: its config is then that of the kind. */
  is(layer: Layer): layer is StatelessLayer & OfKind<C, K>
}

/**
 * Defines a kind of stateless layer by what it does to its inputs. `trainable` names the variables that training
 * changes; without it, all. With the kind as a type, too, `defineLayer<Config, 'square'>('square', ..)`, `is` tells its
 * layers from all others.
 */
export function defineLayer<C extends object, K extends string = string>(
  kind: K,
  apply: (inputs: readonly [Tensor, ...Tensor[]], config: C, variables: Variables, context: Context) => Tensor,
  trainable?: readonly string[],
): LayerKind<C, K> {
  checkFunction('defineLayer', apply, 'apply')
  const create = (config: C, variables: Variables = {}): StatelessLayer => {
    checkParts(kind, config, variables)
    return {
      contract: 1,
      kind,
      config: config as Config,
      variables,
      ...(trainable && { trainable }),
      apply: (inputs, context) => apply(inputs as readonly [Tensor, ...Tensor[]], config, variables, context),
    }
  }
  return Object.assign(create, {
    kind,
    is: (layer: Layer): layer is StatelessLayer & OfKind<C, K> => isOf(kind, layer),
  })
}

/** A kind of layer with memory: a function from config and weights to layers. */
export interface StatefulLayerKind<C extends object, K extends string = string> {
  readonly kind: K
  (config: C, variables?: Variables): StatefulLayer
  /** Whether a layer is of this kind: its config is then that of the kind. */
  is(layer: Layer): layer is StatefulLayer & OfKind<C, K>
}

/** What a layer with memory does; `step` may be left out beside `sequence`: it is then a sequence of one step. */
type Behaviour = Pick<StatefulLayer, 'initialState' | 'initialize'> &
  (Pick<StatefulLayer, 'step'> | { readonly sequence: NonNullable<StatefulLayer['sequence']> })

/**
 * Defines a kind of layer with memory by what it does. `trainable` names the variables that training changes; without
 * it, all.
 */
export function defineStatefulLayer<C extends object, K extends string = string>(
  kind: K,
  behave: (config: C, variables: Variables) => Behaviour,
  trainable?: readonly string[],
): StatefulLayerKind<C, K> {
  checkFunction('defineStatefulLayer', behave, 'behave')
  const create = (config: C, variables: Variables = {}): StatefulLayer => {
    checkParts(kind, config, variables)
    const behaviour = behave(config, variables)
    const base = {
      contract: 1,
      kind,
      config: config as Config,
      variables,
      ...(trainable && { trainable: trainable.filter((name) => variables[name]) }),
    } as const
    return 'step' in behaviour ? { ...base, ...behaviour } : { ...base, ...behaviour, step: oneOf(behaviour.sequence) }
  }
  return Object.assign(create, { kind, is: (layer: Layer): layer is StatefulLayer & OfKind<C, K> => isOf(kind, layer) })
}

function isOf(kind: string, layer: Layer): boolean {
  checkObject(kind, layer, 'layer')
  return layer.kind === kind
}

function oneOf(sequence: NonNullable<StatefulLayer['sequence']>): StatefulLayer['step'] {
  return (x, before, context) => {
    const { output, state } = sequence(x.expandDims(0), before, { ...context, lead: 2 })
    return { output: output.squeeze(0), state }
  }
}

function checkParts(kind: string, config: object, variables: Variables): void {
  checkObject(kind, config, 'config')
  checkObject(kind, variables, 'variables', 'Variables by name')
}

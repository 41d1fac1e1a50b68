import { sigmoid, type Surrogate } from '@snn/surrogate'
import { SnnError, formatShape, sameShape, type DType, type Shape, type Tensor, type Variable } from '@snn/tensor'
import { checkOptions } from './options.js'
import { isLearnable, isVariable, materialize, parameterTensor, type ParameterValue } from './parameter.js'

/** What happens to the membrane after a spike: subtract the threshold, nothing, or set it to a value. */
export type Reset = 'soft' | 'none' | { readonly to: number }

/** Options that every neuron has. */
export interface CommonOptions {
  /** Firing threshold. Default 1. */
  readonly threshold?: ParameterValue
  /** Default: to 0, as SpikingJelly's hard reset. */
  readonly reset?: Reset
  /** Default: `sigmoid()`. */
  readonly surrogate?: Surrogate
  /** No gradient through the spike that resets. Default false. */
  readonly detachReset?: boolean
  /** What a spike carries on: 1, or the threshold (as a converted network needs it). Default 'one'. */
  readonly amplitude?: 'one' | 'threshold'
}

type Values<P extends string> = Readonly<Record<P | 'threshold', Tensor>>
type State<S extends string> = Readonly<Record<S, Tensor>>

/** A neuron model: one time step as charge, fire, reset. */
export interface NeuronSpec<P extends string, S extends string> {
  /** Names and default values; `threshold` is always there. */
  readonly parameters: Readonly<Record<P, number>>
  /** Names and initial values; `v` is the membrane potential. */
  readonly state: Readonly<Record<S, number>>
  /** The state after the input x has come in. */
  charge(x: Tensor, state: State<NoInfer<S>>, parameters: Values<NoInfer<P>>): State<NoInfer<S>>
  /** The spike, by `spike(u)` = H(u) with the surrogate's gradient. Default: spike(v - threshold). */
  readonly fire?: (state: State<NoInfer<S>>, parameters: Values<NoInfer<P>>, spike: (u: Tensor) => Tensor) => Tensor
  /** The state after the spike s. Default: what the option `reset` says, on v; a function given here decides alone. */
  readonly reset?: (state: State<NoInfer<S>>, s: Tensor, parameters: Values<NoInfer<P>>) => State<NoInfer<S>>
}

export type NeuronOptions<P extends string, S extends string> = { readonly [K in P]?: ParameterValue } &
  CommonOptions & {
    /** Initial values other than the model's; a Variable broadcasts against [N, C, ..]. */
    readonly initial?: { readonly [K in S]?: number | Variable }
  }

export interface Step<S extends string> {
  /** 0 or 1. */
  readonly spike: Tensor
  /** What the layer hands on: the spike times its amplitude. */
  readonly output: Tensor
  readonly state: State<S>
}

/**
 * A layer of neurons: pure functions of input and state. It has no size of its own; state takes the shape of the input of one
 * step, [N, ..].
 */
export interface Cell<S extends string = string> {
  readonly contract: 1
  readonly kind: string
  /** Everything but arrays, as JSON. */
  readonly config: Readonly<Record<string, unknown>>
  /** Array-valued and learnable parameters. Those per channel or neuron appear when the first input has been seen. */
  readonly variables: Readonly<Record<string, Variable>>
  /** Names of the variables that training changes: those of `learnable(..)`. */
  readonly trainable: readonly string[]
  initialState(shape: Shape, dtype: DType): State<S>
  step(x: Tensor, state: State<S>): Step<S>
}

/**
 * A new neuron model; calling the result with options gives a layer. One step is
 *
 *   state <- charge(x, state)
 *   s     =  fire(state)
 *   state <- reset(state, s)
 *
 * @throws `ARGUMENT` for a model whose default fire or reset has no `v` to work on, and, from the result, for an unknown option
 * or a value outside of its domain
 */
export function defineNeuron<const P extends string, const S extends string>(kind: string, spec: NeuronSpec<P, S>): (options?: NeuronOptions<P, S>) => Cell<S> {
  if (!('v' in spec.state) && !(spec.fire && spec.reset)) {
    throw new SnnError('ARGUMENT', `[${kind}] state ${Object.keys(spec.state).join(', ') || 'none'} without v, expected one for the default fire and reset. Add v, or give both functions.`, {
      name: 'state',
      value: Object.keys(spec.state),
    })
  }
  const defaults: Record<string, number> = { threshold: 1, ...spec.parameters }
  return (options = {}) => {
    const given = options as Readonly<Record<string, unknown>>
    checkOptions(kind, given, Object.keys(defaults), Object.keys(spec.state))
    const { reset = { to: 0 }, surrogate = sigmoid(), detachReset = false, amplitude = 'one' } = options as CommonOptions
    const initial = { ...spec.state, ...(options as { initial?: Record<S, number | Variable> }).initial } as Readonly<Record<S, number | Variable>>
    const values = new Map<string, ParameterValue>(Object.entries(defaults).map(([name, value]) => [name, (given[name] as ParameterValue | undefined) ?? value]))
    const trainable = [...values.keys()].filter((name) => isLearnable(values.get(name)!))

    const variables: Record<string, Variable> = {}
    for (const [name, value] of values) {
      if (isVariable(value)) variables[name] = value
      else if (isLearnable(value) && value.per === 'layer') variables[name] = materialize(value, `${kind}.${name}`, [], 'float32')
    }
    for (const [name, value] of Object.entries<number | Variable>(initial)) if (isVariable(value)) variables[`initial.${name}`] = value

    const parametersFor = (x: Tensor): Values<P> => {
      const entries = [...values].map(([name, value]) => {
        const ready = isLearnable(value) ? (variables[name] ??= materialize(value, `${kind}.${name}`, x.shape, x.dtype)) : value
        return [name, parameterTensor(ready, `${kind}.${name}`, x.shape, x.dtype)] as const
      })
      return Object.fromEntries(entries) as Values<P>
    }
    const fire = spec.fire ?? ((state: State<S>, { threshold }: Values<P>, spike: (u: Tensor) => Tensor) => spike(membrane(state).sub(threshold)))
    const resetState = spec.reset ?? ((state: State<S>, s: Tensor, { threshold }: Values<P>) => ({ ...state, v: resetMembrane(membrane(state), s, threshold, reset) }))

    return {
      contract: 1,
      kind,
      config: configOf(values, initial, { reset, surrogate: { name: surrogate.name, ...surrogate.parameters }, detachReset, amplitude }),
      variables,
      trainable,
      initialState: (shape, dtype) => mapValues(initial, (value, name) => parameterTensor(value, `${kind}.initial.${name}`, shape, dtype).broadcastTo(shape)),
      step(x, state) {
        checkState(kind, x, state, Object.keys(spec.state))
        const parameters = parametersFor(x)
        const charged = spec.charge(x, state, parameters)
        const spike = fire(charged, parameters, (u) => surrogate.spike(u))
        const next = resetState(charged, detachReset ? spike.stopGradient() : spike, parameters)
        return { spike, output: amplitude === 'one' ? spike : spike.mul(parameters.threshold), state: next }
      },
    }
  }
}

function membrane(state: Readonly<Record<string, Tensor>>): Tensor {
  return state['v']!
}

/** soft: v - s threshold;  to: (1 - s) v + s to;  none: v */
function resetMembrane(v: Tensor, spike: Tensor, threshold: Tensor, reset: Reset): Tensor {
  if (reset === 'none') return v
  if (reset === 'soft') return v.sub(spike.mul(threshold))
  const kept = spike.neg().add(1).mul(v)
  return reset.to === 0 ? kept : kept.add(spike.mul(reset.to))
}

function checkState(kind: string, x: Tensor, state: Readonly<Record<string, Tensor>>, names: readonly string[]): void {
  for (const name of names) {
    const value = state[name]
    if (!value || !sameShape(value.shape, x.shape)) {
      const got = value ? `shape ${formatShape(value.shape)}` : 'nothing'
      throw new SnnError('SHAPE', `[${kind}] state '${name}' has ${got}, expected the shape of the input, ${formatShape(x.shape)}. Start from initialState(x.shape, x.dtype).`, {
        shapes: value ? [value.shape, x.shape] : [x.shape],
      })
    }
  }
}

/** What is not an array, as JSON. */
function configOf(values: ReadonlyMap<string, ParameterValue>, initial: Readonly<Record<string, number | Variable>>, common: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of values) {
    if (typeof value === 'number') plain[name] = value
    else if (isLearnable(value)) plain[name] = { learnable: value.learnable, per: value.per }
  }
  return { ...plain, ...common, initial: Object.fromEntries(Object.entries(initial).filter(([, value]) => typeof value === 'number')) }
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V, key: string) => W): Record<K, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value as V, key)])) as Record<K, W>
}

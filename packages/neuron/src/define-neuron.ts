import { isVariable, sigmoid, surrogateParts, type ParameterValue } from '@snn/surrogate'
import { SnnError, type Shape, type DType, type Tensor, type Variable } from '@snn/tensor'
import { checkMembers, checkString } from '@snn/tensor/library'
import { checkState } from './check-state.js'
import { mapValues } from './map-values.js'
import { checkOptions } from './options.js'
import { describeParameters, layerParameters, parameterTensor } from './parameter.js'
import { resetMembrane, resetNamed, type ResetName } from './reset.js'
import type {
  Cell,
  CommonOptions,
  NeuronModel,
  NeuronOptions,
  NeuronSpec,
  SettingSpecs,
  Settings,
  State,
  StepContext,
  Values,
} from './spec.js'

/**
 * A new neuron model; calling the result with options gives a layer. One step is
 *
 *   state <- charge(x, state)
 *   s     =  fire(state)
 *   state <- reset(state, s)
 *
 * @throws `ARGUMENT` for a model whose default fire or reset has no `v` to work on, and, from the result, for an
 * unknown option or a value outside of its domain
 */
export function defineNeuron<const P extends string, const S extends string, const C extends SettingSpecs = {}>(
  kind: string,
  spec: NeuronSpec<P, S, C>,
): NeuronModel<P, S, C> {
  checkString('defineNeuron', kind, 'kind')
  checkMembers(kind, spec, 'spec', ['parameters', 'state', 'charge()'], 'a model: { parameters, state, charge }')
  if (!('v' in spec.state) && !(spec.fire && spec.reset)) {
    throw new SnnError(
      'ARGUMENT',
      `[${kind}] state ${Object.keys(spec.state).join(', ') || 'none'} without v, expected one for the default fire and reset. Add v, or give both functions.`,
      { name: 'state', value: Object.keys(spec.state) },
    )
  }
  return Object.assign((options: NeuronOptions<P, S, C> = {}) => makeCell(kind, spec, options), { kind, spec })
}

function makeCell<P extends string, S extends string, C extends SettingSpecs>(
  kind: string,
  spec: NeuronSpec<P, S, C>,
  options: NeuronOptions<P, S, C>,
): Cell<S> {
  const given = options as Readonly<Record<string, unknown>>
  const resets: readonly ResetName[] = spec.resets ?? (spec.reset ? [] : ['to', 'soft', 'none'])
  const names = ['threshold', ...Object.keys(spec.parameters)]
  checkOptions(kind, given, {
    parameters: names,
    within: spec.within ?? {},
    state: Object.keys(spec.state),
    settings: spec.settings ?? {},
    resets,
  })
  const explicitReset = (given['reset'] as CommonOptions['reset']) ?? spec.defaults?.reset
  const { reset, surrogate, detachReset, amplitude } = {
    reset: resetNamed(resets[0]),
    surrogate: spec.defaults?.surrogate ?? sigmoid(),
    detachReset: false,
    amplitude: 'one',
    ...spec.defaults,
    ...defined(options as CommonOptions, ['reset', 'surrogate', 'detachReset', 'amplitude']),
  } as const
  const own = mapValues(
    spec.settings ?? {},
    (value, name) => given[name] ?? (Array.isArray(value) ? (value as readonly unknown[])[0] : value),
  )
  const settingsIn = ({ training }: StepContext) => ({ ...own, reset, training }) as unknown as Settings<C>

  const defaults = {
    threshold: 1,
    ...mapValues<string, unknown, unknown>(spec.parameters, (value) =>
      typeof value === 'function' ? value(settingsIn(evaluation)) : value,
    ),
  }
  const values = new Map(
    Object.entries(defaults).map(([name, value]) => [name, (given[name] ?? value) as ParameterValue]),
  )
  const { variables, trainable, valuesFor } = layerParameters(kind, values)
  const start =
    typeof explicitReset === 'object' && typeof (spec.state as Record<string, unknown>)['v'] === 'number'
      ? { v: explicitReset.to }
      : {}
  const initial = { ...spec.state, ...start, ...(given['initial'] as object | undefined) } as Readonly<
    Record<S, number | Variable | ((parameters: Values<P>) => Tensor)>
  >
  for (const [name, value] of Object.entries<number | object>(initial))
    if (isVariable(value as ParameterValue)) variables[`initial.${name}`] = value as Variable
  const spiking = surrogateParts(surrogate)
  Object.assign(variables, spiking.variables)

  const shared: readonly string[] = spec.shared ?? []
  const parametersFor = (shape: Shape, dtype: DType) => valuesFor(shape, dtype) as Values<P>
  const fire =
    spec.fire ??
    ((state: State<S>, { threshold }: Values<P>, spike: (u: Tensor) => Tensor) => spike(membrane(state).sub(threshold)))
  const resetState =
    spec.reset ??
    ((state: State<S>, s: Tensor, { threshold }: Values<P>) => ({
      ...state,
      v: resetMembrane(membrane(state), s, threshold, reset),
    }))
  const output =
    spec.output ??
    ((_state: State<S>, s: Tensor, { threshold }: Values<P>) => (amplitude === 'one' ? s : s.mul(threshold)))

  return {
    contract: 1,
    kind,
    config: configOf(values, initial, {
      ...own,
      ...(resets.length > 0 && { reset }),
      ...spiking.config,
      detachReset,
      amplitude,
    }),
    variables,
    trainable: [...trainable, ...spiking.trainable],
    initialState: (shape, dtype) =>
      mapValues(initial, (value, name) => {
        const own = shared.includes(name) ? [] : shape
        return parameterTensor(
          typeof value === 'function' ? value(parametersFor(shape, dtype)) : value,
          `${kind}.initial.${name}`,
          own,
          dtype,
        ).broadcastTo(own)
      }),
    step(x, state, context = evaluation) {
      checkState(kind, x, state, Object.keys(spec.state), shared)
      const parameters = parametersFor(x.shape, x.dtype)
      const settings = settingsIn(context)
      const charged = spec.charge(x, state, parameters, settings)
      const spike = fire(charged, parameters, (u) => surrogate.spike(u), settings)
      const next = resetState(charged, detachReset ? spike.stopGradient() : spike, parameters, settings)
      return { spike, output: output(charged, spike, parameters, settings), state: next }
    },
  }
}

const evaluation: StepContext = { training: false }

function membrane(state: Readonly<Record<string, Tensor>>): Tensor {
  return state['v']!
}

/** What is not an array, as JSON. */
function configOf(
  values: ReadonlyMap<string, ParameterValue>,
  initial: Readonly<Record<string, unknown>>,
  common: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    ...describeParameters(values),
    ...common,
    initial: Object.fromEntries(Object.entries(initial).filter(([, value]) => typeof value === 'number')),
  }
}

/** The entries of `options` by these names that are given. */
function defined<T extends object, const K extends keyof T & string>(
  options: T,
  names: readonly K[],
): Partial<Pick<T, K>> {
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  ) as Partial<Pick<T, K>>
}

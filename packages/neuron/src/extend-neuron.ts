import { checkObject, wrongArgument } from '@snn/tensor/library'
import { defineNeuron } from './define-neuron.js'
import type { InitialValues, NeuronModel, NeuronSpec, ParameterDefaults, SettingSpecs, StepFunctions } from './spec.js'

/** The settings of a base and of its extension, which may give other defaults. */
export type Merged<C extends SettingSpecs, D extends SettingSpecs> = Omit<C, keyof D> & D

/** What a derived model has of its own; P, S and C are the names of base and extension together. */
export interface NeuronExtension<
  P extends string,
  S extends string,
  C extends SettingSpecs,
  Q extends string,
  R extends string,
  D extends SettingSpecs,
> extends Partial<StepFunctions<NoInfer<P | Q>, NoInfer<S | R>, NoInfer<Merged<C, D>>>> {
  /** New parameters, or other defaults. */
  readonly parameters?: ParameterDefaults<Q, NoInfer<Merged<C, D>>>
  /** New states, or other initial values. */
  readonly state?: InitialValues<NoInfer<P | Q>, R>
  /** Those of its states that are one number for the whole layer. */
  readonly shared?: readonly NoInfer<R>[]
  readonly settings?: D
  /** Other intervals, or those of new parameters and settings. */
  readonly within?: NeuronSpec<NoInfer<P | Q>, S, NoInfer<Merged<C, D>>>['within']
  /** Needed with a `reset` of its own that honours the option. */
  readonly resets?: NeuronSpec<P, S, C>['resets']
  readonly defaults?: NeuronSpec<P, S, C>['defaults']
}

/**
 * A neuron model derived from another: what the extension names is added or replaced, the rest is inherited. Inherited
 * functions leave new states as they are; those of the base can be called as `base.spec.charge(..)`.
 *
 * @throws `ARGUMENT` as `defineNeuron`
 */
export function extendNeuron<
  P extends string,
  S extends string,
  C extends SettingSpecs,
  const Q extends string = never,
  const R extends string = never,
  const D extends SettingSpecs = {},
>(
  kind: string,
  base: NeuronModel<P, S, C>,
  extension: NeuronExtension<P, S, C, Q, R, D>,
): NeuronModel<P | Q, S | R, Merged<C, D>> {
  if (typeof (base as Partial<typeof base> | undefined)?.spec?.charge !== 'function')
    throw wrongArgument('extendNeuron', 'base', base, 'a model such as lif')
  checkObject('extendNeuron', extension, 'extension')
  const { parameters, state, shared = [], settings, within, defaults, ...functions } = extension
  const { charge, reset } = base.spec
  const inherited = {
    ...base.spec,
    charge: (...[x, before, ...rest]: Parameters<typeof charge>) => ({ ...before, ...charge(x, before, ...rest) }),
    ...(reset && {
      reset: (...[before, ...rest]: Parameters<typeof reset>) => ({ ...before, ...reset(before, ...rest) }),
    }),
  }
  return defineNeuron(kind, {
    ...inherited,
    ...(functions.reset && { resets: undefined }),
    ...functions,
    parameters: { ...base.spec.parameters, ...parameters },
    state: { ...base.spec.state, ...state },
    shared: [...(base.spec.shared ?? []), ...shared],
    settings: { ...base.spec.settings, ...settings },
    within: { ...base.spec.within, ...within },
    defaults: { ...base.spec.defaults, ...defaults },
  } as unknown as NeuronSpec<P | Q, S | R, Merged<C, D>>)
}

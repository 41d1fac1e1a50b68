import { customGradient, grad, scalar, uniform, variable, type Tensor, type Variable } from '@snn/tensor'
import { checkMembers, checkObject, checkString, checkTensor } from '@snn/tensor/library'
import {
  isLearnable,
  isVariable,
  numberFault,
  parameterFault,
  wrongOption,
  type Learnable,
  type ParameterValue,
  type Within,
} from './parameter.js'

/**
 * A spike function: forward the Heaviside step, backward the derivative of a smooth function in its place
 * (Neftci et al., IEEE Signal Processing Magazine 2019).
 */
export interface Surrogate {
  readonly contract: 1
  readonly name: string
  /** Parameters and settings, as JSON; those that are arrays are left out. */
  readonly parameters: Readonly<Record<string, number | Learnable>>
  /** Whether `spike` gives the smooth function in place of the step. */
  readonly smooth: boolean
  /** Parameters that are Variables, and the count of random draws. */
  readonly variables: Readonly<Record<string, Variable>>
  /** Names of the variables that training changes: those of `learnable(..)`. */
  readonly trainable: readonly string[]
  /**
   * H(x) = 1 where x >= 0, else 0 (or as the surrogate says), of any shape, in the dtype of x; its gradient is the
   * surrogate's derivative.
   */
  spike(x: Tensor): Tensor
}

/** Whether a value is a surrogate, such as `sigmoid()` gives. */
export function isSurrogate(value: unknown): value is Surrogate {
  return typeof value === 'object' && value !== null && 'spike' in value
}

type Values<P extends string> = Readonly<Record<P, Tensor>>

/** A function of x; parameters are scalars of its dtype. */
type Curve<P extends string, C extends string> = (
  x: Tensor,
  parameters: Values<P>,
  settings: Readonly<Record<C, number>>,
) => Tensor

export interface SurrogateSpec<P extends string, C extends string = never> {
  /** Names and default values. */
  readonly parameters: Readonly<Record<P, number>>
  /** Open intervals that parameters and settings lie in. */
  readonly within?: Within<NoInfer<P | C>>
  /** Whole numbers that make the form of the function, with their defaults. */
  readonly settings?: Readonly<Record<C, number>>
  /** What comes forward. Default: the step H(x). */
  readonly forward?: Curve<NoInfer<P>, NoInfer<C>>
  /** In place of `forward`: a spike with this probability, drawn by the setting `seed`. */
  readonly probability?: Curve<NoInfer<P>, NoInfer<C>>
  /** The smooth function that stands in for it. */
  readonly primitive: Curve<NoInfer<P>, NoInfer<C>>
  /** Its derivative, of a shape that broadcasts to that of x. */
  readonly derivative: Curve<NoInfer<P>, NoInfer<C>>
}

/** What the function that makes a surrogate takes: its parameters, its settings (whole numbers), and `smooth`. */
export type SurrogateOptions<P extends string, C extends string = never> = { readonly [K in P]?: ParameterValue } & {
  readonly [K in C]?: number
} & {
  /**
   * Forward the primitive instead of the step, so that gradients can be checked by finite differences. Default false.
   */
  readonly smooth?: boolean
}

/**
 * A new family of spike functions; calling the result with options gives one. A parameter that is a Tensor, a Variable
 * or
 * `learnable(..)` has a gradient too: that of the primitive.
 *
 * @throws `ARGUMENT` (from the result) for an unknown option, a parameter outside of its interval, a setting that is
 * not a whole number, or a learnable that is not per layer
 */
export function defineSurrogate<const P extends string, const C extends string = never>(
  name: string,
  spec: SurrogateSpec<P, C>,
): (options?: SurrogateOptions<P, C>) => Surrogate {
  checkString('defineSurrogate', name, 'name')
  checkMembers(
    name,
    spec,
    'spec',
    ['parameters', 'primitive()', 'derivative()'],
    'a surrogate: { parameters, primitive, derivative }',
  )
  return (options = {}) => {
    checkObject(name, options)
    const { smooth = false, ...given } = options as Readonly<Record<string, unknown>> & { readonly smooth?: boolean }
    checkOptions(name, { ...given, smooth }, spec)
    const settings: Readonly<Record<C, number>> = {
      ...spec.settings!,
      ...pick(given, Object.keys(spec.settings ?? {})),
    }
    const chosen: Readonly<Record<P, ParameterValue>> = {
      ...spec.parameters,
      ...pick(given, Object.keys(spec.parameters)),
    }
    const variables: Record<string, Variable> = {}
    const values = Object.entries<ParameterValue>(chosen)
    for (const [key, value] of values) {
      if (isVariable(value)) variables[key] = value
      else if (isLearnable(value))
        variables[key] = variable({ data: Float32Array.of(value.learnable), shape: [] }, { name: `${name}.${key}` })
    }
    const valuesFor = (x: Tensor): Values<P> =>
      Object.fromEntries(
        values.map(([key, value]) => [
          key,
          typeof value === 'number'
            ? scalar(value, x.dtype)
            : (variables[key]?.read() ?? (value as Tensor)).cast(x.dtype),
        ]),
      ) as Values<P>
    const changing = values.filter(([, value]) => typeof value !== 'number').map(([key]) => key as P)

    let forward = spec.forward ?? ((x: Tensor) => x.ge(0).cast(x.dtype))
    if (spec.probability) {
      const { probability } = spec
      variables['draws'] = variable({ data: Int32Array.of(0), shape: [] }, { name: `${name}.draws` })
      const seed = (settings as Readonly<Record<string, number>>)['seed'] ?? 0
      forward = (x, ...rest) => {
        const draws = variables['draws']!
        const draw = draws.read()
        draws.assign(draw.add(1))
        return uniform(x.shape, { seed, offset: draw })
          .cast(x.dtype)
          .lt(probability(x, ...rest))
          .cast(x.dtype)
      }
    }
    return {
      contract: 1,
      name,
      parameters: {
        ...(Object.fromEntries(values.filter(([, value]) => typeof value === 'number' || isLearnable(value))) as Record<
          string,
          number | Learnable
        >),
        ...settings,
      },
      smooth,
      variables,
      trainable: values.filter(([, value]) => isLearnable(value)).map(([key]) => key),
      spike(x) {
        checkTensor(`${name}.spike`, x)
        const now = valuesFor(x)
        if (smooth) return spec.primitive(x, now, settings)
        return customGradient(
          forward(x, now, settings),
          [x, ...changing.map((key) => now[key])],
          (dy, [input, ...traced]) => {
            const then = { ...now, ...Object.fromEntries(changing.map((key, i) => [key, traced[i]!])) }
            const along = dy.mul(spec.derivative(input!, then, settings))
            if (traced.length === 0) return [along]
            return [
              along,
              ...grad(spec.primitive(input!.stopGradient(), then, settings).mul(dy.stopGradient()).sum(), traced),
            ]
          },
        )
      },
    }
  }
}

function checkOptions(
  name: string,
  given: Readonly<Record<string, unknown>>,
  spec: SurrogateSpec<string, string>,
): void {
  for (const [key, value] of Object.entries(given)) {
    const fault = value === undefined ? undefined : optionFault(key, value, spec)
    if (fault !== undefined) throw wrongOption(name, key, value, fault)
  }
}

function optionFault(
  key: string,
  value: unknown,
  { parameters, within, settings = {} }: SurrogateSpec<string, string>,
): string | undefined {
  if (key === 'smooth') return typeof value === 'boolean' ? undefined : 'true or false'
  if (key in settings) return Number.isSafeInteger(value) ? numberFault(value, within?.[key]) : 'a whole number'
  if (!(key in parameters))
    return `one of ${[...Object.keys(parameters), ...Object.keys(settings), 'smooth'].join(', ')}`
  return (
    parameterFault(value, within?.[key]) ??
    (isLearnable(value as ParameterValue) && (value as Learnable).per !== 'layer'
      ? "a learnable per 'layer'"
      : undefined)
  )
}

/** The entries of `given` by these names that are there. */
function pick<K extends string, V>(given: Readonly<Record<string, unknown>>, names: readonly string[]): Record<K, V> {
  return Object.fromEntries(names.filter((key) => given[key] !== undefined).map((key) => [key, given[key]])) as Record<
    K,
    V
  >
}

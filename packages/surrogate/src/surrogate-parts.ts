import { SnnError, type Variable } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { createSurrogate } from './create-surrogate.js'
import type { Surrogate } from './define-surrogate.js'

/** What a surrogate adds to the layer that has it. */
export interface SurrogateParts {
  readonly config: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly variables: Readonly<Record<string, Variable>>
  readonly trainable: readonly string[]
}

/** The description of a surrogate and its Variables, as a layer carries them under `name`. */
export function surrogateParts(surrogate: Surrogate, name = 'surrogate'): SurrogateParts {
  checkMembers('surrogateParts', surrogate, 'surrogate', ['spike()', 'variables'], 'a surrogate such as sigmoid()')
  const under = (key: string): string => `${name}.${key}`
  return {
    config: { [name]: { name: surrogate.name, ...surrogate.parameters } },
    variables: Object.fromEntries(Object.entries(surrogate.variables).map(([key, value]) => [under(key), value])),
    trainable: surrogate.trainable.map(under),
  }
}

/**
 * The surrogate again from the configuration and the Variables of a layer; undefined where it has none of this `name`.
 *
 * @throws `ARGUMENT` as `createSurrogate`, and for a parameter without a value
 */
export function surrogateFromParts(
  config: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, Variable>>,
  name = 'surrogate',
): Surrogate | undefined {
  checkObject('surrogateFromParts', config, 'config')
  checkObject('surrogateFromParts', variables, 'variables')
  if (config[name] === undefined) return undefined
  const { name: family, ...parameters } = config[name] as { readonly name: string } & Surrogate['parameters']
  const own = Object.fromEntries(
    Object.entries(variables).flatMap(([path, value]) =>
      path.startsWith(`${name}.`) ? [[path.slice(name.length + 1), value] as const] : [],
    ),
  )
  const surrogate = createSurrogate(family, parameters, own)
  for (const key of Object.keys(surrogate.parameters)) {
    if (key in parameters) continue
    throw new SnnError(
      'ARGUMENT',
      `[${family}] no value for '${key}', expected a number or a Variable. Give it as one of these where the surrogate is made.`,
      { name: key, value: undefined },
    )
  }
  return surrogate
}

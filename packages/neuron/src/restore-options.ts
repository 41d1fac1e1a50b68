import { surrogateFromParts } from '@snn/surrogate'
import type { Variable } from '@snn/tensor'
import { restoreParameters, type RestoredParameters } from './parameter.js'

export interface RestoredOptions extends Pick<RestoredParameters, 'learned'> {
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * The options of a layer of `defineNeuron` with these parameters, from what it says of itself.
 *
 * @throws `ARGUMENT` for a parameter without a value
 */
export function restoreOptions(
  kind: string,
  parameters: readonly string[],
  config: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, Variable>>,
): RestoredOptions {
  const { surrogate: _, initial, ...rest } = config
  const { options, learned } = restoreParameters(kind, parameters, config, variables)
  const initialArrays = Object.entries(variables).flatMap(([path, value]) =>
    path.startsWith('initial.') ? [[path.slice('initial.'.length), value] as const] : [],
  )
  return {
    options: {
      ...rest,
      ...options,
      surrogate: surrogateFromParts(config, variables),
      initial: { ...(initial as object | undefined), ...Object.fromEntries(initialArrays) },
    },
    learned,
  }
}

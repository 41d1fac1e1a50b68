import { SnnError, type Variable } from '@snn/tensor'
import type { Surrogate } from './define-surrogate.js'
import * as logarithmic from './logarithmic.js'
import * as piecewise from './piecewise.js'
import * as randomSpikes from './random-spikes.js'
import * as smooth from './smooth.js'
import { squarewaveFourierSeries } from './squarewave-fourier-series.js'

const makers = {
  ...smooth,
  ...piecewise,
  ...logarithmic,
  ...randomSpikes,
  squarewaveFourierSeries,
} as unknown as Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Surrogate>>

/**
 * A spike function of this package again from its name, parameters and `variables`, as they stand in a surrogate.
 *
 * @throws `ARGUMENT` for a name or parameters that this package does not have
 */
export function createSurrogate(
  name: string,
  parameters: Surrogate['parameters'] = {},
  variables: Readonly<Record<string, Variable>> = {},
): Surrogate {
  if (!Object.hasOwn(makers, name)) {
    throw new SnnError(
      'ARGUMENT',
      `[createSurrogate] name '${name}', expected one of ${Object.keys(makers).join(', ')}. Correct it.`,
      { name: 'name', value: name },
    )
  }
  const { draws: _, ...values } = variables
  const surrogate = makers[name]!({ ...values, ...parameters })
  // those of learnable parameters and the count of draws go on from where they were
  Object.assign(surrogate.variables, variables)
  return surrogate
}

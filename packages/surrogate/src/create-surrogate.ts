import { SnnError } from '@snn/tensor'
import type { Surrogate } from './define-surrogate.js'
import * as logarithmic from './logarithmic.js'
import * as piecewise from './piecewise.js'
import { poissonPass } from './poisson-pass.js'
import * as smooth from './smooth.js'
import { squarewaveFourierSeries } from './squarewave-fourier-series.js'

const makers: Readonly<Record<string, (options: Readonly<Record<string, number>>) => Surrogate>> = { ...smooth, ...piecewise, ...logarithmic, squarewaveFourierSeries, poissonPass }

/**
 * A spike function of this package again from its name and parameters, as in the configuration of a layer.
 *
 * @throws `ARGUMENT` for a name or parameters that this package does not have
 */
export function createSurrogate(name: string, parameters: Readonly<Record<string, number>> = {}): Surrogate {
  if (Object.hasOwn(makers, name)) return makers[name]!(parameters)
  throw new SnnError('ARGUMENT', `[createSurrogate] name '${name}', expected one of ${Object.keys(makers).join(', ')}. Correct it.`, { name: 'name', value: name })
}

import { SnnError, uniform, variable } from '@snn/tensor'
import type { Surrogate } from './define-surrogate.js'

/**
 * Random spikes of probability x in [0, 1], straight through (Bengio et al. 2013):
 *
 *   forward     1 with probability x, else 0
 *   primitive   x
 *   derivative  1
 *
 * Every call draws anew, counted by a Variable, so it works inside of a trace only; the same `seed` gives the same spikes.
 */
export function poissonPass(options: { readonly seed?: number; readonly smooth?: boolean } = {}): Surrogate {
  const { seed = 0, smooth = false, ...others } = options
  const unknown = Object.keys(others)[0]
  if (unknown !== undefined || !Number.isSafeInteger(seed)) {
    throw new SnnError('ARGUMENT', `[poissonPass] option ${unknown ?? `seed: ${seed}`}, expected a whole number for seed, or smooth. Correct it.`, { name: unknown ?? 'seed', value: seed })
  }
  const draws = variable({ data: Int32Array.of(0), shape: [] }, { name: 'poissonPass.draws' })
  return {
    contract: 1,
    name: 'poissonPass',
    parameters: { seed },
    smooth,
    spike(x) {
      if (smooth) return x
      const draw = draws.read()
      draws.assign(draw.add(1))
      const spike = uniform(x.shape, { seed, offset: draw }).cast(x.dtype).lt(x).cast(x.dtype)
      return x.add(spike.sub(x).stopGradient())
    },
  }
}

import type { StatefulLayer } from '@snn/nn'
import { SnnError, variable } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { bernoulli } from './bernoulli.js'

/**
 * Random spikes as a layer, for the head of a network: at each step x [N, ..] -> 1 with probability x, else 0. Its
 * state is the number of the draw, which the Variable `counter` keeps between runs, so that each run of a compiled
 * function draws anew, and the same `seed` gives the same spikes however the network is run over time.
 *
 * @throws `ARGUMENT` unless the seed is a whole number
 */
export function poissonEncoder(options: { readonly seed?: number } = {}): StatefulLayer {
  checkOptions('poissonEncoder', options, ['seed'])
  const { seed = 0 } = options
  if (!Number.isSafeInteger(seed))
    throw new SnnError('ARGUMENT', `[poissonEncoder] option seed: ${seed}, expected a whole number. Correct it.`, {
      name: 'seed',
      value: seed,
    })
  const counter = variable({ data: Int32Array.of(0), shape: [] }, { name: 'poissonEncoder.counter' })
  return {
    contract: 1,
    kind: 'poissonEncoder',
    config: { seed },
    variables: { counter },
    trainable: [],
    initialState: () => ({ draw: counter.read() }),
    step(x, { draw }) {
      const spike = bernoulli(x, { seed, counter: draw! })
      const next = draw!.add(1)
      counter.assign(next)
      return { output: spike, spike, state: { draw: next } }
    },
  }
}

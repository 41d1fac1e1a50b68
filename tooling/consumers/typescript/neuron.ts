import { defineNeuron, learnable, type NeuronOptions } from '@snn/neuron'
import { run } from '@snn/neuron/run'
import { sigmoid } from '@snn/surrogate'

/** A neuron of one's own: each spike raises the threshold for a while. */
export const adaptive = defineNeuron('adaptive', {
  parameters: { tau: 2, beta: 0.1 },
  state: { v: 0, a: 0 },
  resets: ['soft'],
  charge: (x, { v, a }, { tau }) => ({ v: v.add(x.sub(v).div(tau)), a: a.mul(0.9) }),
  fire: ({ v, a }, { threshold, beta }, spike) => spike(v.sub(threshold.add(a.mul(beta)))),
  reset: ({ v, a }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)), a: a.add(s) }),
})

const options: NeuronOptions<'tau' | 'beta', 'v' | 'a'> = { tau: 3 }

export const trained = adaptive({
  ...options,
  beta: learnable(0.2, { per: 'channel' }),
  surrogate: sigmoid({ alpha: 2 }),
})

export async function firstSpike(): Promise<number> {
  const { spike, trace } = await run(adaptive({ tau: 3 }), [2, 2, 2, 2, 2, 2])
  if (trace.a.length !== 6) throw new Error('a trace has a value a step')
  return spike.indexOf(1)
}

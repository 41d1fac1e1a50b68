import { defineNeuron, extendNeuron, learnable } from '@snn/neuron'
import { flatten, input, linear, sequential } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { repeat } from '@snn/tensor'
import { tet, type FitResult } from '@snn/train'
import { trainOnMnist, type ExampleOptions } from './mnist.js'

/**
 * Adaptive leaky integrate-and-fire (Bellec et al. 2018): each spike raises the threshold for a while.
 *
 *   charge  v <- v + (x - v) / tau          a <- 0.9 a
 *   fire    s  = H(v - (threshold + beta a))
 *   reset   v <- v - s threshold            a <- a + s
 */
const adaptive = defineNeuron('adaptive', {
  parameters: { tau: 2, beta: 0.1 },
  state: { v: 0, a: 0 },
  charge: (x, { v, a }, { tau }) => ({ v: v.add(x.sub(v).div(tau)), a: a.mul(0.9) }),
  fire: ({ v, a }, { threshold, beta }, spike) => spike(v.sub(threshold.add(a.mul(beta)))),
  reset: ({ v, a }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)), a: a.add(s) }),
})

/** The same with a gain on its input: charge is replaced, fire and reset are inherited. */
const gained = extendNeuron('gained', adaptive, {
  parameters: { gain: 1 },
  charge: (x, state, parameters, settings) => adaptive.spec.charge(x.mul(parameters.gain), state, parameters, settings),
})

/** Trains with both: the strength of the adaptation, and the gain, are learned. */
export function ownNeuron(options: ExampleOptions = {}): Promise<FitResult> {
  const net = sequential(
    input([1, 28, 28]),
    flatten(),
    linear(784, 256),
    adaptive({ beta: learnable(0.2, { per: 'layer' }), surrogate: atan() }),
    linear(256, 10),
    gained({ gain: learnable(1, { per: 'layer' }), surrogate: atan() }),
  )
  return trainOnMnist(net, { encode: (x) => repeat(x, 6), loss: tet }, options)
}

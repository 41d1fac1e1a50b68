import { lif } from '@snn/neuron'
import { flatten, input, linear, sequential } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { repeat } from '@snn/tensor'
import { countCrossEntropy, type FitResult } from '@snn/train'
import { trainOnMnist, type ExampleOptions } from './mnist.js'

/**
 * Leaky integrate-and-fire neurons, fully connected: the image is shown for 8 steps, the class that fires most wins.
 */
export function lifMnist(options: ExampleOptions = {}): Promise<FitResult> {
  const neurons = () => lif({ tau: 2, surrogate: atan() })
  const net = sequential(input([1, 28, 28]), flatten(), linear(784, 256), neurons(), linear(256, 10), neurons())
  return trainOnMnist(net, { encode: (x) => repeat(x, 8), loss: countCrossEntropy }, options)
}

import { integrateAndFire } from '@snn/neuron'
import { batchNorm2d, conv2d, flatten, input, linear, maxPool2d, sequential } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { repeat } from '@snn/tensor'
import { classTargets, mse, type FitResult } from '@snn/train'
import { trainOnMnist, type ExampleOptions } from './mnist.js'

/** Convolutions over 4 steps; the firing rate of the right class is drawn to 1, of the others to 0. */
export function convMnist(options: ExampleOptions = {}): Promise<FitResult> {
  const neurons = () => integrateAndFire({ surrogate: atan() })
  const net = sequential(
    input([1, 28, 28]),
    conv2d(1, 8, 3, { padding: 1, bias: false }),
    batchNorm2d(8),
    neurons(),
    maxPool2d(2),
    conv2d(8, 8, 3, { padding: 1, bias: false }),
    batchNorm2d(8),
    neurons(),
    maxPool2d(2),
    flatten(),
    linear(8 * 7 * 7, 10),
    neurons(),
  )
  return trainOnMnist(
    net,
    { encode: (x) => repeat(x, 4), loss: (spikes, labels) => mse(spikes.mean(0), classTargets(labels, 10)) },
    options,
  )
}

import { integrateAndFire, lif } from '@snn/neuron'
import { batchNorm2d, conv2d, flatten, input, linear, maxPool2d, sequential, type Network, type Part } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { SnnError, sizeOf, type Shape, type Tensor } from '@snn/tensor'
import { classTargets, countCrossEntropy, mse } from '@snn/train'

/** A network to be trained and what goes with it. */
export interface TrainingNetwork {
  readonly net: Network
  /** Of spikes [T, N, K] and class indices [N]. */
  readonly loss: (spikes: Tensor, labels: Tensor) => Tensor
}

export interface TrainingNetworkOptions {
  /** Shape of one sample at one step: [C, H, W], or [channels] of sound. */
  readonly shape: Shape
  readonly classes: number
  /** Neurons of a hidden layer, or channels of a convolution. */
  readonly width: number
}

interface Kind {
  readonly description: string
  /** Default of `--steps`. */
  readonly T: number
  /** Default of `--width`. */
  readonly width: number
  create(options: TrainingNetworkOptions): TrainingNetwork
}

const fire = () => integrateAndFire({ surrogate: atan() })
const convolution = (from: number, to: number): Part[] => [
  conv2d(from, to, 3, { padding: 1, bias: false }),
  batchNorm2d(to),
  fire(),
]

/** Mean squared distance of firing rates to the one-hot class. */
const rateMse = (spikes: Tensor, labels: Tensor): Tensor =>
  mse(spikes.mean(0), classTargets(labels, spikes.shape[2]!), { reduction: 'none' })

/** The networks that `snn train` knows. */
export const trainingNetworks: Readonly<Record<string, Kind>> = {
  mlp: {
    description: 'one hidden layer of LIF neurons, cross-entropy of spike counts',
    T: 8,
    width: 512,
    create({ shape, classes, width }) {
      const leaky = () => lif({ surrogate: atan() })
      const net = sequential(
        input(shape),
        flatten(),
        linear(sizeOf(shape), width),
        leaky(),
        linear(width, classes),
        leaky(),
      )
      return { net, loss: (spikes, labels) => countCrossEntropy(spikes, labels, { reduction: 'none' }) }
    },
  },
  csnn: {
    description:
      'two convolutions with batch normalisation and pooling, two linear layers, IF neurons, squared error of rates (the network of SpikingJelly for Fashion-MNIST)',
    T: 4,
    width: 32,
    create({ shape, classes, width }) {
      const [channels, height, wide] = pictures('csnn', shape, 4)
      const features = width * Math.floor(height / 4) * Math.floor(wide / 4)
      const hidden = width * 4 * 4
      const net = sequential(
        input(shape),
        ...convolution(channels, width),
        maxPool2d(2),
        ...convolution(width, width),
        maxPool2d(2),
        flatten(),
        linear(features, hidden, { bias: false }),
        fire(),
        linear(hidden, classes, { bias: false }),
        fire(),
      )
      return { net, loss: rateMse }
    },
  },
  vgg: {
    description:
      'six convolutions in pairs of growing width, pooling after each pair, one linear layer, IF neurons, squared error of rates (for CIFAR-10)',
    T: 4,
    width: 32,
    create({ shape, classes, width }) {
      const [channels, height, wide] = pictures('vgg', shape, 8)
      const pair = (from: number, to: number): Part[] => [
        ...convolution(from, to),
        ...convolution(to, to),
        maxPool2d(2),
      ]
      const net = sequential(
        input(shape),
        ...pair(channels, width),
        ...pair(width, 2 * width),
        ...pair(2 * width, 4 * width),
        flatten(),
        linear(4 * width * Math.floor(height / 8) * Math.floor(wide / 8), classes),
        fire(),
      )
      return { net, loss: rateMse }
    },
  },
}

/** Throws `ARGUMENT` unless a sample is a picture of at least this size. */
function pictures(model: string, shape: Shape, least: number): readonly [number, number, number] {
  const [channels = 0, height = 0, width = 0] = shape
  if (shape.length === 3 && height >= least && width >= least) return [channels, height, width]
  throw new SnnError(
    'ARGUMENT',
    `[train] --model ${model} for samples of shape [${shape.join(',')}], expected pictures of at least ${least} x ${least}. Take --model mlp.`,
    { name: '--model', value: model },
  )
}

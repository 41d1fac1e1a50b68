import { integrateAndFire } from '@snn/neuron'
import {
  batchNorm2d,
  conv2d,
  flatten,
  input,
  linear,
  maxPool2d,
  sequential,
  type Network,
  type StatefulLayer,
} from '@snn/nn'
import { atan } from '@snn/surrogate'
import {
  compile,
  oneHot,
  repeat,
  type Backend,
  type Compiled,
  type CompileFunctionOptions,
  type Tensor,
  type TensorLike,
} from '@snn/tensor'
import { adam } from '@snn/train'
import { numbers, symmetric } from './numbers.js'

const steps = 4
const classes = 10
const image = [1, 28, 28] as const

/**
 * The convolutional spiking network for Fashion-MNIST of Fang et al. (ICCV 2021) with 32 channels, as SpikingJelly's
 * example has it.
 */
export function csnn(): Network {
  const fire = (): StatefulLayer => integrateAndFire({ surrogate: atan() })
  const convolution = (inputs: number) =>
    [conv2d(inputs, 32, 3, { padding: 1, bias: false }), batchNorm2d(32), fire(), maxPool2d(2)] as const
  return sequential(
    input(image),
    ...convolution(1),
    ...convolution(32),
    flatten(),
    linear(32 * 7 * 7, 32 * 4 * 4, { bias: false }),
    fire(),
    linear(32 * 4 * 4, classes, { bias: false }),
    fire(),
  )
}

/** Equal weights for both sides of a comparison: U(-1 / sqrt(fan-in), 1 / sqrt(fan-in)), weight by weight. */
export function setWeights(net: Network): void {
  const weights = Object.entries(net.parameters()).filter(
    ([path, { shape }]) => path.endsWith('weight') && shape.length > 1,
  )
  for (const [key, [, weight]] of weights.entries()) {
    const fanIn = weight.shape.slice(1).reduce((a, b) => a * b, 1)
    const count = weight.shape[0]! * fanIn
    weight.set({ data: symmetric(count, key, 1 / Math.sqrt(fanIn)), shape: weight.shape })
  }
}

/**
 * One step of training as one executable: x [N, 1, 28, 28] for 4 steps, mean squared error of the firing rates against
 * y [N] one-hot, Adam. Gives the loss.
 */
export function trainingStep(
  net: Network,
  options: CompileFunctionOptions & { readonly backend: Backend },
): Compiled<[x: Tensor, y: Tensor], Tensor> {
  const optimizer = adam(net.parameters(), { lr: 1e-3 })
  return compile((x: Tensor, y: Tensor) => {
    const rate = net.forward(repeat(x, steps), { training: true }).mean(0)
    const loss = rate.sub(oneHot(y, classes)).square().mean()
    optimizer.step(loss)
    return loss
  }, options)
}

/** A batch of images in [0, 1) and labels. */
export function batchOf(size: number, key: number): [x: TensorLike, y: TensorLike] {
  const labels = Int32Array.from(numbers(size, key + 1), (x) => Math.floor(x * classes))
  return [
    { data: numbers(size * 28 * 28, key), shape: [size, ...image] },
    { data: labels, shape: [size] },
  ]
}

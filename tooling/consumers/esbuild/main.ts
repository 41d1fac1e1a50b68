import { lif } from '@snn/neuron'
import { conv2d, flatten, input, linear, maxPool2d, sequential } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { compile, reference, repeat, type Tensor } from '@snn/tensor'

const net = sequential(
  input([1, 8, 8]),
  conv2d(1, 4, 3, { padding: 1 }),
  lif({ surrogate: atan() }),
  maxPool2d(2),
  flatten(),
  linear(64, 10),
)
const classify = compile((image: Tensor) => net.forward(repeat(image, 4)).mean(0), { backend: reference() })
const { shape } = await classify({ data: new Float32Array(64).fill(1), shape: [1, 1, 8, 8] })
if (shape.join() !== '1,10') throw new Error(`the shape is ${shape}`)

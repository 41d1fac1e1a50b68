import { izhikevich } from '@snn/neuron'
import { run } from '@snn/neuron/run'
import { linear, sequential } from '@snn/nn'
import { compile, reference, type Tensor } from '@snn/tensor'

const net = sequential(linear(2, 3))
const forward = compile((x: Tensor) => net.forward(x), { backend: reference() })
const { shape } = await forward({ data: new Float32Array(8), shape: [4, 1, 2] })
const { spike } = await run(izhikevich(), [10, 10, 10])
if (shape.join() !== '4,1,3' || spike.length !== 3) throw new Error(`${shape} ${spike}`)

import { fromArrays, loader } from '@snn/datasets'
import { lif } from '@snn/neuron'
import { input, linear, sequential, type Network } from '@snn/nn'
import { reference, repeat, type Backend } from '@snn/tensor'
import { adam, countCrossEntropy, fit } from '@snn/train'

/** Samples of 4 numbers, whose class is the place of the largest. */
export function samples(n: number): ReturnType<typeof fromArrays> {
  const labels = Int32Array.from({ length: n }, (_, i) => i % 4)
  const data = Float32Array.from({ length: 4 * n }, (_, i) => Number(i % 4 === labels[Math.floor(i / 4)]))
  return fromArrays({ data, shape: [n, 4] }, { data: labels, shape: [n] })
}

export async function train(backend: Backend = reference()): Promise<{ net: Network; losses: number[] }> {
  const net = sequential(input([4]), linear(4, 16), lif(), linear(16, 4), lif())
  const { history } = await fit(net, loader(samples(40), { batch: 10, shuffle: true }), {
    optimizer: adam(net.parameters(), { lr: 0.05 }),
    loss: countCrossEntropy,
    encode: (x) => repeat(x, 6),
    epochs: 3,
    backend,
  })
  return { net, losses: history.map(({ loss }) => loss) }
}

import type { ImageDataset } from '@snn/datasets'
import type { ChipNetwork } from '@snn/deploy-lava'
import type { Network, Readout } from '@snn/nn'
import { SnnError, type Tensor } from '@snn/tensor'
import { adam, cosine, crossEntropy, fit } from '@snn/train'
import { encoded, type MeasureOptions } from './measure.js'

/**
 * The learning rate, times 2^bits: weights have to come as far as a rounding step, which halves with each bit. (An MLP
 * on MNIST at 4 bits, 3 passes over 1,000 samples: 89.0 % rounded, then 90.0 at 2e-4, 93.2 at 1e-3, 94.6 at 3e-3.)
 */
const stepShare = 0.05

/**
 * Trains the chip's weights, rounded as they are, on labelled samples: what enters it are the encoder's spikes.
 * `network` answers without latency.
 */
export async function fineTune(
  encoder: Network,
  { network }: ChipNetwork,
  { by }: Readout,
  data: ImageDataset,
  {
    source,
    backend,
    work,
    passes,
    weightBits,
  }: MeasureOptions & { readonly passes: number; readonly weightBits: number },
): Promise<void> {
  if (data.labelled === false)
    throw new SnnError(
      'ARGUMENT',
      `[deploy] --tune on ${data.description}, without labels, expected labelled data. Give labels, or leave it out.`,
      { name: '--tune', value: passes },
    )
  const { T, batches, labelOffset } = source
  const encode = encoded(encoder, T)
  const samples = batches(data, Math.min(32, data.length))
  const steps = passes * Math.floor(data.length / Math.min(32, data.length))
  await fit(network, samples, {
    optimizer: adam(network.parameters(), {
      lr: cosine({ initial: stepShare / 2 ** weightBits, steps }),
      clip: { norm: 1 },
    }),
    // membranes are sums over all steps, spikes are counted
    loss: (output: Tensor, y: Tensor) =>
      crossEntropy(
        by === 'last' ? output.at(0, T - 1).div(T / 8) : output.mean(0).mul(8),
        labelOffset === 0 ? y : y.add(labelOffset),
      ),
    predict: (output: Tensor) => (by === 'last' ? output.at(0, T - 1) : output.sum([0])),
    encode: (x: Tensor) => encoder.forward(encode(x)).stopGradient(),
    epochs: passes,
    backend,
    signal: work.signal,
    onProgress: ({ epoch, done, total }) =>
      work.onProgress({ stage: 'tune', done: epoch * total + done, total: passes * total }),
  })
}

import { SnnError } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkSizes } from '../check.js'
import { defineLayer, type Layer } from '../layer.js'
import { binaryLayer, reduceLayer } from '../layers/arithmetic.js'
import { reshapeLayer, sliceLayer } from '../layers/shape.js'
import { Network } from '../network.js'
import type { NetworkNode } from '../network-form.js'
import { batchNorm1d } from '../normalization.js'
import { conv1d } from '../weighted.js'

/**
 * Makes the neurons of a block: a model of `@snn/neuron` such as `lif`, or a function that gives it other options too.
 */
export type MakeNeuron = (options: { readonly threshold: number; readonly detachReset: true }) => Layer

/** Options of spiking self-attention. `neuron` makes those behind q, k and v, the attention and the result. */
export interface SpikingAttentionOptions {
  readonly neuron: MakeNeuron
  /** Parts of the channels that attend for themselves. Default 8. */
  readonly heads?: number
}

/**
 * Attention of spikes without softmax, from q, k, v [.., C, L] (Zhou et al., ICLR 2023): in each head, with matrices [C
 * / heads, L],
 *
 *   y = scale (v k^T) q
 *
 * which costs L, not L^2, since (v k^T) is formed first.
 */
export const spikingAttentionLayer = defineLayer<
  { readonly heads: number; readonly scale: number },
  'spikingAttention'
>('spikingAttention', ([q, ...others], { heads, scale }) => {
  const [channels, length] = q.shape.slice(-2) as [number, number]
  const [query, key, value] = [q, ...others].map((x) =>
    x.reshape([...x.shape.slice(0, -2), heads, channels / heads, length]),
  ) as [typeof q, typeof q, typeof q]
  return value.matmul(key.transpose()).matmul(query).mul(scale).reshape(q.shape)
})

/**
 * Spiking self-attention (Zhou et al., ICLR 2023): x [.., channels, L] -> [.., channels, L],
 *
 *   q, k, v = neuron(batchNorm(conv1x1(x)))
 *   y = neuron(batchNorm(conv1x1(neuron((v k^T) q / 8)))), the inner neuron with threshold 0.5
 *
 * with convolutions without bias and the channels of q, k, v in that order. Each step is for itself, so every way to
 * run it is equal. The nodes: `qkv.conv`, `qkv.norm`, `qkv.spikes`, `q`, `k`, `v`, `attention`, `attention.spikes`,
 * `out.conv`, `out.norm`,
 * `out.spikes`.
 *
 * @throws `ARGUMENT` for sizes that are not positive whole numbers, or that `heads` does not divide
 */
export function spikingSelfAttention(channels: number, options: SpikingAttentionOptions): Network {
  checkOptions('spikingSelfAttention', options, ['neuron', 'heads'])
  const { neuron, heads = 8 } = options
  checkHeads('spikingSelfAttention', channels, heads)
  return new Network({
    inputs: [{ name: 'input' }],
    nodes: [
      ...projection('qkv', 'input', channels, ['q', 'k', 'v'], neuron),
      { name: 'attention', layer: spikingAttentionLayer({ heads, scale: 0.125 }), inputs: ['q', 'k', 'v'] },
      { name: 'attention.spikes', layer: neuron({ threshold: 0.5, detachReset: true }), inputs: ['attention'] },
      ...projection('out', 'attention.spikes', channels, [], neuron),
    ],
    outputs: ['out.spikes'],
  })
}

/** Options of attention by queries and keys alone (QKFormer, Zhou et al., NeurIPS 2024). */
export interface QkAttentionOptions extends SpikingAttentionOptions {
  /** What gets a factor: each of the L tokens, or each channel. Default 'token'. */
  readonly per?: 'token' | 'channel'
}

/**
 * Q-K attention (Zhou et al., NeurIPS 2024): x [.., channels, L] -> [.., channels, L],
 *
 *   q, k = neuron(batchNorm(conv1x1(x)))
 *   g = neuron(sum of q over the channels of a head (per token), or over L (per channel)), with threshold 0.5
 *   y = neuron(batchNorm(conv1x1(g k)))
 *
 * otherwise as `spikingSelfAttention`. The nodes: `qk.conv`, `qk.norm`, `qk.spikes`, `q`, `k`, `q.heads`, `k.heads`,
 * `sum`,
 * `attention.spikes`, `masked`, `joined`, `out.conv`, `out.norm`, `out.spikes`. The number of tokens L is given, since
 * the heads are an axis of their own.
 */
export function qkAttention(channels: number, L: number, options: QkAttentionOptions): Network {
  checkOptions('qkAttention', options, ['neuron', 'heads', 'per'])
  const { neuron, heads = 8, per = 'token' } = options
  checkHeads('qkAttention', channels, heads)
  checkSizes('qkAttention', { L })
  if (per !== 'token' && per !== 'channel')
    throw new SnnError('ARGUMENT', `[qkAttention] per '${String(per)}', expected 'token' or 'channel'. Correct it.`, {
      name: 'per',
      value: per,
    })
  const split = (): Layer => reshapeLayer({ shape: [heads, channels / heads, L] })
  return new Network({
    inputs: [{ name: 'input' }],
    nodes: [
      ...projection('qk', 'input', channels, ['q', 'k'], neuron),
      { name: 'q.heads', layer: split(), inputs: ['q'] },
      { name: 'k.heads', layer: split(), inputs: ['k'] },
      {
        name: 'sum',
        layer: reduceLayer({ function: 'sum', axes: [per === 'token' ? -2 : -1], keepDims: true }),
        inputs: ['q.heads'],
      },
      { name: 'attention.spikes', layer: neuron({ threshold: 0.5, detachReset: true }), inputs: ['sum'] },
      { name: 'masked', layer: binaryLayer({ function: 'mul' }), inputs: ['k.heads', 'attention.spikes'] },
      { name: 'joined', layer: reshapeLayer({ shape: [channels, L] }), inputs: ['masked'] },
      ...projection('out', 'joined', channels, [], neuron),
    ],
    outputs: ['out.spikes'],
  })
}

/** neuron(batchNorm(conv1x1)), its channels cut into the named parts. */
function projection(
  name: string,
  source: string,
  channels: number,
  parts: readonly string[],
  neuron: MakeNeuron,
): NetworkNode[] {
  const outputs = channels * Math.max(1, parts.length)
  return [
    { name: `${name}.conv`, layer: conv1d(channels, outputs, 1, { bias: false }), inputs: [source] },
    { name: `${name}.norm`, layer: batchNorm1d(outputs), inputs: [`${name}.conv`] },
    { name: `${name}.spikes`, layer: neuron({ threshold: 1, detachReset: true }), inputs: [`${name}.norm`] },
    ...parts.map((part, i) => ({
      name: part,
      layer: sliceLayer({ axis: 0, start: i * channels, end: (i + 1) * channels, step: 1 }),
      inputs: [`${name}.spikes`],
    })),
  ]
}

function checkHeads(operation: string, channels: number, heads: number): void {
  checkSizes(operation, { channels, heads })
  if (channels % heads === 0) return
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] ${channels} channels in ${heads} heads, expected a multiple of the heads. Change one of them.`,
    { name: 'heads', value: heads },
  )
}

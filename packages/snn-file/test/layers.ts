import * as nn from '@snn/nn'
import * as neurons from '@snn/neuron'
import type { Layer, Part } from '@snn/nn'
import type { Shape } from '@snn/tensor'

const { lif } = neurons

/** Layers that go step by step, by name: how they are made for `steps` steps, and the shape of a sample. */
export const layers = (steps: number): Readonly<Record<string, readonly [make: () => Layer, sample: Shape]>> => ({
  linear: [() => nn.linear(5, 3), [5]],
  conv1d: [() => nn.conv1d(2, 3, 3), [2, 6]],
  'conv2d in groups': [() => nn.conv2d(2, 4, 3, { stride: 2, padding: 1, groups: 2 }), [2, 6, 6]],
  conv3d: [() => nn.conv3d(1, 2, 2), [1, 2, 3, 3]],
  convTranspose1d: [() => nn.convTranspose1d(2, 3, 3, { stride: 2, outputPadding: 1 }), [2, 4]],
  convTranspose2d: [() => nn.convTranspose2d(2, 2, 3, { stride: 2, groups: 2 }), [2, 3, 2]],
  convTranspose3d: [() => nn.convTranspose3d(1, 2, 2), [1, 2, 2, 2]],
  wsConv2d: [() => nn.wsConv2d(2, 3, 2), [2, 4, 3]],
  wsLinear: [() => nn.wsLinear(5, 3), [5]],
  dropConnectLinear: [() => nn.dropConnectLinear(5, 3), [5]],
  dropout: [() => nn.dropout(0.4), [3, 4]],
  dropout2d: [() => nn.dropout2d(0.4), [5, 2, 2]],
  batchNorm1d: [() => nn.batchNorm1d(3), [3, 4]],
  batchNorm2d: [() => nn.batchNorm2d(3), [3, 4, 2]],
  batchNorm3d: [() => nn.batchNorm3d(2), [2, 1, 2, 3]],
  thresholdDependentBatchNorm2d: [() => nn.thresholdDependentBatchNorm2d(2, { alpha: 0.7 }), [2, 2, 3]],
  temporalEffectiveBatchNorm2d: [() => nn.temporalEffectiveBatchNorm2d(2, { T: steps }), [2, 2, 3]],
  batchNormThroughTime2d: [() => nn.batchNormThroughTime2d(2, { T: steps }), [2, 2, 3]],
  layerNorm: [() => nn.layerNorm([2, 3]), [4, 2, 3]],
  groupNorm: [() => nn.groupNorm(2, 4), [4, 2, 3]],
  neuNorm: [() => nn.neuNorm(3, 2, 2), [3, 2, 2]],
  synapseFilter: [() => nn.synapseFilter({ tau: 3, learnable: true }), [4]],
  delay: [() => nn.delay(2), [3]],
  learnableDelay: [() => nn.learnableDelay(4, { max: 3 }), [4, 2]],
  voting: [() => nn.voting(3), [6]],
  flatten: [() => nn.flatten(), [2, 3]],
  relu: [() => nn.relu(), [4]],
  'upsample, linear': [() => nn.upsample(2, { mode: 'linear' }), [1, 2, 3]],
  'upsample, nearest': [() => nn.upsample(2), [1, 2, 3]],
  maxPool1d: [() => nn.maxPool1d(2), [2, 4]],
  maxPool2d: [() => nn.maxPool2d(2), [2, 4, 4]],
  maxPool3d: [() => nn.maxPool3d(2, { stride: 1 }), [2, 2, 3, 2]],
  avgPool1d: [() => nn.avgPool1d(2), [2, 4]],
  avgPool3d: [() => nn.avgPool3d(2), [2, 2, 4, 2]],
  adaptiveAvgPool2d: [() => nn.adaptiveAvgPool2d([2, 3]), [2, 5, 6]],
})

/** Blocks that are networks themselves. */
export const blocks: Readonly<Record<string, readonly [make: () => Part, sample: Shape]>> = {
  spikingRnn: [() => nn.spikingRnn(4, 3), [4]],
  spikingLstm: [() => nn.spikingLstm(4, 3), [4]],
  spikingGru: [() => nn.spikingGru(4, 3), [4]],
  spikingSelfAttention: [() => nn.spikingSelfAttention(8, { neuron: lif, heads: 2 }), [8, 4]],
  qkAttention: [() => nn.qkAttention(8, 4, { neuron: lif, heads: 2 }), [8, 4]],
}

/** Layers of neurons with their defaults, for samples of 4. */
export const neuronLayers: Readonly<Record<string, () => Layer>> = {
  ...Object.fromEntries(
    Object.entries(neurons).flatMap(([name, made]) =>
      typeof made === 'function' && 'spec' in made ? [[name, () => (made as unknown as () => Layer)()] as const] : [],
    ),
  ),
  slidingPsn: () => neurons.slidingPsn({ k: 3 }),
  maskedPsn: () => neurons.maskedPsn({ T: 4, k: 2, lambda: 1 }),
  gatedLif: () => neurons.gatedLif({ T: 4 }),
  dsrIntegrateAndFire: () => neurons.dsrIntegrateAndFire(),
  dsrLif: () => neurons.dsrLif(),
  mpbnLif: () => neurons.mpbnLif(4),
  interLayerConnection: () => neurons.interLayerConnection(lif(), { groups: 2, size: 2 }),
  noisy: () => neurons.noisy(lif(), { size: 4, steps: 5 }),
  fewSpike: () => neurons.fewSpike({ theta: [0.5, 0.2], h: [0.5, 0.2], d: [0.5, 0.2] }),
}

import { input, linear, sequential, stepwise, type Network } from '@snn/nn'
import { integrateAndFire } from '@snn/neuron'
import { compile, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { blocks, layers, neuronLayers } from '../test/layers.js'
import { randomTensor } from '../test/values.js'
import { OrtSession } from '../test/ort-session.js'
import { readSnn, toOnnx } from './index.js'

const backend = reference()
const T = 5

/** Outputs of all steps in plain ONNX Runtime are ours, and the file is read as the same network. */
async function expectExported(net: Network): Promise<void> {
  net.initialize({ seed: 3 })
  const [{ name, shape }] = net.inputs as readonly [{ readonly name: string; readonly shape: readonly number[] }]
  const bytes = await toOnnx(net, { T })
  const x = randomTensor([T, 2, ...shape], 20)
  const inputs = { [name]: { ...x, data: x.data.map((value) => 3 * value) } }
  const ours = Object.values(
    await compile((sequence: Record<string, Tensor>) => stepwise(net, sequence).outputs, { backend })(inputs),
  )[0]!
  const theirs = (await (await OrtSession.create(bytes)).run(inputs, T)).outputs['logits']!
  expect(theirs.shape).toEqual(ours.shape)
  ours.data.forEach((value, i) => {
    if (Math.abs(theirs.data[i]! - value) > 1e-5 * Math.max(1, Math.abs(value)))
      expect(theirs.data[i], `output ${i}`).toBe(value)
  })
  const { snn, metadata } = readSnn(bytes)
  expect(await toOnnx(snn, metadata)).toEqual(bytes)
}

const spikes = () => integrateAndFire({ threshold: 0.2, reset: 'soft' })

describe('toOnnx writes', () => {
  it.each(Object.entries(layers(T)))('%s', async (_, [make, sample]) =>
    expectExported(sequential(input(sample), make(), spikes())),
  )
  it.each(Object.entries(blocks))('%s', async (_, [make, sample]) =>
    expectExported(sequential(input(sample), make(), spikes())),
  )
  it.each(Object.entries(neuronLayers))('%s', async (_, make) =>
    expectExported(sequential(input([6]), linear(6, 4), make())),
  )
})

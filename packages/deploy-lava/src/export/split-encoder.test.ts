import { integrateAndFire, lif } from '@snn/neuron'
import { addLayer, conv2d, flatten, input, linear, maxPool2d, Network, sequential } from '@snn/nn'
import { compile, reference, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { exportNet } from './export-net.js'
import { splitEncoder } from './split-encoder.js'

const backend = reference()

describe('splitEncoder', () => {
  it('gives two networks that together are the one', async () => {
    const net = sequential(
      input([1, 6, 6]),
      conv2d(1, 2, 3),
      maxPool2d(2),
      lif({ tau: 1.5, threshold: 0.2 }),
      flatten(),
      linear(8, 5),
      integrateAndFire({ threshold: 0.3 }),
      linear(5, 3),
    )
    const { encoder, chip } = await splitEncoder(net)
    expect(encoder.nodes.map(({ name }) => name)).toEqual(['conv1', 'maxPool1', 'lif1'])
    expect(chip.inputs).toEqual([{ name: 'lif1', shape: [2, 2, 2] }])
    const x = {
      data: Float32Array.from({ length: 8 * 36 }, (_, i) => Math.abs(Math.sin(i * 1.7)) * 2),
      shape: [8, 1, 1, 6, 6],
    }
    const whole = await compile((t: Tensor) => net.forward(t), { backend })(x)
    const parts = await compile((t: Tensor) => chip.forward(encoder.forward(t)), { backend })(x)
    expect(Math.max(...whole.data)).toBeGreaterThan(0)
    expect(parts.data).toEqual(whole.data)
  })

  it('takes the size of spikes to the chip: what is sent is 0 or 1', async () => {
    const size = variable({ data: Float32Array.of(0.3, 0.7), shape: [2, 1, 1] })
    for (const threshold of [size, 0.3]) {
      const net = sequential(
        input([1, 4, 4]),
        conv2d(1, 2, 3),
        integrateAndFire({ threshold, amplitude: 'threshold' }),
        flatten(),
        linear(8, 5),
        integrateAndFire({ threshold: 0.2 }),
        linear(5, 3),
      )
      net.initialize({ seed: 2 })
      const { encoder, chip } = await splitEncoder(net)
      const x = {
        data: Float32Array.from({ length: 8 * 16 }, (_, i) => Math.abs(Math.sin(i * 1.7)) * 2),
        shape: [8, 1, 1, 4, 4],
      }
      const spikes = await compile((t: Tensor) => encoder.forward(t), { backend })(x)
      expect(new Set(spikes.data)).toEqual(new Set([0, 1]))
      expect((await compile((t: Tensor) => chip.forward(t), { backend })(spikes)).data).toEqual(
        (await compile((t: Tensor) => net.forward(t), { backend })(x)).data,
      )
      expect(await exportNet(chip)).toBeDefined()
    }
  })

  it('refuses what goes past the first neurons, and networks that end with them', async () => {
    const past = new Network({
      inputs: [{ name: 'x', shape: [2] }],
      nodes: [
        { name: 'l', layer: linear(2, 2), inputs: ['x'] },
        { name: 'n', layer: integrateAndFire(), inputs: ['l'] },
        { name: 'm', layer: linear(2, 2), inputs: ['n'] },
        { name: 'a', layer: addLayer({}), inputs: ['m', 'l'] },
      ],
      outputs: ['a'],
    })
    await expect(splitEncoder(past)).rejects.toThrow(/a \(add\): it takes m and l, past the first neurons \('n'\)/)
    await expect(splitEncoder(sequential(input([2]), linear(2, 2), integrateAndFire()))).rejects.toThrow(
      'nothing comes behind the first neurons',
    )
    await expect(splitEncoder(sequential(input([2]), linear(2, 2)))).rejects.toThrow('no neurons')
  })
})

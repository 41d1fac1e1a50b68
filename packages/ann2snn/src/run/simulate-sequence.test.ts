import { input, linear, sequential } from '@snn/nn'
import { lif, psn } from '@snn/neuron'
import { compile, reference, repeat, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { randomTensor } from '../../test/networks.js'
import { evaluate, simulate } from '../index.js'

const backend = reference()
const T = 6

describe('networks that need all steps at once', () => {
  it('are simulated and evaluated in one run of all steps', async () => {
    const net = sequential(
      input([6]),
      linear(6, 8),
      psn({ T }),
      linear(8, 5),
      lif({ threshold: 0.2, initial: { v: variable({ data: Float32Array.of(0.1, 0, 0.05, 0.1, 0.2), shape: [5] }) } }),
    ).initialize({ seed: 5 })
    const x = randomTensor([4, 6], 3)
    const { logits, logitsByStep, recorded } = await simulate(net, x, {
      T,
      readout: 'last',
      record: ['lif1.spike'],
      backend,
    })
    const expected = await compile((image: Tensor) => net.forward(repeat(image, T)), { backend })(x)
    expect(logitsByStep.data).toEqual(expected.data)
    expect(recorded['lif1.spike']!.data).toEqual(expected.data)
    expect(logits.data).toEqual(expected.data.slice(-20))
    const labels = {
      data: Int32Array.from({ length: 4 }, (_, n) =>
        Array.from(logits.data.slice(5 * n, 5 * n + 5)).indexOf(Math.max(...logits.data.slice(5 * n, 5 * n + 5))),
      ),
      shape: [4],
    }
    const { results } = await evaluate(net, [[x, labels]], { steps: [T], readout: 'last', backend })
    expect(results).toEqual([
      expect.objectContaining({
        T,
        accuracy: 1,
        spikesPerNeuronPerStep: Array.from(expected.data).reduce((a, b) => a + b, 0) / (T * 4 * 5),
      }),
    ])
    const refused = expect.objectContaining({ code: 'NEEDS_SEQUENCE', details: { layer: 'psn' } })
    await expect(evaluate(net, [[x, labels]], { steps: T, backend })).rejects.toThrow(refused)
    await expect(evaluate(net, [[x, labels]], { steps: [T], earlyExit: 2, backend })).rejects.toThrow(refused)
    await expect(simulate(net, x, { T: 3, backend })).rejects.toThrow(expect.objectContaining({ code: 'SHAPE' }))
  })
})

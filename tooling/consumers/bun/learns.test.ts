import { expect, test } from 'bun:test'
import { integrateAndFire } from '@snn/neuron'
import { linear, sequential } from '@snn/nn'
import { compile, reference, repeat, type Tensor } from '@snn/tensor'
import { predictByRate, sgd, tet } from '@snn/train'

test('a step of training', async () => {
  const net = sequential(linear(2, 8), integrateAndFire(), linear(8, 2), integrateAndFire())
  const optimizer = sgd(net.parameters(), { lr: 0.3 })
  const step = compile(
    (x: Tensor, y: Tensor) => {
      const spikes = net.forward(repeat(x, 6), { training: true })
      const loss = tet(spikes, y)
      optimizer.step(loss)
      return { loss, classes: predictByRate(spikes) }
    },
    { backend: reference() },
  )
  const { loss, classes } = await step(
    { data: Float32Array.of(1, 0, 0, 1), shape: [2, 2] },
    { data: Int32Array.of(0, 1), shape: [2] },
  )
  expect(Number.isFinite(loss.item())).toBe(true)
  expect(classes.shape).toEqual([2])
})

import { describe, expect, it, vi } from 'vitest'
import { convMnist } from './conv-mnist.js'
import { lifMnist } from './lif-mnist.js'
import { ownNeuron } from './own-neuron.js'
import { recurrentMnist } from './recurrent-mnist.js'

describe('the examples learn something on a few batches', () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  it.each<[string, typeof lifMnist, number]>([
    ['lif-mnist', lifMnist, 0.6],
    ['conv-mnist', convMnist, 0.4],
    ['own-neuron', ownNeuron, 0.6],
    ['recurrent-mnist', recurrentMnist, 0.3],
  ])('%s', { timeout: 120_000 }, async (_, run, least) => {
    const { history } = await run({ epochs: 3, samples: 1000 })
    expect(history).toHaveLength(3)
    expect(history[2]!.loss).toBeLessThan(history[0]!.loss)
    expect(history[2]!.validation!.accuracy).toBeGreaterThan(least)
  })
})

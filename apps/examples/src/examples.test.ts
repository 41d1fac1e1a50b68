import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { convMnist } from './conv-mnist.js'
import { digitSpikes } from './digit-spikes.js'
import { lifMnist } from './lif-mnist.js'
import { digits } from './mnist.js'
import { ownNeuron } from './own-neuron.js'
import { recurrentMnist } from './recurrent-mnist.js'

describe('the examples learn something on a few batches', () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  it.each<[string, typeof lifMnist, samples: number, accuracy: number]>([
    ['lif-mnist', lifMnist, 1000, 0.6],
    ['conv-mnist', convMnist, 500, 0.25],
    ['own-neuron', ownNeuron, 1000, 0.6],
    ['recurrent-mnist', recurrentMnist, 1000, 0.15],
  ])('%s', { timeout: 120_000 }, async (_, run, samples, least) => {
    const { history } = await run({ epochs: 3, samples })
    expect(history).toHaveLength(3)
    expect(history[2]!.loss).toBeLessThan(history[0]!.loss)
    expect(history[2]!.validation!.accuracy).toBeGreaterThan(least)
  })
})

it('digit-spikes draws the picture of the README', { timeout: 120_000 }, async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  const folder = mkdtempSync(join(tmpdir(), 'digit-spikes-'))
  const out = join(folder, 'spikes.svg')
  const svg = await digitSpikes({ out })
  expect(readFileSync(out, 'utf8')).toBe(svg)
  expect(svg).toMatch(/relu3, \d+ of 32 neurons/)
  expect(svg).toContain('>7</text>')
  rmSync(folder, { recursive: true })
})

describe('digits', () => {
  it('are all of them, or as many as asked for', async () => {
    expect([
      (await digits('train')).samples,
      (await digits('test')).samples,
      (await digits('test', 100)).samples,
    ]).toEqual([60_000, 10_000, 100])
  })
})

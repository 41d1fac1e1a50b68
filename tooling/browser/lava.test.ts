import { exportNet } from '@snn/deploy-lava'
import { integrateAndFire } from '@snn/neuron'
import { avgPool2d, conv2d, flatten, input, linear, sequential } from '@snn/nn'
import { expect, it } from 'vitest'
import { findChromium } from './chromium.ts'
import { inPage } from './in-page.ts'
import { summarizeNet } from './lava-summary.ts'

const chromium = findChromium()

it.skipIf(!chromium)('a page reads, writes and simulates a .net file as Node does', { timeout: 120_000 }, async () => {
  const net = sequential(
    input([1, 8, 8]),
    conv2d(1, 4, 3, { padding: 1 }),
    integrateAndFire({ threshold: 0.3 }),
    avgPool2d(2),
    flatten(),
    linear(64, 10),
    integrateAndFire({ threshold: 0.1 }),
  )
  const { files } = await exportNet(net)
  const own = (await summarizeNet(files['network.net']!)) as {
    readonly plain: readonly number[]
    readonly compiled: readonly number[]
  }
  expect(own.plain).toContain(1)
  expect(own.compiled).toEqual(own.plain)
  expect(await inPage(chromium!, 'lava-page.ts', files['network.net']!)).toEqual(JSON.parse(JSON.stringify(own)))
})

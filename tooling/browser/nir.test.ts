import { writeNir } from '@snn/nir'
import { expect, it } from 'vitest'
import { sampleGraphs } from '../nir/samples.ts'
import { findChromium } from './chromium.ts'
import { inPage } from './in-page.ts'
import { summarizeNir } from './nir-summary.ts'

const chromium = findChromium()

it.skipIf(!chromium)('a page reads, writes and runs a graph as Node does', { timeout: 120_000 }, async () => {
  const graph = await writeNir(sampleGraphs['circle']!)
  expect(await inPage(chromium!, 'nir-page.ts', graph)).toEqual(JSON.parse(JSON.stringify(await summarizeNir(graph))))
})

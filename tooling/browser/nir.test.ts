import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { writeNir } from '@snn/nir'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { sampleGraphs } from '../nir/samples.ts'
import { scope } from '../workspace.ts'
import { findChromium, openPage } from './chromium.ts'
import { summarizeNir } from './nir-summary.ts'

const chromium = findChromium()

it.skipIf(!chromium)('a page reads, writes and runs a graph as Node does', { timeout: 120_000 }, async () => {
  const graph = await writeNir(sampleGraphs['circle']!)
  const { outputFiles } = await build({ entryPoints: [fileURLToPath(new URL('nir-page.ts', import.meta.url))], outdir: '/', bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022', conditions: [`${scope}/source`], write: false, logLevel: 'silent' })
  const scripts = new Map(outputFiles.map(({ path, contents }) => [path, contents]))
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const server = createServer((request, response) => {
    const script = scripts.get(request.url!)
    if (script) response.setHeader('content-type', 'text/javascript').end(script)
    else if (request.url === '/graph') response.end(graph)
    else if (request.url === '/result') void json(request).then(resolve).then(() => response.end())
    else response.setHeader('content-type', 'text/html').end('<!doctype html><script type="module" src="/nir-page.js"></script>')
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  const page = openPage(chromium!, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  try {
    expect(await Promise.race([promise, page.ended])).toEqual(JSON.parse(JSON.stringify(await summarizeNir(graph))))
  } finally {
    await page.close()
    server.close()
  }
})

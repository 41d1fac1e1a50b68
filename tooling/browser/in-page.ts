import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { scope } from '../workspace.ts'
import { openPage } from './chromium.ts'

/** Runs a script of this folder in a page: it is given `file` at /file, and what it posts to /result comes back. */
export async function inPage(chromium: string, script: string, file: Uint8Array): Promise<unknown> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    outdir: '/',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: [`${scope}/source`],
    write: false,
    logLevel: 'silent',
  })
  const scripts = new Map(outputFiles.map(({ path, contents }) => [path, contents]))
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const server = createServer((request, response) => {
    const own = scripts.get(request.url!)
    if (own) response.setHeader('content-type', 'text/javascript').end(own)
    else if (request.url === '/file') response.end(file)
    else if (request.url === '/result')
      void json(request)
        .then(resolve)
        .then(() => response.end())
    else
      response
        .setHeader('content-type', 'text/html')
        .end(`<!doctype html><script type="module" src="/${script.replace(/ts$/, 'js')}"></script>`)
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  const page = openPage(chromium, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  try {
    return await Promise.race([promise, page.ended])
  } finally {
    await page.close()
    server.close()
  }
}

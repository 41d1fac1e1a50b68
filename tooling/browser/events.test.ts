import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer, json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gunzipSync, zstdCompressSync } from 'node:zlib'
import { aedat4, createEvents, eventFormats, sensorOf } from '@snn/datasets'
import { readHdf5Filter } from '@snn/datasets/node'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ecf from '../../packages/datasets/test/golden/ecf.json' with { type: 'json' }
import files from '../../packages/datasets/test/golden/event-files.json' with { type: 'json' }
import filters from '../../packages/datasets/test/golden/hdf5-filters.json' with { type: 'json' }
import bags from '../../packages/datasets/test/golden/rosbag.json' with { type: 'json' }
import { sharedData } from '../../packages/datasets/test/shared-data.js'
import { scope } from '../workspace.ts'
import { findChromium, openPage } from './chromium.ts'
import { summarize } from './summary.ts'

const chromium = findChromium()
const fromBase64 = (base64: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(base64, 'base64'))
const unzipped = (base64: string): Uint8Array<ArrayBuffer> => new Uint8Array(gunzipSync(fromBase64(base64)))

/** Without a further option: columns, a set of recordings, bzip2. */
const unreadable = ['rows.npy', 'n-tidigits.h5', 'bz2.bag']

/** AEDAT4 as written, with its packets packed by Zstandard. */
function packedAedat4(plain: Uint8Array): Uint8Array {
  const out = Buffer.from(plain)
  const header = 14 + 4 + out.readUInt32LE(14)
  // The header's table gets its field 0, compression, where a 4 stands (ZSTD_HIGH).
  const field = 14 + 16
  out.writeUInt16LE(4, field)
  const parts = [out.subarray(0, header)]
  for (let at = header; at < out.length;) {
    const size = out.readInt32LE(at + 4)
    const packed = zstdCompressSync(out.subarray(at + 8, at + 8 + size))
    const head = Buffer.from(out.subarray(at, at + 8))
    head.writeInt32LE(packed.length, 4)
    parts.push(head, packed)
    at += 8 + size
  }
  return Buffer.concat(parts)
}

/**
 * Recordings of every format by file name: as our writers and other programs write them, and real ones where they are.
 */
async function recordings(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const of = (n: number, step: number): number[] => Array.from({ length: 500 }, (_, i) => (i * step) % n)
  const events = createEvents(
    { t: Array.from({ length: 500 }, (_, i) => 100 * i), x: of(34, 7), y: of(34, 5), p: of(2, 1) },
    { sensor: sensorOf(34, 34) },
  )
  const all = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const { id, extensions, write } of eventFormats)
    if (write) all.set(`written by ${id}${extensions[0]}`, new Uint8Array(await write(events)))
  all.set('zstd.aedat4', new Uint8Array(packedAedat4(await aedat4.write!(events))))
  for (const [name, base64] of Object.entries({ ...files, ...bags })) {
    if (typeof base64 === 'string' && /\.(npy|npz|mat|h5|bag)$/.test(name) && !unreadable.includes(name))
      all.set(name, fromBase64(base64))
  }
  for (const [name, base64] of Object.entries({ ...filters.files, ...ecf.files }))
    all.set(`${name}.h5`, unzipped(base64))
  for (const path of ['aedat4/sample.aedat4', 'st-mnist/sample_stmnist.mat', 'ncars/sample_ncars_td.dat']) {
    const found = sharedData(`events/${path}`)
    if (found) all.set(path, new Uint8Array(await readFile(found)))
  }
  return all
}

describe.skipIf(!chromium)('recordings read in Chromium', () => {
  let server: Server
  let files: Map<string, Uint8Array<ArrayBuffer>>
  const results = {
    page: Promise.withResolvers<Record<string, unknown>>(),
    worker: Promise.withResolvers<Record<string, unknown>>(),
  }

  beforeAll(async () => {
    files = await recordings()
    const entry = fileURLToPath(new URL('page.ts', import.meta.url))
    const { outputFiles } = await build({
      entryPoints: [entry],
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
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const [, kind = '', name = ''] = decodeURIComponent(request.url!).split(/^\/(\w+)\/(.*)$/)
      if (kind === 'results') {
        results[name as keyof typeof results].resolve((await json(request)) as Record<string, unknown>)
        response.end()
        return
      }
      await buffer(request)
      const script = scripts.get(request.url!)
      if (script) response.setHeader('content-type', 'text/javascript').end(script)
      else if (request.url === '/')
        response
          .setHeader('content-type', 'text/html')
          .end('<!doctype html><script type="module" src="/page.js"></script>')
      else if (request.url === '/recordings') response.end(JSON.stringify([...files.keys()]))
      else if (kind === 'recordings') response.end(files.get(name))
      else if (kind === 'filters') response.end(await readHdf5Filter(name.replace(/^libH5Z|\.so$/g, '')))
      else response.writeHead(404).end()
    }
    server = createServer((request, response) => void answer(request, response))
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  }, 60_000)
  afterAll(() => server?.close())

  it('page and worker give what Node gives', { timeout: 180_000 }, async () => {
    const page = openPage(chromium!, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    try {
      const expected: Record<string, unknown> = {}
      for (const [file, bytes] of files) {
        const options = { file, filter: readHdf5Filter }
        expected[file] = await summarize(bytes, options)
      }
      expect(
        new Set(Object.values(expected).map((summaries) => (summaries as { bytes: { format: string } }).bytes.format)),
      ).toEqual(new Set(eventFormats.map(({ id }) => id)))
      for (const { promise } of Object.values(results))
        expect(await Promise.race([promise, page.ended])).toEqual(expected)
    } finally {
      await page.close()
    }
  })
})

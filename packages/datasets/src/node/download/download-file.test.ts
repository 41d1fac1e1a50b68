import { createHash } from 'node:crypto'
import { lstat, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSnnError } from '@snn/tensor'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { downloadFile } from './download-file.js'

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251)
const md5 = createHash('md5').update(content).digest('hex')
const quick = { md5, pause: 5, retries: 4 }

/** A server that misbehaves by path; `log` has the ranges asked for. */
let server: Server
let base: string
let log: (string | undefined)[] = []
const cutsLeft = new Map<string, number>()
beforeAll(async () => {
  server = createServer((request, response) => {
    const { range } = request.headers
    log.push(range)
    const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
    const path = request.url!
    const rest = content.subarray(start)
    if (path === '/missing') return response.writeHead(404).end()
    if (path === '/busy') {
      const left = cutsLeft.get(path) ?? 2
      cutsLeft.set(path, left - 1)
      if (left > 0) return response.writeHead(503).end()
    }
    if (path === '/login')
      return response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<html>Log in</html>')
    if (path === '/wrong') return response.writeHead(200).end(content.map((byte) => byte ^ 1))
    if (path === '/no-ranges') return response.writeHead(200, { 'Content-Length': content.length }).end(content)
    if (path === '/lies') {
      response.writeHead(200, { 'Content-Length': content.length * 2 })
      return response.write(content, () => setTimeout(() => request.socket.destroy(), 20))
    }
    if (start >= content.length) return response.writeHead(416, { 'Content-Range': `bytes */${content.length}` }).end()
    const headers = start > 0 ? { 'Content-Range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}
    if (path === '/cuts') {
      const left = cutsLeft.get(path) ?? 3
      cutsLeft.set(path, left - 1)
      response.writeHead(start > 0 ? 206 : 200, { ...headers, 'Content-Length': rest.length })
      if (left > 0)
        return response.write(rest.subarray(0, 50_000), () => setTimeout(() => request.socket.destroy(), 20))
      return response.end(rest)
    }
    if (path === '/slow') {
      response.writeHead(200, { 'Content-Length': content.length })
      return response.write(content.subarray(0, 1000))
    }
    return response.writeHead(start > 0 ? 206 : 200, { ...headers, 'Content-Length': rest.length }).end(rest)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snn-download-'))
  log = []
  cutsLeft.clear()
})
afterEach(() => rm(folder, { recursive: true }))

const target = () => join(folder, 'file.zip')
const arrived = async () => Buffer.compare(await readFile(target()), content) === 0

describe('downloadFile', () => {
  it('gives progress and the name only to the whole file', async () => {
    const progress: number[] = []
    await downloadFile([`${base}/good`], target(), {
      ...quick,
      onProgress: ({ stage, done, total }) => (
        progress.push(done),
        expect([stage, total]).toEqual(['download file.zip', content.length])
      ),
    })
    expect(await arrived()).toBe(true)
    expect(progress.at(-1)).toBe(content.length)
    expect(await readdir(folder)).toEqual(['file.zip'])
  })

  it('goes on after a connection that breaks, without asking for what is there', async () => {
    await downloadFile([`${base}/cuts`], target(), quick)
    expect(await arrived()).toBe(true)
    expect(log[0]).toBeUndefined()
    expect(log.slice(1).every((range) => Number(/\d+/.exec(range!)![0]) > 0)).toBe(true)
  })

  it('goes on from an earlier run, also when all was there already', async () => {
    await writeFile(`${target()}.part`, content.subarray(0, 123_456))
    await downloadFile([`${base}/good`], target(), quick)
    expect(log).toEqual(['bytes=123456-'])
    expect(await arrived()).toBe(true)
    await writeFile(`${target()}.part`, content)
    await downloadFile([`${base}/good`], target(), quick)
    expect(await arrived()).toBe(true)
  })

  it('starts anew at a server without ranges, and with a part of another file', async () => {
    await writeFile(`${target()}.part`, content.subarray(0, 1000))
    await downloadFile([`${base}/no-ranges`], target(), quick)
    expect(await arrived()).toBe(true)
    await writeFile(`${target()}.part`, new Uint8Array(content.length + 5))
    await downloadFile([`${base}/good`], target(), quick)
    expect(await arrived()).toBe(true)
  })

  it('waits for a busy server', async () => {
    await downloadFile([`${base}/busy`], target(), quick)
    expect(log.length).toBe(3)
  })

  it('tries the next address after a missing file, a log-in page, and a wrong checksum', async () => {
    await downloadFile(
      [`${base}/missing`, `${base}/login`, `${base}/wrong`, 'http://127.0.0.1:9/', `${base}/good`],
      target(),
      { ...quick, retries: 1 },
    )
    expect(await arrived()).toBe(true)
  })

  it('says what every address answered, and leaves no file', async () => {
    const error = await downloadFile([`${base}/missing`, `${base}/login`, `${base}/wrong`], target(), {
      ...quick,
      retries: 1,
    }).then(
      () => undefined,
      (e: unknown) => e,
    )
    expect(isSnnError(error, 'DOWNLOAD') && error.details.answers).toEqual([
      expect.stringContaining('status 404'),
      expect.stringContaining('log-in'),
      expect.stringContaining(`expected ${md5}`),
    ])
    expect(await readdir(folder)).toEqual([])
  })

  it('does not believe a server that announces more than it sends', async () => {
    await expect(downloadFile([`${base}/lies`], target(), { ...quick, retries: 1 })).rejects.toMatchObject({
      code: 'DOWNLOAD',
    })
    expect(await readdir(folder)).not.toContain('file.zip')
  })

  it('stops when told, keeping what has come', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 100)
    await expect(downloadFile([`${base}/slow`], target(), { ...quick, signal: controller.signal })).rejects.toThrow(
      'enough',
    )
    expect(await readdir(folder)).toEqual(['file.zip.part'])
  })

  it('lets many download the same file at once', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => downloadFile([`${base}/${i % 2 ? 'good' : 'cuts'}`], target(), quick)),
    )
    expect(await arrived()).toBe(true)
    expect(await readdir(folder)).toEqual(['file.zip'])
  })

  it('goes on from what a killed process left, and leaves alone what a running one has', async () => {
    const running = `file.zip.${process.pid}-0123abcd.part`
    await writeFile(join(folder, running), 'of another')
    await writeFile(join(folder, `file.zip.${2 ** 22 + 1}-0123abcd.part`), content.subarray(0, 123_456))
    await downloadFile([`${base}/good`], target(), quick)
    expect(log).toEqual(['bytes=123456-'])
    expect(await arrived()).toBe(true)
    expect((await readdir(folder)).sort()).toEqual(['file.zip', running])
  })

  it('writes through a link, and to nothing that is no file', async () => {
    await symlink('real.zip', target())
    await downloadFile([`${base}/good`], target(), quick)
    expect((await readdir(folder)).sort()).toEqual(['file.zip', 'real.zip'])
    expect((await lstat(target())).isSymbolicLink()).toBe(true)
    log = []
    await expect(downloadFile([`${base}/good`], folder, quick)).rejects.toMatchObject({ code: 'OUTPUT' })
    await expect(downloadFile([`${base}/good`], join(target(), 'x.zip'), quick)).rejects.toMatchObject({
      code: 'OUTPUT',
    })
    expect(log).toEqual([])
  })
})

import { expect, it } from 'vitest'
import type { OrtLibrary, OrtSession } from './library.js'
import { SessionCache } from './session-cache.js'

function fakeLibrary() {
  const log: string[] = []
  let fail = false
  const create = async (model: Uint8Array): Promise<OrtSession> => {
    if (fail) throw new Error('bad model')
    log.push(`create ${model.join()}`)
    return { run: async () => ({}), release: async () => void log.push(`release ${model.join()}`) }
  }
  const lib = { InferenceSession: { create }, Tensor: Object } as unknown as OrtLibrary
  return { lib, log, failNext: (value: boolean) => (fail = value) }
}

it('creates equal models once and releases them with their last user', async () => {
  const { lib, log } = fakeLibrary()
  const cache = new SessionCache(lib, {}, undefined, undefined)
  const [a, b] = await Promise.all([cache.acquire(Uint8Array.of(1)), cache.acquire(Uint8Array.of(1))])
  const c = await cache.acquire(Uint8Array.of(2))
  expect(a).toBe(b)
  expect(a).not.toBe(c)
  expect(cache.size).toBe(2)
  await cache.release(a)
  expect(log).toEqual(['create 1', 'create 2'])
  await cache.release(b)
  expect(log).toEqual(['create 1', 'create 2', 'release 1'])
  await cache.release(b)
  await cache.dispose()
  expect(log).toEqual(['create 1', 'create 2', 'release 1', 'release 2'])
})

it('forgets a model that could not be loaded', async () => {
  const { lib, log, failNext } = fakeLibrary()
  const cache = new SessionCache(lib, {}, undefined, undefined)
  failNext(true)
  await expect(cache.acquire(Uint8Array.of(1))).rejects.toThrow('bad model')
  expect(cache.size).toBe(0)
  failNext(false)
  await cache.acquire(Uint8Array.of(1))
  expect(log).toEqual(['create 1'])
})

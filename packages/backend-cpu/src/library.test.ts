import { lowerGraph, writeOnnx } from '@snn/onnx'
import { compile, isSnnError, placeholder, type Tensor } from '@snn/tensor'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { cpu } from './index.js'
import { runEndOf } from './in-place.js'
import { loadLibrary, type OrtLibrary, type OrtSession } from './library.js'

it('says how to get a library that is not installed', async () => {
  const error: unknown = await loadLibrary('onnxruntime-node-of-no-machine').catch((e: unknown) => e)
  if (!isSnnError(error, 'BACKEND_UNAVAILABLE')) throw error
  expect(error.details.backend).toBe('cpu')
  expect(error.details.fix).toContain('npm install onnxruntime-node')
  expect(error.details.fix).toContain('ONNXRUNTIME_NODE_INSTALL=skip')
  expect(error.message).toContain('onnxruntime-node-of-no-machine')
})

it('takes a library that the caller has loaded', async () => {
  const backend = await cpu({ lib: ort as unknown as OrtLibrary, threads: 1 })
  expect(backend.name).toBe('cpu')
  await backend.dispose()
})

it('refuses a senseless number of threads', async () => {
  await expect(cpu({ threads: -1 })).rejects.toMatchObject({ code: 'ARGUMENT' })
})

it('refuses a senseless density', async () => {
  for (const eventDensity of [-0.1, 1.5, NaN])
    await expect(cpu({ eventDensity })).rejects.toMatchObject({ code: 'ARGUMENT', details: { name: 'eventDensity' } })
})

// what the whole backend stands on: no copies between the arena and ONNX Runtime
it('writes results into views of a buffer, at offsets, and reads arguments from there', async () => {
  const { InferenceSession, Tensor: OrtTensor } = await loadLibrary()
  const x = placeholder([4])
  const session = await InferenceSession.create(
    writeOnnx(lowerGraph({ parameters: [x], results: [x.mul(2), x.lt(1)] })),
  )
  const arena = new ArrayBuffer(1024)
  new Float32Array(arena, 64, 4).set([0, 1, 0.5, 3])
  const view = (type: string, data: Float32Array | Uint8Array) => new OrtTensor(type, data, [4])
  const fetches = {
    y0: view('float32', new Float32Array(arena, 260, 4)),
    y1: view('bool', new Uint8Array(arena, 513, 4)),
  }
  await session.run({ x0: view('float32', new Float32Array(arena, 64, 4)) }, fetches)
  expect([...new Float32Array(arena, 260, 4)]).toEqual([0, 2, 1, 6])
  expect([...new Uint8Array(arena, 513, 4)]).toEqual([1, 0, 1, 0])
  expect(new Float32Array(arena, 256, 1)[0]).toBe(0)
  await session.release()
})

describe('without the copies that the library makes of its outputs', () => {
  const doubling = () => {
    const x = placeholder([1])
    return writeOnnx(lowerGraph({ parameters: [x], results: [x.add(x)] }))
  }

  it('this library ends a run at the marker', async () => {
    expect((await runEndOf(await loadLibrary(), doubling()))?.message).toContain('type')
  })

  it('a library that shows the marker, or cannot load it, gets plain models', async () => {
    const real = await loadLibrary()
    const create = (run: OrtSession['run']): OrtLibrary => ({
      Tensor: real.Tensor,
      InferenceSession: { create: async () => ({ run, release: async () => {} }) },
    })
    expect(
      await runEndOf(
        create(async () => ({})),
        doubling(),
      ),
    ).toBeUndefined()
    expect(
      await runEndOf(
        create(async () => Promise.reject(new Error('no sequences'))),
        doubling(),
      ),
    ).toBeUndefined()
    expect(
      await runEndOf(
        { ...real, Tensor: real.Tensor, InferenceSession: { create: async () => Promise.reject(new Error('no')) } },
        doubling(),
      ),
    ).toBeUndefined()
  })

  it('large results are right, and failures stay errors', async () => {
    const backend = await cpu()
    const size = 1 << 18
    const run = compile((x: Tensor, i: Tensor) => x.add(1).gather(i, 0), { backend })
    const x = { data: Float32Array.from({ length: size }, (_, i) => i), shape: [size] }
    const result = await run(x, { data: Int32Array.from({ length: size }, (_, i) => size - 1 - i), shape: [size] })
    expect([result.data[0], result.data[size - 1]]).toEqual([size, 1])
    await expect(run(x, { data: new Int32Array(size).fill(size), shape: [size] })).rejects.toThrow('GatherElements')
    await backend.dispose()
  })
})

import { isSnnError } from '@snn/tensor'
import * as ort from 'onnxruntime-node'
import { expect, it } from 'vitest'
import { cpu } from './index.js'
import { loadLibrary, type OrtLibrary } from './library.js'

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

// what the whole backend stands on: no copies between the arena and ONNX Runtime
it('writes results into views of a buffer, at offsets, and reads arguments from there', async () => {
  const { InferenceSession, Tensor } = await loadLibrary()
  const { lowerGraph, writeOnnx } = await import('@snn/onnx')
  const { placeholder } = await import('@snn/tensor')
  const x = placeholder([4])
  const session = await InferenceSession.create(writeOnnx(lowerGraph({ parameters: [x], results: [x.mul(2), x.lt(1)] })))
  const arena = new ArrayBuffer(1024)
  new Float32Array(arena, 64, 4).set([0, 1, 0.5, 3])
  const view = (type: string, data: Float32Array | Uint8Array) => new Tensor(type, data, [4])
  const fetches = { y0: view('float32', new Float32Array(arena, 260, 4)), y1: view('bool', new Uint8Array(arena, 513, 4)) }
  await session.run({ x0: view('float32', new Float32Array(arena, 64, 4)) }, fetches)
  expect([...new Float32Array(arena, 260, 4)]).toEqual([0, 2, 1, 6])
  expect([...new Uint8Array(arena, 513, 4)]).toEqual([1, 0, 1, 0])
  expect(new Float32Array(arena, 256, 1)[0]).toBe(0)
  await session.release()
})

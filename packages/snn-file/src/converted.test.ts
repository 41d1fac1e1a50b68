import { readFileSync } from 'node:fs'
import { stepwise, type Network } from '@snn/nn'
import { cpu } from '@snn/backend-cpu'
import { compile, isSnnError, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { random, randomTensor } from '../test/values.js'
import { OrtSession } from '../test/ort-session.js'
import { isSnnFile, readSnn, toOnnx } from './index.js'

/**
 * Files of networks that `convert` of @snn/ann2snn 0.0.0 made, before `snn.code` was written; `producer_name` is now
 * free of the scope.
 */
const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../test/golden/${name}.snn.onnx`, import.meta.url)))
const sample = (net: Network) => net.inputs[0]!.shape!
const metadata = {
  T: 16,
  calibration: ['0f', 'a1'],
  classNames: ['a', 'b', 'c', 'd'],
  preprocess: { scale: 1 / 255, mean: [0.5] },
  source: 'sha256:00',
}
const files = ['mlp-binary', 'residual-binary', 'residual-signed', 'residual-phase', 'residual-delta']

describe('files of converted networks', () => {
  it.each(files)('are read as before, and written again bit for bit: %s', async (name) => {
    const bytes = golden(name)
    const { snn, metadata } = readSnn(bytes)
    expect(metadata).toEqual({ T: expect.any(Number) as number })
    expect(snn.metadata).toEqual({ ...metadata, encoding: 'constant', readout: { by: 'last' } })
    expect(await toOnnx(snn, metadata)).toEqual(bytes)
  })

  it.each(files)('run in plain ONNX Runtime, spike for spike, for any batch size: %s', async (name) => {
    const bytes = golden(name)
    const { snn } = readSnn(bytes)
    const session = await OrtSession.create(bytes)
    const fast = await cpu()
    const T = 12
    for (const batch of [1, 4]) {
      const x = randomTensor([batch, ...sample(snn)], 9)
      const repeated = {
        data: Float32Array.from({ length: T * x.data.length }, (_, i) => x.data[i % x.data.length]!),
        shape: [T, ...x.shape],
      }
      const theirs = await session.run({ x: repeated }, T)
      for (const backend of batch === 1 ? [reference(), fast] : [fast]) {
        const { outputs, recorded } = await compile((sequence: Tensor) => stepwise(snn, sequence, { record: ['*'] }), {
          backend,
        })(repeated)
        const expectClose = (actual: Float32Array, expected: ArrayLike<number>, tolerance: number): void =>
          actual.forEach((value, i) =>
            expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance * Math.max(1, Math.abs(value))),
          )
        expectClose(theirs.outputs['logits']!.data, outputs[snn.outputs[0]!]!.data, 1e-4)
        expect(Object.keys(theirs.states).length).toBeGreaterThan(0)
        for (const [key, sequence] of Object.entries(theirs.states))
          expectClose(sequence.data, recorded[key]!.data, 1e-5)
      }
    }
    await fast.dispose()
  })
})

describe('what a file says of its network', () => {
  const { snn } = readSnn(golden('mlp-binary'))
  it('is in the metadata of the network, and of the file that is written next', async () => {
    const said = {
      T: 7,
      code: 'binary',
      dt: 1e-3,
      outputScale: 0.25,
      encoding: 'sequence',
      readout: { by: 'count', start: 1 },
    } as const
    snn.metadata = said
    const bytes = await toOnnx(snn)
    const read = readSnn(bytes)
    expect([read.metadata, read.snn.metadata]).toEqual([said, said])
    expect(await toOnnx(read.snn)).toEqual(bytes)
  })

  it.each([
    ['dt', 0],
    ['dt', NaN],
    ['outputScale', 0],
    ['outputScale', Infinity],
  ] as const)('is checked: %s %s', async (name, value) => {
    await expect(toOnnx(snn, { [name]: value })).rejects.toThrow(
      expect.objectContaining({ code: 'ARGUMENT', details: { name, value } }),
    )
  })

  it('is checked when it is read', async () => {
    const text = Buffer.from(await toOnnx(snn, { dt: 0.125 }))
    const changed = (to: string): Uint8Array =>
      Uint8Array.from(Buffer.from(text.toString('latin1').replace('0.125', to), 'latin1'))
    expect(readSnn(changed('0.250')).metadata.dt).toBe(0.25)
    for (const wrong of ['0.000', '-0.12', '0.1.5', '1e999'])
      expect(() => readSnn(changed(wrong))).toThrow(
        expect.objectContaining({ code: 'SNN_FILE', message: expect.stringContaining('snn.dt') as string }),
      )
  })
})

it('refuses other files', () => {
  const bytes = golden('mlp-binary')
  expect(isSnnFile(bytes)).toBe(true)
  for (const end of [0, 10, bytes.length >> 1])
    expect(() => readSnn(bytes.slice(0, end))).toThrow(expect.objectContaining({ code: 'ONNX_INVALID' }))
  const text = (from: string, to: string): Uint8Array => {
    const changed = Buffer.from(bytes)
    const at = changed.indexOf(from)
    expect(at).toBeGreaterThan(0)
    changed.write(to, at)
    return new Uint8Array(changed)
  }
  expect(() => readSnn(text('snn.version', 'snn.verzion'))).toThrow(expect.objectContaining({ code: 'SNN_FILE' }))
  expect(() => readSnn(text('"kind":"linear"', '"kind":"linaer"'))).toThrow(
    expect.objectContaining({ code: 'SNN_FILE' }),
  )
  expect(() => readSnn(text('{"inputs"', '{"imputs"'))).toThrow(expect.objectContaining({ code: 'SNN_FILE' }))
})

describe('damaged files', () => {
  it('give a typed error or load, 600 mutations', { timeout: 60_000 }, async () => {
    const bytes = await toOnnx(readSnn(golden('mlp-binary')).snn, metadata)
    const metadataAt = Buffer.from(bytes).indexOf('snn.version')
    const draws = random(600 * 3, 77).map((x) => (x + 1) / 2)
    for (let i = 0; i < 600; i++) {
      const changed = bytes.slice()
      // half of them in the metadata, where the network is described
      const from = i % 2 === 0 ? 0 : metadataAt
      const at = from + Math.floor(draws[3 * i]! * (bytes.length - from))
      changed[at] =
        i % 3 === 0 ? changed[at]! ^ (1 << Math.floor(draws[3 * i + 1]! * 8)) : Math.floor(draws[3 * i + 2]! * 256)
      try {
        const read = readSnn(changed)
        await toOnnx(read.snn, read.metadata)
      } catch (error) {
        if (!isSnnError(error)) throw new Error(`mutation ${i} at ${at}`, { cause: error })
      }
    }
  })
})

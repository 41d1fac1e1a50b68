import { cpu } from '@snn/backend-cpu'
import { isSnnError, reference } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { mlp, random, randomTensor, residual } from '../test/networks.js'
import { OrtSession } from '../test/ort-session.js'
import { convert } from './convert.js'
import { isSnnFile, readSnn } from './read-snn.js'
import { simulate } from './simulate.js'
import { toOnnx } from './to-onnx.js'

const backend = reference()
const metadata = { T: 16, calibration: ['0f', 'a1'], classNames: ['a', 'b', 'c', 'd'], preprocess: { scale: 1 / 255, mean: [0.5] } }

describe('.snn.onnx', () => {
  for (const [name, net, shape] of [['mlp', mlp(), [8]], ['residual', residual(), [3, 12, 12]]] as const) {
    it(`is bit-equal when written again, and simulates the same: ${name}`, async () => {
      const x = randomTensor([3, ...shape], 5)
      const { snn } = await convert(net, [x], { backend, per: 'channel', delay: 2 })
      const bytes = await toOnnx(snn, metadata)
      const read = readSnn(bytes)
      expect(read.metadata).toEqual(metadata)
      expect(await toOnnx(read.snn, read.metadata)).toEqual(bytes)
      const [before, after] = await Promise.all([snn, read.snn].map((one) => simulate(one, x, { T: 5, backend })))
      expect(after!.logitsByStep.data).toEqual(before!.logitsByStep.data)
    })

    it(`runs in plain ONNX Runtime, spike for spike, for any batch size: ${name}`, async () => {
      const calibration = randomTensor([3, ...shape], 5)
      const { snn } = await convert(net, [calibration], { backend, per: 'channel' })
      const bytes = await toOnnx(snn, metadata)
      const session = await OrtSession.create(bytes)
      for (const batch of [1, 4]) {
        const x = randomTensor([batch, ...shape], 9)
        const repeated = { data: Float32Array.from({ length: 12 * x.data.length }, (_, i) => x.data[i % x.data.length]!), shape: [12, ...x.shape] }
        const theirs = await session.run({ x: repeated }, 12)
        const ours = await simulate(snn, x, { T: 12, backend, record: ['*.v'] })
        const expectClose = (actual: Float32Array, expected: ArrayLike<number>, tolerance: number): void =>
          actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance * Math.max(1, Math.abs(value))))
        expectClose(theirs.outputs['logits']!.data, ours.logitsByStep.data, 1e-4)
        for (const [key, sequence] of Object.entries(ours.recorded)) expectClose(theirs.states[key]!.data, sequence.data, 1e-5)
      }
    })
  }

  it('simulates the same on the CPU backend', async () => {
    const x = randomTensor([3, 3, 12, 12], 5)
    const { snn } = await convert(residual(), [x], { backend, per: 'channel' })
    const fast = await cpu()
    const [slow, quick] = [await simulate(snn, x, { T: 8, backend }), await simulate(snn, x, { T: 8, backend: fast })]
    quick.logitsByStep.data.forEach((value, i) => expect(value).toBeCloseTo(slow.logitsByStep.data[i]!, 4))
    await fast.dispose()
  })

  it('refuses other files', async () => {
    const { snn } = await convert(mlp(), [randomTensor([3, 8], 5)], { backend })
    const bytes = await toOnnx(snn)
    expect(isSnnFile(bytes)).toBe(true)
    for (const end of [0, 10, bytes.length >> 1]) expect(() => readSnn(bytes.slice(0, end))).toThrow(expect.objectContaining({ code: 'ONNX_INVALID' }))
    const text = (from: string, to: string): Uint8Array => {
      const changed = Buffer.from(bytes)
      const at = changed.indexOf(from)
      expect(at).toBeGreaterThan(0)
      changed.write(to, at)
      return new Uint8Array(changed)
    }
    expect(() => readSnn(text('snn.version', 'snn.verzion'))).toThrow(expect.objectContaining({ code: 'SNN_FILE' }))
    expect(() => readSnn(text('"kind":"linear"', '"kind":"linaer"'))).toThrow(expect.objectContaining({ code: 'SNN_FILE' }))
    expect(() => readSnn(text('{"inputs"', '{"imputs"'))).toThrow(expect.objectContaining({ code: 'SNN_FILE' }))
  })
})

describe('damaged files', () => {
  it('give a typed error or load, 600 mutations', { timeout: 60_000 }, async () => {
    const { snn } = await convert(mlp(), [randomTensor([3, 8], 5)], { backend, per: 'channel' })
    const bytes = await toOnnx(snn, metadata)
    const metadataAt = Buffer.from(bytes).indexOf('snn.version')
    const draws = random(600 * 3, 77).map((x) => (x + 1) / 2)
    for (let i = 0; i < 600; i++) {
      const changed = bytes.slice()
      // half of them in the metadata, where the network is described
      const from = i % 2 === 0 ? 0 : metadataAt
      const at = from + Math.floor(draws[3 * i]! * (bytes.length - from))
      changed[at] = i % 3 === 0 ? changed[at]! ^ (1 << Math.floor(draws[3 * i + 1]! * 8)) : Math.floor(draws[3 * i + 2]! * 256)
      try {
        const read = readSnn(changed)
        await toOnnx(read.snn, read.metadata)
      } catch (error) {
        if (!isSnnError(error)) throw new Error(`mutation ${i} at ${at}`, { cause: error })
      }
    }
  })
})

import {
  channelAttention,
  conv2d,
  flatten,
  input,
  linear,
  multiDimensionalAttention,
  needsSequence,
  readoutOf,
  sequential,
  spikeCountToBinary,
  spikingRnn,
  temporalAttention,
  temporalBinSum,
  type Network,
} from '@snn/nn'
import { gatedLif, ilif, lif, maskedPsn, psn } from '@snn/neuron'
import { compile, reference, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { randomTensor } from '../test/values.js'
import { OrtSession } from '../test/ort-session.js'
import { readSnn, toOnnx } from './index.js'

const backend = reference()
const T = 6

const cases: Readonly<Record<string, () => Network>> = {
  'parallel neurons': () =>
    sequential(
      input([6]),
      linear(6, 8),
      psn({ T }),
      linear(8, 5),
      lif({ threshold: 0.2, initial: { v: variable({ data: Float32Array.of(0.1, 0, 0.05, 0.1, 0.2), shape: [5] }) } }),
    ),
  'masked parallel neurons that still see all steps': () =>
    sequential(
      input([6]),
      linear(6, 8),
      maskedPsn({ T, k: 2, lambda: variable({ data: Float32Array.of(0.5), shape: [] }) }),
      linear(8, 5),
      gatedLif({ T }),
    ),
  'temporal attention': () =>
    sequential(input([6]), linear(6, 8), temporalAttention(T, { reduction: 2 }), lif({ threshold: 0.1 })),
  'channel attention after a convolution': () =>
    sequential(
      input([2, 5, 5]),
      conv2d(2, 4, 3),
      channelAttention(4, { reduction: 2 }),
      lif({ threshold: 0.1 }),
      flatten(),
      linear(36, 3),
    ),
  'multi-dimensional attention': () =>
    sequential(
      input([4, 5, 5]),
      multiDimensionalAttention(T, 4, { temporalReduction: 2, channelReduction: 2 }),
      conv2d(4, 3, 3),
      lif({ threshold: 0.1 }),
    ),
  'recurrence in both directions': () =>
    sequential(input([6]), spikingRnn(6, 4, { bidirectional: true }), linear(8, 3), lif({ threshold: 0.1 })),
  'whole numbers of spikes as spikes': () =>
    sequential(
      input([6]),
      linear(6, 4),
      ilif({ threshold: 0.2 }),
      spikeCountToBinary(4),
      linear(4, 4, { bias: false }),
      temporalBinSum(4),
      lif({ threshold: 0.2 }),
    ),
}

describe('toOnnx of networks that need all steps at once', () => {
  it.each(Object.entries(cases))(
    'gives our outputs in plain ONNX Runtime, and is read again as the same network: %s',
    async (_, make) => {
      const net = make().initialize({ seed: 5 })
      expect(needsSequence(net)).toBeTypeOf('string')
      const bytes = await toOnnx(net, { T, classNames: ['a'] })
      const session = await OrtSession.create(bytes)
      expect(session.inputNames).toEqual(['input'])
      const read = readSnn(bytes)
      expect(read.metadata).toMatchObject({ T, classNames: ['a'] })
      expect(readoutOf(read.snn)).toEqual(readoutOf(net))
      expect(await toOnnx(read.snn, read.metadata)).toEqual(bytes)
      for (const N of [1, 3]) {
        const random = randomTensor([T, N, ...net.inputs[0]!.shape!], 20 + N)
        const x = { ...random, data: random.data.map((value) => 3 * value) }
        const ours = await compile(
          (sequence: Tensor) => ({ before: net.forward(sequence), after: read.snn.forward(sequence) }),
          { backend },
        )(x)
        const theirs = (await session.runSequence({ input: x }))['logits']!
        expect(theirs.shape).toEqual(ours.before.shape)
        expect(new Set(ours.before.data).size).toBeGreaterThan(1)
        ours.before.data.forEach((value, i) =>
          expect(Math.abs(theirs.data[i]! - value), `output ${i}`).toBeLessThanOrEqual(
            1e-5 * Math.max(1, Math.abs(value)),
          ),
        )
        expect(ours.after.data).toEqual(ours.before.data)
      }
    },
  )

  it('says what is missing', async () => {
    const net = cases['temporal attention']!()
    await expect(toOnnx(net)).rejects.toThrow(
      "[toOnnx] 'temporalAttention' needs all steps at once, expected their number, for a model of the whole sequence. Give it, toOnnx(net, { T })",
    )
    await expect(toOnnx(net, { T: 5 })).rejects.toThrow(expect.objectContaining({ code: 'SHAPE' }))
    await expect(toOnnx(net, { T: 1.5 })).rejects.toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
    const text = Buffer.from(await toOnnx(net, { T }))
    const changed = (from: string, to: string): Uint8Array => {
      const bytes = Uint8Array.from(text)
      const at = text.indexOf(from)
      expect(at).toBeGreaterThan(0)
      bytes.set(Buffer.from(to), at)
      return bytes
    }
    const entry = (key: string, value: string): string => `${key}\u0012${String.fromCharCode(value.length)}${value}`
    expect(() => readSnn(changed(entry('snn.form', 'sequence'), entry('snn.form', 'sequential'.slice(0, 8))))).toThrow(
      "its metadata snn.form is 'sequenti'",
    )
    expect(() => readSnn(changed(entry('snn.T', '6'), entry('snn.T', '0')))).toThrow(
      expect.objectContaining({ code: 'ARGUMENT' }),
    )
    expect(() => readSnn(changed(entry('snn.T', '6'), entry('snn.T', '7')))).toThrow(
      expect.objectContaining({ code: 'SHAPE' }),
    )
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { classify } from '@snn/ann2snn'
import { toOnnx } from '@snn/snn-file'
import { atis, createEvents, sensorOf, toFrames } from '@snn/datasets'
import { lif } from '@snn/neuron'
import { flatten, input, linear, sequential } from '@snn/nn'
import { reference, type TensorLike } from '@snn/tensor'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeRun, runCommand } from './commands/run.js'
import { runModel } from './run-model.js'

const backend = reference()
const work = { signal: new AbortController().signal, onProgress: () => {} }
const T = 6
let folder: string
const at = (name: string): string => join(folder, name)
const pixels = (seed: number): Uint8Array => Uint8Array.from({ length: 6 * 6 }, (_, i) => (i * 37 * seed + 11) % 256)

const pictured = sequential(
  input([1, 6, 6]),
  flatten(),
  linear(36, 8),
  lif({ threshold: 0.1 }),
  linear(8, 3),
  lif({ threshold: 0.1 }),
)
pictured.metadata = { T, readout: { by: 'count' }, encoding: 'constant' }
const sequenced = sequential(input([2, 6, 6]), flatten(), linear(72, 4), lif({ threshold: 0.1 }))
sequenced.metadata = { T, readout: { by: 'count' }, encoding: 'sequence' }
const events = createEvents(
  {
    t: Array.from({ length: 60 }, (_, i) => 10 * i),
    x: Array.from({ length: 60 }, (_, i) => i % 6),
    y: Array.from({ length: 60 }, (_, i) => (i * 5) % 6),
    p: Array.from({ length: 60 }, (_, i) => i % 2),
  },
  { sensor: sensorOf(6, 6) },
)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snn-run-'))
  const preprocess = { scale: 1 / 100, mean: 0.5, layout: 'nchw' }
  await writeFile(
    at('pictures.snn.onnx'),
    await toOnnx(pictured, { classNames: ['cat', 'dog', 'horse'], labelOffset: 0, preprocess }),
  )
  await writeFile(at('events.snn.onnx'), await toOnnx(sequenced))
  for (const seed of [1, 2])
    await writeFile(at(`${seed}.png`), encode({ width: 6, height: 6, data: pixels(seed), channels: 1, depth: 8 }))
  await writeFile(
    at('colour.png'),
    encode({ width: 9, height: 12, data: new Uint8Array(9 * 12 * 3).fill(90), channels: 3, depth: 8 }),
  )
  await writeFile(at('recording.bin'), await atis.write!(events))
  await writeFile(at('no-picture.txt'), 'text')
})
afterAll(() => rm(folder, { recursive: true }))

describe('snn run', () => {
  it('classifies pictures as the file says: preprocessing, steps, read-out, names', async () => {
    const files = [at('1.png'), at('2.png')]
    const result = await runModel(at('pictures.snn.onnx'), files, {}, work)
    const x: TensorLike = {
      data: Float32Array.from([...pixels(1), ...pixels(2)], (pixel) => pixel / 100 - 0.5),
      shape: [2, 1, 6, 6],
    }
    const expected = await classify(pictured, x, { backend, classNames: ['cat', 'dog', 'horse'] })
    expect(result.steps).toBe(T)
    expect(result.results).toEqual(expected.map(({ T: _, ...one }, i) => ({ file: files[i], ...one })))
    expect(result.results.some(({ spikes }) => spikes > 0)).toBe(true)
    const [line, ...scores] = describeRun({ ...result, results: result.results.slice(0, 1) }).split('\n')
    expect(line).toMatch(/1\.png: (cat|dog|horse) \(\d\), settled at step \d of 6, \d+ spikes$/)
    expect(scores).toHaveLength(3)
  })

  it('takes pictures of other sizes and colours, other steps and names', async () => {
    const { steps, results, notes } = await runModel(
      at('pictures.snn.onnx'),
      [at('colour.png')],
      { steps: 3, top: 1, classNames: ['a', 'b', 'c'] },
      work,
    )
    expect(steps).toBe(3)
    expect(results[0]!.top).toEqual([
      { class: results[0]!.class, name: 'abc'[results[0]!.class], score: results[0]!.score },
    ])
    expect(notes).toEqual([expect.stringContaining('became grey'), expect.stringContaining('(9 x 12) were made 6 x 6')])
    expect(describeRun({ model: '', steps, results, ...(notes && { notes }) })).toMatch(
      /settled at step \d of 3[^]*note: colours/,
    )
    expect((await runModel(at('pictures.snn.onnx'), [at('1.png')], { classNames: ['a'] }, work)).notes).toEqual([
      expect.stringMatching(/only 1 of the classes has a name.*--names/),
    ])
  })

  it('says what is transparent, and where no class stands out', async () => {
    const glass = Uint8Array.from({ length: 6 * 6 * 4 }, (_, i) => (i % 4 === 3 ? 0 : 128))
    await writeFile(at('glass.png'), encode({ width: 6, height: 6, data: glass, channels: 4, depth: 8 }))
    await writeFile(at('dark.png'), encode({ width: 6, height: 6, data: new Uint8Array(36), channels: 1, depth: 8 }))
    const { notes } = await runModel(
      at('pictures.snn.onnx'),
      [at('glass.png'), at('dark.png')],
      { readout: 'firstSpike', steps: 1 },
      work,
    )
    expect(notes).toEqual([
      expect.stringContaining('became grey'),
      expect.stringMatching(/transparent \(in .*glass\.png\) counts with the colour that lies under it/),
      expect.stringMatching(/^no class stands out in 2 of the files/),
    ])
  })

  it('takes recordings where the network was trained on events', async () => {
    const { results } = await runModel(at('events.snn.onnx'), [at('recording.bin')], {}, work)
    const frames = toFrames({ by: 'number', n: T })(events)
    const [expected] = await classify(sequenced, { ...frames, shape: [1, ...frames.shape] }, { backend })
    expect(results).toEqual([
      {
        file: at('recording.bin'),
        class: expected!.class,
        score: expected!.score,
        top: expected!.top,
        stableFrom: expected!.stableFrom,
        spikes: expected!.spikes,
      },
    ])
  })

  it.each<[string, () => Parameters<typeof runModel>, string, RegExp]>([
    [
      'a picture that is not there',
      () => [at('pictures.snn.onnx'), [at('1.png'), at('gone.png')], {}, work],
      'DATA_NOT_FOUND',
      /nothing to read at .*gone\.png/,
    ],
    ['a folder', () => [at('pictures.snn.onnx'), [folder], {}, work], 'DATA_NOT_FOUND', /is a folder.*give its files/],
    [
      'what is no picture',
      () => [at('pictures.snn.onnx'), [at('no-picture.txt')], {}, work],
      'DATA_INVALID',
      /no-picture\.txt/,
    ],
    [
      'a preprocessing for recordings',
      () => [at('events.snn.onnx'), [at('recording.bin')], { preprocess: { scale: 1 } }, work],
      'ARGUMENT',
      /--preprocess for recordings/,
    ],
    [
      'a network that is not there',
      () => [at('gone.snn.onnx'), [at('1.png')], {}, work],
      'DATA_NOT_FOUND',
      /gone\.snn\.onnx/,
    ],
  ])('refuses %s', async (_, args, code, message) => {
    await expect(runModel(...args())).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  it('refuses to try preprocessings, and names that are none', async () => {
    const command = (...args: string[]) =>
      runCommand(work.signal)
        .exitOverride()
        .parseAsync([at('pictures.snn.onnx'), at('1.png'), ...args], { from: 'user' })
    await expect(command('--preprocess', 'auto')).rejects.toThrow(/nothing can be tried without labels/)
    await expect(command('--names', at('gone.txt'))).rejects.toThrow(/cannot be read/)
    await writeFile(at('names.json'), '[1, 2]')
    await expect(command('--names', at('names.json'))).rejects.toThrow(/no JSON list of texts/)
  })
})

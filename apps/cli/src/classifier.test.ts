import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeWarnings } from '@snn/ann2snn'
import { fromArrays, type ImageDataset, type PreprocessTrial } from '@snn/datasets'
import { readSnn } from '@snn/snn-file'
import { toFloat16, writeOnnx, type OnnxDType, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import fc from 'fast-check'
import * as ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeConversion } from './describe-conversion.js'
import { describeInspection } from './commands/inspect.js'
import { convertModel } from './convert-model.js'
import { evaluateModel } from './evaluate-model.js'
import { equalsOf } from './input-settings.js'
import { inspectModel } from './inspect-model.js'
import { readSpec } from './preprocessing.js'

const work = { signal: new AbortController().signal, onProgress: () => {} }
let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'classifier-'))))
afterAll(() => rm(folder, { recursive: true }))

/** Numbers in -1..1 that look drawn. */
const wave = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * (seed + 1) * 12.9898) % 1)

interface Form {
  readonly input: OnnxDType
  /** Outputs of the network; with 1 a sigmoid tells two classes apart. */
  readonly width: number
  readonly outputs: readonly string[]
  readonly isNhwc: boolean
}

/** 4 x 4 pictures of 3 colours -> convolution over all, ReLU, linear layer: features, logits, scores, label. */
function model({ input, width, outputs, isNhwc }: Form): Uint8Array {
  const float = (shape: readonly number[], data: Float32Array): OnnxTensor => ({ dtype: 'float32', shape, data })
  const cast = (from: string, to: string): OnnxModelSpec['nodes'][number] => ({
    op: 'Cast',
    inputs: [from],
    outputs: [to],
    attributes: { to: 1 },
  })
  const axes: OnnxModelSpec['nodes'] = isNhwc
    ? [{ op: 'Transpose', inputs: ['x.float'], outputs: ['planes'], attributes: { perm: [0, 3, 1, 2] } }]
    : [{ op: 'Identity', inputs: ['x.float'], outputs: ['planes'] }]
  const label: OnnxModelSpec['nodes'] =
    width === 1
      ? [
          { op: 'Greater', inputs: ['scores', 'half'], outputs: ['over'] },
          { op: 'Cast', inputs: ['over'], outputs: ['label'], attributes: { to: 7 } },
        ]
      : [{ op: 'ArgMax', inputs: ['scores'], outputs: ['label'], attributes: { axis: 1, keepdims: 0 } }]
  const dtypes: Readonly<Record<string, OnnxDType>> = { label: 'int64' }
  return writeOnnx({
    inputs: [{ name: 'x', dtype: input, shape: isNhwc ? ['N', 4, 4, 3] : ['N', 3, 4, 4] }],
    outputs: outputs.map((name) => ({ name, dtype: dtypes[name] ?? 'float32', shape: undefined })),
    nodes: [
      ...(input === 'float32' ? [{ op: 'Identity', inputs: ['x'], outputs: ['x.float'] }] : [cast('x', 'x.float')]),
      { op: 'Div', inputs: ['x.float', 'scale'], outputs: ['x.scaled'] },
      ...axes.map((node) => ({ ...node, inputs: ['x.scaled'] })),
      { op: 'Conv', inputs: ['planes', 'kernel'], outputs: ['c'] },
      { op: 'Relu', inputs: ['c'], outputs: ['r'] },
      { op: 'Flatten', inputs: ['r'], outputs: ['features'] },
      { op: 'Gemm', inputs: ['features', 'w', 'b'], outputs: ['logits'] },
      width === 1
        ? { op: 'Sigmoid', inputs: ['logits'], outputs: ['scores'] }
        : { op: 'Softmax', inputs: ['logits'], outputs: ['scores'], attributes: { axis: 1 } },
      ...(outputs.includes('label') ? label : []),
    ],
    constants: {
      kernel: float([8, 3, 2, 2], wave(96, 1)),
      w: float([72, width], wave(72 * width, 2)),
      b: float([width], wave(width, 3)),
      scale: float([], Float32Array.of(255)),
      ...(outputs.includes('label') && width === 1 && { half: float([], Float32Array.of(0.5)) }),
    },
  })
}

const count = 40
const pixels = Uint8Array.from({ length: count * 48 }, (_, i) => Math.floor(128 + 127 * Math.sin((i + 1) * 78.233)))

/** What ONNX Runtime says of the pixels, by hand. */
async function rawScores(bytes: Uint8Array, { input, isNhwc }: Form, output: string): Promise<readonly number[][]> {
  const session = await ort.InferenceSession.create(bytes)
  const values = isNhwc
    ? Uint8Array.from(
        { length: pixels.length },
        (_, i) => pixels[Math.floor(i / 48) * 48 + (i % 3) * 16 + Math.floor((i % 48) / 3)]!,
      )
    : pixels
  const data = {
    uint8: values,
    float32: Float32Array.from(values),
    float64: Float64Array.from(values),
    int64: BigInt64Array.from(values, BigInt),
    int32: Int32Array.from(values),
  }[input as 'uint8']
  const result = (
    await session.run({ x: new ort.Tensor(input as 'uint8', data, isNhwc ? [count, 4, 4, 3] : [count, 3, 4, 4]) })
  )[output]!
  await session.release()
  const flat = Array.from(result.data as ArrayLike<number | bigint>, Number)
  return Array.from({ length: count }, (_, n) => flat.slice((n * flat.length) / count, ((n + 1) * flat.length) / count))
}

const classOf = (scores: readonly number[]): number =>
  scores.length === 1 ? Number(scores[0]! > 0.5) : scores.indexOf(Math.max(...scores))

const form = fc.record({
  input: fc.constantFrom<OnnxDType>('uint8', 'float32', 'float64', 'int64', 'int32'),
  width: fc.constantFrom(1, 2, 5),
  outputs: fc
    .shuffledSubarray(['scores', 'label', 'features', 'logits'], { minLength: 1 })
    .filter((names) => names.includes('scores') || names.includes('label')),
  isNhwc: fc.boolean(),
})

describe('a classifier of any input, output and label', { timeout: 240_000 }, () => {
  it('is as accurate as ONNX Runtime says, in eval and in the report', async () => {
    let converted = 0
    await fc.assert(
      fc.asyncProperty(form, fc.integer({ min: 0, max: 4 }), async (one, offset) => {
        const bytes = model(one)
        await writeFile(at('model.onnx'), bytes)
        const reference = await rawScores(model({ ...one, outputs: ['scores'] }), one, 'scores')
        // every fourth label is another one
        const classes = Math.max(2, one.width)
        const labels = Int32Array.from(
          reference,
          (scores, n) => (n % 4 === 0 ? (classOf(scores) + 1) % classes : classOf(scores)) + offset,
        )
        const data = fromArrays(
          { data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' },
          { data: labels, shape: [count], dtype: 'int32' },
        )
        const right = 0.75
        const settings = { data, ...(offset === 0 ? {} : { labelOffset: -offset }) }
        const { ann, labelOffset } = await evaluateModel(at('model.onnx'), settings, work)
        expect([ann!.accuracy, labelOffset]).toEqual([right, offset === 0 ? undefined : -offset])
        if (converted++ % 5 > 0) return
        const { report } = await convertModel(
          at('model.onnx'),
          { calibrate: data, out: at('model.snn.onnx'), ...(offset === 0 ? {} : { labelOffset: -offset }) },
          work,
        )
        expect(report.ann.accuracy).toBe(right)
        const spiking = await evaluateModel(
          at('model.snn.onnx'),
          { data, sameData: true, steps: [256], against: at('model.onnx') },
          work,
        )
        expect(spiking.labelOffset).toBe(offset === 0 ? undefined : -offset)
        expect(spiking.ann!.accuracy).toBe(right)
        expect(Math.abs(spiking.snn[0]!.accuracy - right)).toBeLessThanOrEqual(0.05)
      }),
      { numRuns: 20 },
    )
  })

  it('labels that do not fit are refused by eval, and left out of the report', async () => {
    await writeFile(at('model.onnx'), model({ input: 'float32', width: 3, outputs: ['scores'], isNhwc: false }))
    const labels = Int32Array.from({ length: count }, (_, n) => 1 + (n % 3))
    const data = fromArrays(
      { data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' },
      { data: labels, shape: [count], dtype: 'int32' },
    )
    await expect(evaluateModel(at('model.onnx'), { data }, work)).rejects.toThrow(/--label-offset -1/)
    const { report } = await convertModel(at('model.onnx'), { calibrate: data, out: at('model.snn.onnx') }, work)
    expect(report.ann.accuracy).toBeUndefined()
    expect(describeWarnings(report)[0]).toMatch(/no accuracies.*--label-offset -1/)
    const searched = await convertModel(
      at('model.onnx'),
      { calibrate: data, out: at('model.snn.onnx'), preset: 'fast' },
      work,
    )
    const described = describeConversion(searched, [])
    expect(described).toMatch(/^warning: The report has no accuracies.*--label-offset -1/)
    expect(described).toContain(
      "points lost are samples whose class is not the ANN's: the data have no labels that are its classes",
    )
    const unlabelled = fromArrays({ data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' }, undefined)
    await convertModel(at('model.onnx'), { calibrate: unlabelled, out: at('model.snn.onnx') }, work)
    await expect(evaluateModel(at('model.onnx'), { data: unlabelled }, work)).rejects.toThrow(/without labels/)
  })

  it('labels that name no classes are left out of a conversion, and refused by eval; a single sample is enough to convert', async () => {
    await writeFile(at('model.onnx'), model({ input: 'float32', width: 3, outputs: ['scores'], isNhwc: false }))
    const npy = (descr: string, shape: readonly number[], { buffer }: Float32Array | Uint8Array): Buffer => {
      const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }\n`
      return Buffer.concat([
        Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]),
        Buffer.from(header),
        Buffer.from(buffer),
      ])
    }
    await writeFile(at('x.npy'), npy('|u1', [4, 3, 4, 4], pixels.slice(0, 4 * 48)))
    await writeFile(at('soft.npy'), npy('<f4', [4, 3], wave(12, 1)))
    const data = `${at('x.npy')},${at('soft.npy')}`
    await expect(evaluateModel(at('model.onnx'), { data }, work)).rejects.toThrow(/labels of sample 0 are not one-hot/)
    const { report } = await convertModel(at('model.onnx'), { calibrate: data, out: at('model.snn.onnx') }, work)
    expect([report.ann.accuracy, report.notes]).toEqual([
      undefined,
      expect.arrayContaining([expect.stringMatching(/^The labels are left out: .*not one-hot/)]),
    ])
    const single = fromArrays({ data: pixels.slice(0, 48), shape: [1, 3, 4, 4], dtype: 'uint8' }, undefined)
    expect(
      (await convertModel(at('model.onnx'), { calibrate: single, out: at('model.snn.onnx'), preset: 'fast' }, work))
        .samples,
    ).toBe(1)
  })

  it('an assumed preprocessing is held against the usual ones, where there are labels', async () => {
    // the first three pixels of a picture of three columns, above or below their mean: 0..1 are above in nearly all of
    // them
    const columns = writeOnnx({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 1, 1, 3] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: undefined }],
      nodes: [
        { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'same'], outputs: ['h'] },
        { op: 'Relu', inputs: ['h'], outputs: ['r'] },
        { op: 'Gemm', inputs: ['r', 'w', 'b'], outputs: ['y'] },
      ],
      constants: {
        same: { dtype: 'float32', shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) },
        w: { dtype: 'float32', shape: [3, 2], data: Float32Array.of(1, -1, 1, -1, 1, -1) },
        b: { dtype: 'float32', shape: [2], data: Float32Array.of(-0.01, 0.01) },
      },
    })
    await writeFile(at('columns.onnx'), columns)
    const labels = Int32Array.from({ length: 60 }, (_, n) => n % 2)
    const shades = Uint8Array.from({ length: 180 }, (_, i) => (labels[Math.floor(i / 3)] === 1 ? 60 : 200) + (i % 7))
    const data = fromArrays(
      { data: shades, shape: [60, 1, 1, 3], dtype: 'uint8' },
      { data: labels, shape: [60], dtype: 'int32' },
    )
    const said =
      /^Of 48 labelled pictures the network gets [45]\d\.\d % right with the preprocessing that was assumed, 100\.0 % with tf\. Give --preprocess auto/
    expect((await evaluateModel(at('columns.onnx'), { data }, work)).warnings).toEqual([expect.stringMatching(said)])
    const { report } = await convertModel(at('columns.onnx'), { calibrate: data, out: at('columns.snn.onnx') }, work)
    expect([report.warnings[0]?.code, describeWarnings(report)[0]]).toEqual(['preprocess', expect.stringMatching(said)])
    const auto = await evaluateModel(at('columns.onnx'), { data, preprocess: 'auto' }, work)
    expect([auto.ann!.accuracy, auto.warnings]).toEqual([1, undefined])
    const same = fromArrays(
      { data: shades, shape: [60, 1, 1, 3], dtype: 'uint8' },
      { data: new Int32Array(60), shape: [60], dtype: 'int32' },
    )
    expect(
      JSON.stringify((await evaluateModel(at('columns.onnx'), { data: same }, work)).warnings ?? []),
    ).not.toContain('assumed')
  })

  it('what a few pictures say of a preprocessing, or labels that have nothing to do with them, is not taken for an answer', async () => {
    await writeFile(at('model.onnx'), model({ input: 'float32', width: 5, outputs: ['scores'], isNhwc: false }))
    const few = fromArrays(
      { data: pixels.slice(0, 4 * 48), shape: [4, 3, 4, 4], dtype: 'uint8' },
      { data: Int32Array.of(0, 1, 2, 3), shape: [4], dtype: 'int32' },
    )
    await expect(evaluateModel(at('model.onnx'), { data: few, preprocess: 'auto' }, work)).rejects.toThrow(
      /--preprocess auto on 4 labelled pictures.*not clearly more than guessing/,
    )
    expect(describeInspection(await inspectModel(at('model.onnx'), { data: few }, work))).toMatch(
      /none is clearly better than guessing on 4 samples/,
    )
  })

  it('a flag that would do nothing, and another model to compare with, are not taken without a word', async () => {
    const plain = model({ input: 'float32', width: 3, outputs: ['scores'], isNhwc: false })
    await writeFile(at('model.onnx'), plain)
    await writeFile(at('other.onnx'), model({ input: 'float32', width: 3, outputs: ['logits'], isNhwc: false }))
    const reference = await rawScores(
      plain,
      { input: 'float32', width: 3, outputs: ['scores'], isNhwc: false },
      'scores',
    )
    const data = fromArrays(
      { data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' },
      { data: Int32Array.from(reference, classOf), shape: [count], dtype: 'int32' },
    )
    for (const flags of [
      { steps: [4] },
      { readout: 'mean' },
      { sameData: true },
      { against: at('other.onnx') },
    ] as const) {
      await expect(evaluateModel(at('model.onnx'), { data, ...flags }, work)).rejects.toThrow(
        /^\[eval\] --.* which is a plain ONNX model, expected it only for a spiking network/,
      )
    }
    await expect(inspectModel(at('model.onnx'), { samples: 5 }, work)).rejects.toThrow(
      /--samples for .* without --data/,
    )
    await convertModel(at('model.onnx'), { calibrate: data, out: at('model.snn.onnx'), preprocess: { scale: 1 } }, work)
    await expect(inspectModel(at('model.snn.onnx'), { data }, work)).rejects.toThrow(/--data for .*, a spiking network/)
    const options = { data, sameData: true, steps: [64], preprocess: { scale: 1 } }
    expect(
      (await evaluateModel(at('model.snn.onnx'), { ...options, against: at('model.onnx') }, work)).warnings,
    ).toBeUndefined()
    const { warnings, notes } = await evaluateModel(
      at('model.snn.onnx'),
      { ...options, against: at('other.onnx') },
      work,
    )
    expect(warnings).toEqual([
      expect.stringMatching(/other\.onnx is not the file that .*model\.snn\.onnx was converted from/),
    ])
    expect(notes).toEqual([
      expect.stringMatching(/the file has its own preprocessing, .*: --preprocess took its place/),
      'one of 40 samples is 2.5 points.',
    ])
  })

  it('what is done to pictures though nobody said so is said; the best of equals names the others', async () => {
    await writeFile(at('model.onnx'), model({ input: 'float32', width: 3, outputs: ['scores'], isNhwc: false }))
    const large = fromArrays(
      { data: Uint8Array.from({ length: 10 * 64 }, (_, i) => (i * 37) % 256), shape: [10, 1, 8, 8], dtype: 'uint8' },
      { data: new Int32Array(10), shape: [10], dtype: 'int32' },
    )
    const changed = 'pictures of other sizes (8 x 8) were made 4 x 4, as the network takes them.'
    expect((await evaluateModel(at('model.onnx'), { data: large }, work)).notes).toContain(changed)
    expect(
      (await convertModel(at('model.onnx'), { calibrate: large, out: at('model.snn.onnx') }, work)).report.notes,
    ).toContain(changed)
    expect(
      (
        await evaluateModel(
          at('model.onnx'),
          { data: large, preprocess: { scale: 1, resize: 4, channels: 'rgb', size: [4, 4] } },
          work,
        )
      ).notes ?? [],
    ).not.toContain(changed)
    const trial = (name: string, accuracy: number, labelOffset = 0): PreprocessTrial => ({
      name,
      accuracy,
      labelOffset,
      samples: 100,
      spec: {},
    })
    expect(equalsOf([trial('cifar10', 0.9), trial('cifar100', 0.9), trial('0-1', 0.9, 1), trial('tf', 0.8)])).toEqual([
      'cifar100',
      '0-1 (label offset 1)',
    ])
    const unlabelled = fromArrays({ data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' }, undefined)
    await expect(
      convertModel(at('model.onnx'), { calibrate: unlabelled, out: at('model.snn.onnx'), preprocess: 'auto' }, work),
    ).rejects.toThrow(/--preprocess auto for .*, without labels, expected labelled pictures/)
    await expect(readSpec('fashion')).rejects.toThrow(
      /--preprocess fashion, expected auto, .*imagenet.*, JSON or the name of a JSON file/,
    )
  })

  it('folders of fewer classes than the network tells apart are no list of them', async () => {
    await writeFile(at('model.onnx'), model({ input: 'float32', width: 5, outputs: ['scores'], isNhwc: false }))
    const folders = (classes: readonly string[]): ImageDataset => {
      const labels = Int32Array.from({ length: count }, (_, n) => n % classes.length)
      return {
        ...fromArrays(
          { data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' },
          { data: labels, shape: [count], dtype: 'int32' },
        ),
        classes,
        numberedByName: true,
      }
    }
    const said = /folders for 3 classes, numbered in the order of their names, and the network tells 5 apart/
    const some = folders(['cat', 'dog', 'owl'])
    expect(
      (await evaluateModel(at('model.onnx'), { data: some, preprocess: { scale: 1 } }, work)).warnings?.[0],
    ).toMatch(said)
    const { report } = await convertModel(
      at('model.onnx'),
      { calibrate: some, preprocess: { scale: 1 }, out: at('model.snn.onnx') },
      work,
    )
    expect(describeWarnings(report)[0]).toMatch(said)
    expect(readSnn(await readFile(at('model.snn.onnx'))).metadata.classNames).toBeUndefined()
    // of a spiking network, too
    expect(await evaluateModel(at('model.snn.onnx'), { data: some, sameData: true }, work)).toMatchObject({
      warnings: [expect.stringMatching(said)],
      notes: expect.arrayContaining([
        expect.stringMatching(/order of their names: cat = 0, dog = 1, owl = 2\. /),
      ]) as unknown,
    })
    await expect(
      evaluateModel(at('model.snn.onnx'), { data: some, sameData: true, readout: 'firstSpike' }, work),
    ).rejects.toThrow(/firstSpike for a network that is read after its last step/)
    const all = ['ant', 'bee', 'cat', 'dog', 'owl']
    // labels that have nothing to do with what is seen: the names are those of another order
    await convertModel(
      at('model.onnx'),
      { calibrate: folders(all), preprocess: { scale: 1 }, out: at('model.snn.onnx') },
      work,
    )
    expect(readSnn(await readFile(at('model.snn.onnx'))).metadata.classNames).toBeUndefined()
    const reference = await rawScores(
      model({ input: 'float32', width: 5, outputs: ['scores'], isNhwc: false }),
      { input: 'float32', width: 5, outputs: ['scores'], isNhwc: false },
      'scores',
    )
    const right = {
      ...fromArrays(
        { data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' },
        { data: Int32Array.from(reference, classOf), shape: [count], dtype: 'int32' },
      ),
      classes: all,
      numberedByName: true as const,
    }
    await convertModel(
      at('model.onnx'),
      { calibrate: right, preprocess: { scale: 1 }, out: at('model.snn.onnx') },
      work,
    )
    expect(readSnn(await readFile(at('model.snn.onnx'))).metadata.classNames).toEqual(all)
  })

  it('what is no list of classes, as the boxes of a detector, is refused before any work', async () => {
    const boxes = writeOnnx({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3, 4, 4] }],
      outputs: [{ name: 'boxes', dtype: 'float32', shape: undefined }],
      nodes: [{ op: 'Conv', inputs: ['x', 'k'], outputs: ['boxes'], attributes: { strides: [2, 2] } }],
      constants: { k: { dtype: 'float32', shape: [85, 3, 2, 2], data: wave(85 * 12, 1) } },
    })
    await writeFile(at('boxes.onnx'), boxes)
    const data = fromArrays(
      { data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' },
      { data: new Int32Array(count), shape: [count], dtype: 'int32' },
    )
    const said = /the output 'boxes' of .* is \[85,2,2\] for a sample, expected one score for each class/
    await expect(evaluateModel(at('boxes.onnx'), { data }, work)).rejects.toThrow(said)
    await expect(convertModel(at('boxes.onnx'), { calibrate: data, out: at('boxes.snn.onnx') }, work)).rejects.toThrow(
      said,
    )
    await expect(inspectModel(at('boxes.onnx'), { data }, work)).rejects.toThrow(said)
  })

  it('numbers that the type of the input does not hold are refused', async () => {
    await writeFile(at('model.onnx'), model({ input: 'uint8', width: 3, outputs: ['scores'], isNhwc: false }))
    const data = fromArrays(
      { data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' },
      { data: new Int32Array(count), shape: [count], dtype: 'int32' },
    )
    await expect(evaluateModel(at('model.onnx'), { data, preprocess: { scale: 1 / 255 } }, work)).rejects.toThrow(
      /input of the model is uint8.*--preprocess 0-255/,
    )
  })

  it('half floats go in and come out', async () => {
    const path = fileURLToPath(new URL('../test/half.onnx', import.meta.url))
    const x = wave(8 * count, 7)
    const session = await ort.InferenceSession.create(path)
    const half = toFloat16(x)
    const raw = Object.values(
      await session.run({ X: Object.assign(new ort.Tensor('float16', half, [count, 8]), { cpuData: half }) }),
    )[0]!
    await session.release()
    // the largest of half floats above 0 has the largest bits
    const bits = new Uint16Array((raw.data as Uint16Array).buffer, (raw.data as Uint16Array).byteOffset, 3 * count)
    const labels = Int32Array.from({ length: count }, (_, n) => classOf([...bits.subarray(3 * n, 3 * n + 3)]))
    const data = fromArrays(
      { data: x, shape: [count, 8], dtype: 'float32' },
      { data: labels, shape: [count], dtype: 'int32' },
    )
    expect((await evaluateModel(path, { data }, work)).ann!.accuracy).toBe(1)
  })

  it('free sizes are those of the data, or what --sizes says', async () => {
    const weight = (shape: number[]): OnnxTensor => ({
      dtype: 'float32',
      shape,
      data: wave(
        shape.reduce((a, b) => a * b),
        5,
      ),
    })
    const bytes = writeOnnx({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3, 'h', 'w'] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: undefined }],
      nodes: [
        { op: 'Conv', inputs: ['x', 'k'], outputs: ['c'] },
        { op: 'Relu', inputs: ['c'], outputs: ['r'] },
        { op: 'GlobalAveragePool', inputs: ['r'], outputs: ['p'] },
        { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'm'], outputs: ['y'] },
      ],
      constants: { k: weight([4, 3, 2, 2]), m: weight([4, 3]) },
    })
    await writeFile(at('free.onnx'), bytes)
    const data: ImageDataset = fromArrays({ data: pixels, shape: [count, 3, 4, 4], dtype: 'uint8' }, undefined)
    expect(
      (await convertModel(at('free.onnx'), { calibrate: data, out: at('free.snn.onnx') }, work)).preprocess,
    ).toMatchObject({ size: [4, 4] })
    expect(
      (await convertModel(at('free.onnx'), { calibrate: data, out: at('free.snn.onnx'), sizes: { h: 8, w: 8 } }, work))
        .preprocess,
    ).toMatchObject({ resize: [8, 8] })
    await expect(inspectModel(at('free.onnx'), {}, work)).rejects.toThrow(/--sizes h=\.\.\.,w=\.\.\./)
    expect((await inspectModel(at('free.onnx'), { sizes: { h: 6, w: 5 } }, work)).inputs[0]!.shape).toEqual([
      'N',
      3,
      6,
      5,
    ])
  })
})

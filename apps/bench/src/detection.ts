import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { simulate, type ConversionReport } from '@snn/ann2snn'
import { readSnn } from '@snn/snn-file'
import { cpu } from '@snn/backend-cpu'
import { nodeImageDecoder } from '@snn/datasets/node'
import type { TensorLike } from '@snn/tensor'
import * as ort from 'onnxruntime-node'
import { snn } from './command-line.js'
import { data } from './models.js'

/**
 * FastestDet: [1, 3, 352, 352] BGR of 0..1 in; objectness, four numbers of a box and 80 classes for each of 22 x 22
 * cells out.
 */
export const detector = { name: 'fastestdet', file: join(data, 'onnx/detection/fastestdet.onnx') }

const side = 352
const T = 8
const calibrationPictures = 64
/** Boxes that are compared, and what may overlap before the weaker of two is dropped. */
const leastScore = 0.65
const sameObject = 0.45
/** What a box must overlap its counterpart by. */
const leastOverlap = 0.8

/** Converts the detector by the command line, calibrated on pictures of ImageNet, with nothing said but the code. */
export async function convertDetector(
  folder: string,
): Promise<{ readonly file: string; readonly report: ConversionReport }> {
  const pictures = join(data, 'imagenet-sample')
  const names = (await readdir(pictures))
    .filter((name) => name.endsWith('.jpg'))
    .sort()
    .slice(0, calibrationPictures)
  const pixels = await Promise.all(names.map((name) => bgrOf(join(pictures, name))))
  const [images, labels] = ['images', 'labels'].map((name) => join(folder, `detection-${name}.idx`))
  await writeFile(images!, idx([names.length, 3, side, side], Buffer.concat(pixels)))
  await writeFile(labels!, idx([names.length], new Uint8Array(names.length)))
  const file = join(folder, `${detector.name}.snn.onnx`)
  const { report } = (await snn(
    'convert',
    detector.file,
    '--calibrate',
    `${images},${labels}`,
    '--code',
    'delta',
    '--batch',
    '8',
    '--out',
    file,
  )) as { readonly report: ConversionReport }
  return { file, report }
}

/**
 * Boxes of the ANN, in ONNX Runtime, and how many of them the SNN lacks after T steps: none of the same class that
 * overlaps enough.
 */
export async function lostBoxes(
  file: string,
): Promise<{ readonly boxes: number; readonly lost: number; readonly leastOverlap: number; readonly total: number }> {
  const session = await ort.InferenceSession.create(detector.file, { logSeverityLevel: 3 })
  const backend = await cpu()
  const { snn: network } = readSnn(await readFile(file))
  let [boxes, lost, least] = [0, 0, 1]
  for (const name of ['det-0.jpg', 'det-1.jpg', 'det-3.jpg']) {
    const x: TensorLike = {
      data: Float32Array.from(await bgrOf(join(data, 'onnx/detection', name)), (value) => value / 255),
      shape: [1, 3, side, side],
    }
    const result = await session.run({
      [session.inputNames[0]!]: new ort.Tensor('float32', x.data as Float32Array, x.shape),
    })
    const { logits } = await simulate(network, x, { T, backend })
    const found = boxesOf(logits.data)
    for (const box of boxesOf(result[session.outputNames[0]!]!.data as Float32Array)) {
      const overlap = Math.max(
        0,
        ...found.filter(({ category }) => category === box.category).map((other) => overlapOf(box, other)),
      )
      boxes++
      if (overlap < leastOverlap) lost++
      least = Math.min(least, overlap)
    }
  }
  await session.release()
  await backend.dispose()
  return { boxes, lost, leastOverlap: least, total: T }
}

interface Box {
  readonly score: number
  readonly category: number
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Boxes above the least score, as shares of the picture, the weaker of two of one class that overlap left out. */
function boxesOf(output: ArrayLike<number>): Box[] {
  const cells = 22
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
  const found: Box[] = []
  for (let y = 0; y < cells; y++) {
    for (let x = 0; x < cells; x++) {
      const at = (channel: number): number => output[(channel * cells + y) * cells + x]!
      const classes = Array.from({ length: 80 }, (_, i) => at(5 + i))
      const category = classes.indexOf(Math.max(...classes))
      const score = at(0) ** 0.6 * classes[category]! ** 0.4
      const [cx, cy] = [(x + Math.tanh(at(1))) / cells, (y + Math.tanh(at(2))) / cells]
      const [width, height] = [sigmoid(at(3)), sigmoid(at(4))]
      if (score > leastScore)
        found.push({
          score,
          category,
          left: cx - width / 2,
          top: cy - height / 2,
          right: cx + width / 2,
          bottom: cy + height / 2,
        })
    }
  }
  const kept: Box[] = []
  for (const box of found.sort((a, b) => b.score - a.score))
    if (!kept.some((other) => other.category === box.category && overlapOf(box, other) > sameObject)) kept.push(box)
  return kept
}

/** Intersection over union. */
function overlapOf(a: Box, b: Box): number {
  const area = ({ left, top, right, bottom }: Omit<Box, 'score' | 'category'>): number =>
    Math.max(0, right - left) * Math.max(0, bottom - top)
  const common = area({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  })
  return common / (area(a) + area(b) - common)
}

/** A picture file as bytes [3, side, side], blue first: every pixel is the mean of the area that it covers. */
async function bgrOf(path: string): Promise<Uint8Array> {
  const decode = await nodeImageDecoder()
  const { data: pixels, shape } = await decode(await readFile(path))
  const [, height, width] = shape as [number, number, number]
  const [rows, columns] = [coverage(height), coverage(width)]
  const resized = new Uint8Array(3 * side * side)
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let sum = 0
        for (const [i, high] of rows[y]!)
          for (const [j, wide] of columns[x]!) sum += high * wide * pixels[((2 - c) * height + i) * width + j]!
        resized[(c * side + y) * side + x] = Math.round(sum)
      }
    }
  }
  return resized
}

/** For each of `side` equal parts of a line of `length` pixels: the pixels that it covers, and their shares. */
function coverage(length: number): (readonly [index: number, share: number])[][] {
  return Array.from({ length: side }, (_, part) => {
    const [from, to] = [(part * length) / side, ((part + 1) * length) / side]
    const first = Math.floor(from)
    return Array.from(
      { length: Math.min(length, Math.ceil(to)) - first },
      (_, k) => [first + k, (Math.min(to, first + k + 1) - Math.max(from, first + k)) / (to - from)] as const,
    )
  })
}

/** An IDX file of bytes. */
function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.set([0, 0, 8, shape.length])
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis))
  return Buffer.concat([header, values])
}

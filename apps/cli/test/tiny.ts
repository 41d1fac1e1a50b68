import { writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { writeOnnx, type OnnxTensor } from '@snn/onnx'

const size = 8
const classes = 4

/** Numbers from a small linear congruential generator, uniform in [0, 1). */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
}

function floats(shape: readonly number[], value: (index: number) => number): OnnxTensor {
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
  }
}

export interface TinyModelOptions {
  /** A fixed batch size; without it the batch is open. */
  readonly batch?: number
  readonly activation?: 'Relu' | 'Sigmoid'
  /** Another one behind it. */
  readonly behind?: 'Sigmoid'
  readonly pool?: 'MaxPool' | 'AveragePool'
  /** Another ReLU before the pooling, behind a convolution that changes nothing. */
  readonly hidden?: boolean
  /** A way past that convolution, which meets it before the other ReLU. */
  readonly shortcut?: boolean
}

/**
 * A classifier of 8 x 8 pictures by their brightest band of two rows, [N, 1, 8, 8] -> [N, 4]: a convolution that
 * averages, ReLU, maximum pooling, and a layer that adds up the bands.
 */
export function tinyModel({
  batch,
  activation = 'Relu',
  behind,
  pool = 'MaxPool',
  hidden = false,
  shortcut = false,
}: TinyModelOptions = {}): Uint8Array {
  const n = batch ?? 'N'
  const band = (feature: number): number => Math.floor((feature % 16) / 4)
  return writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: [n, 1, size, size] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [n, classes] }],
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'kernel', 'bias'],
        outputs: ['a'],
        attributes: { kernel_shape: [1, 3], pads: [0, 1, 0, 1] },
      },
      { op: activation, inputs: ['a'], outputs: ['b'] },
      ...(behind ? [{ op: behind, inputs: ['b'], outputs: ['behind'] }] : []),
      ...(hidden
        ? [
            { op: 'Conv', inputs: ['b', 'same'], outputs: ['h'], attributes: { kernel_shape: [1, 1] } },
            ...(shortcut ? [{ op: 'Add', inputs: ['h', 'b'], outputs: ['sum'] }] : []),
            { op: 'Relu', inputs: [shortcut ? 'sum' : 'h'], outputs: ['hidden'] },
          ]
        : []),
      {
        op: pool,
        inputs: [behind ? 'behind' : hidden ? 'hidden' : 'b'],
        outputs: ['c'],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
      { op: 'Flatten', inputs: ['c'], outputs: ['d'] },
      { op: 'Gemm', inputs: ['d', 'weight', 'offset'], outputs: ['y'] },
    ],
    constants: {
      kernel: floats([2, 1, 1, 3], (i) => (i < 3 ? 1 / 3 : i === 4 ? 1 : 0)),
      bias: floats([2], () => -0.05),
      ...(hidden ? { same: floats([2, 2, 1, 1], (i) => (i % 3 === 0 ? 1 : 0)) } : {}),
      weight: floats([2 * 16, classes], (i) => (band(Math.floor(i / classes)) === i % classes ? 1 : -0.2)),
      offset: floats([classes], () => 0),
    },
  })
}

/**
 * The same decision in three linear layers, without a picture in between: 8 x 8 pictures, 32 pairs of pixels, 4 sums of
 * them twice.
 */
export function tinyMlp(): Uint8Array {
  const pair = (feature: number): number => Math.floor(feature / 8)
  return writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 1, size, size] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['N', classes] }],
    nodes: [
      { op: 'Flatten', inputs: ['x'], outputs: ['a'] },
      { op: 'Gemm', inputs: ['a', 'pairs', 'none32'], outputs: ['b'] },
      { op: 'Relu', inputs: ['b'], outputs: ['c'] },
      { op: 'Gemm', inputs: ['c', 'bands', 'none'], outputs: ['d'] },
      { op: 'Relu', inputs: ['d'], outputs: ['e'] },
      { op: 'Gemm', inputs: ['e', 'classes', 'none'], outputs: ['y'] },
    ],
    constants: {
      pairs: floats([64, 32], (i) => (Math.floor(Math.floor(i / 32) / 2) === i % 32 ? 0.5 : 0)),
      bands: floats([32, classes], (i) => (pair(Math.floor(i / classes)) === i % classes ? 0.2 : -0.02)),
      classes: floats([classes, classes], (i) => (Math.floor(i / classes) === i % classes ? 1 : -0.2)),
      none32: floats([32], () => 0),
      none: floats([classes], () => 0),
    },
  })
}

/** The IDX form of unsigned bytes, gzipped. */
function idx(dims: readonly number[], values: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * dims.length)
  header.writeUInt32BE(0x0800 + dims.length)
  dims.forEach((dim, i) => header.writeUInt32BE(dim, 4 + 4 * i))
  return gzipSync(Buffer.concat([header, values]))
}

/** Writes a data set of such pictures as the four files of MNIST: 120 to train, 50 to test. */
export async function writeTinyData(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [prefix, count] of [
    ['train', 120],
    ['t10k', 50],
  ] as const) {
    const next = random(count)
    const labels = Uint8Array.from({ length: count }, () => Math.floor(next() * classes))
    const pixels = Uint8Array.from({ length: count * size * size }, (_, i) => {
      const row = Math.floor(i / size) % size
      const isBright = Math.floor(row / 2) === labels[Math.floor(i / (size * size))]
      return Math.floor(next() * 90) + (isBright ? 160 : 0)
    })
    await writeFile(join(folder, `${prefix}-images-idx3-ubyte.gz`), idx([count, size, size], pixels))
    await writeFile(join(folder, `${prefix}-labels-idx1-ubyte.gz`), idx([count], labels))
  }
}

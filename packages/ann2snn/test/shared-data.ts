import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { TensorLike } from '@snn/tensor'

export const sharedData = join(
  process.env['SNN_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url)),
  'data',
)

/** The third-party models, `[name, path]`; none, with a warning, where they are not on this machine. */
export const sharedModels: readonly (readonly [string, string])[] = existsSync(join(sharedData, 'onnx'))
  ? readdirSync(join(sharedData, 'onnx'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.onnx'))
      .sort()
      .map((name) => [name, join(sharedData, 'onnx', name)])
  : []

if (sharedModels.length === 0)
  console.warn(`SKIPPED: no models in ${sharedData}; set SNN_SHARED to the folder that holds data/onnx.`)

const side = 32
let pictures: Uint8Array | undefined

/** Real pictures (CIFAR-10 test images) with values 0..1 in the layout of one sample: [C, H, W], [H, W, C] or flat. */
export function realPictures(count: number, sample: readonly number[]): TensorLike {
  pictures ??= gunzipSync(readFileSync(join(sharedData, 'cifar10/test_1000_lossless.bin.gz')))
  const channelLast = sample.length === 3 && sample[2]! <= 3
  const flat = sample.length < 3 ? Math.round(Math.sqrt(sample[0]!)) : 0
  const [c, h, w] =
    flat > 0
      ? [1, flat, flat]
      : ((channelLast ? [sample[2], sample[0], sample[1]] : sample) as [number, number, number])
  const data = new Float32Array(count * c * h * w)
  for (let n = 0; n < count; n++) {
    const picture = pictures.subarray(n * 3073 + 1, (n + 1) * 3073)
    for (let channel = 0; channel < c; channel++) {
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) {
          const value = sampled(picture.subarray(channel * side * side), (y / h) * (side - 1), (x / w) * (side - 1))
          data[n * c * h * w + (channelLast ? (y * w + x) * c + channel : (channel * h + y) * w + x)] = value / 255
        }
      }
    }
  }
  return { data, shape: [count, ...sample] }
}

/** Bilinear interpolation in a plane of 32 x 32. */
function sampled(plane: Uint8Array, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)]
  const at = (row: number, column: number): number =>
    plane[Math.min(row, side - 1) * side + Math.min(column, side - 1)]!
  const row = (r: number): number => at(r, left) * (1 - x + left) + at(r, left + 1) * (x - left)
  return row(top) * (1 - y + top) + row(top + 1) * (y - top)
}

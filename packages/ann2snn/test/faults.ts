import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDataset } from '@snn/datasets/node'
import type { ConvertOptions } from '../src/plan/convert-options.js'
import { sharedData } from './shared-data.js'

/** An input that once failed, and how it is converted now. */
export interface Fault {
  readonly file: string
  readonly options: ConvertOptions
  /** Steps after which the output is that of ONNX Runtime, within this share of the largest. */
  readonly T: number
  readonly within: number
}

export const faults: readonly Fault[] = [
  // torch 2.13.0 exports Linear on [N, L, F] with batch normalisation over L so
  { file: 'bn-on-another-axis-square', options: {}, T: 512, within: 0.03 },
  { file: 'bn-on-another-axis-rows', options: {}, T: 512, within: 0.03 },
  // the range of a quantised input is signed: it is clipped before anything spikes
  { file: 'qdq-of-signed-values', options: {}, T: 512, within: 0.03 },
  // more than 99.9 % zeros, where a percentile of all activations is zero
  { file: 'layer-of-mostly-zeros', options: {}, T: 512, within: 0.03 },
  // bursts went beyond the bound of the Clip
  { file: 'clip-in-burst-code', options: { code: 'burst' }, T: 512, within: 0.03 },
]

const folder = join(sharedData, 'faults')
export const haveFaults = existsSync(folder)
if (!haveFaults) console.warn(`SKIPPED: no ${folder}; set SNN_SHARED to the folder that holds data/faults.`)

export function readFault(file: string): Uint8Array {
  return readFileSync(join(folder, `${file}.onnx`))
}

/** The samples of `NAME.npz` beside a model, and their labels; undefined where there are none. */
export async function readSamples(
  file: string,
): Promise<{ readonly data: Float32Array; readonly labels: readonly number[] } | undefined> {
  const path = join(folder, `${file}.npz`)
  if (!existsSync(path)) return undefined
  const set = await openDataset(path)
  const samples = await Promise.all(Array.from({ length: Math.min(set.length, 64) }, (_, i) => set.get(i)))
  return {
    data: Float32Array.from(samples.flatMap(({ image }) => [...image.data])),
    labels: samples.map(({ label }) => label),
  }
}

import { convert, importOnnx, toOnnx, type ConversionReport, type ConvertOptions } from '@snn/ann2snn'
import { take, type ImageDataset, type PreprocessSpec } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { replaceFile } from '@snn/train/node'
import { withBackend } from './backend.js'
import type { Work } from './evaluate-model.js'
import { inputShape, readModel } from './model-file.js'
import { batchesFor, completeSpec } from './preprocessing.js'
import { checkWritable } from './check-writable.js'

type Settings = Pick<ConvertOptions, 'mode' | 'per' | 'balance' | 'initialPotential' | 'delay' | 'unsupported'>

export interface ConvertModelOptions extends Settings {
  /** DATA as a user writes it, or a data set. */
  readonly calibrate: string | ImageDataset
  /** Calibration samples, drawn at random with a fixed seed. */
  readonly samples?: number
  readonly preprocess?: PreprocessSpec
  readonly output?: string
  readonly batch?: number
  /** The file to write. */
  readonly out: string
  /** A file for the report, too. */
  readonly report?: string
}

/** The object that `snn convert --json` prints. */
export interface ModelConversion {
  readonly model: string
  readonly data: string
  readonly samples: number
  readonly out: string
  /** As it was used and stored; null for data that need none. */
  readonly preprocess: PreprocessSpec | null
  readonly report: ConversionReport
}

/** Converts an ONNX classifier into a spiking network and writes it as a .snn.onnx file. */
export async function convertModel(path: string, options: ConvertModelOptions, { signal, onProgress }: Work): Promise<ModelConversion> {
  const { calibrate, samples = 1000, output, batch = 64, out, report: reportPath, preprocess: given, ...settings } = options
  await checkWritable(out, '--out')
  if (reportPath !== undefined) await checkWritable(reportPath, '--report')
  const opened = typeof calibrate === 'string' ? await openDataset(calibrate, { signal }) : calibrate
  const { network, notes, classNames = opened.classes } = importOnnx(await readModel(path), output === undefined ? {} : { output })
  const dataset = take(opened, samples, { shuffle: true })
  const input = inputShape(network.inputs, path)
  const preprocess = completeSpec(given, dataset, input)
  const batches = batchesFor(dataset, preprocess, input, { batch, signal })
  return withBackend(async (backend) => {
    const total = batches.samples
    const converted = await convert(network, batches, {
      ...settings,
      backend,
      signal,
      onProgress: (progress) => onProgress({ total, ...progress }),
    })
    const report = { ...converted.report, notes: [...notes, ...converted.report.notes] }
    const file = await toOnnx(converted.snn, { ...(preprocess ? { preprocess } : {}), ...(classNames ? { classNames } : {}), T: report.recommendedT })
    signal.throwIfAborted()
    await replaceFile(out, file)
    if (reportPath !== undefined) await replaceFile(reportPath, `${JSON.stringify(report, undefined, 2)}\n`)
    return { model: path, data: typeof calibrate === 'string' ? calibrate : calibrate.description, samples: dataset.length, out, preprocess: preprocess ?? null, report }
  })
}

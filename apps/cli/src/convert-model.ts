import { convert, importOnnx, searchConversion, toOnnx, type ConversionReport, type ConvertOptions, type SearchRow } from '@snn/ann2snn'
import { take, type ImageDataset, type PreprocessSpec } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { SnnError } from '@snn/tensor'
import { replaceFile } from '@snn/train/node'
import { withBackend } from './backend.js'
import type { Work } from './evaluate-model.js'
import { readClassifier, type ClassifierOptions } from './classifier.js'
import { inputSettings, refuseForNumbers, type InputWish } from './input-settings.js'
import { inputShape } from './model-file.js'
import { batchesFor, withoutLabels } from './preprocessing.js'
import { openCheckpoint } from './calibration-file.js'
import { digestsOf } from './calibration-images.js'
import { checkWritable } from './check-writable.js'
import type { OnProgress } from './progress.js'

type Settings = Pick<ConvertOptions, 'code' | 'levels' | 'digits' | 'T' | 'wait' | 'weights' | 'mode' | 'per' | 'balance' | 'initialPotential' | 'delay' | 'unsupported'>

export interface ConvertModelOptions extends Settings, ClassifierOptions, InputWish {
  /** DATA as a user writes it, or a data set. */
  readonly calibrate: string | ImageDataset
  /** Calibration samples, drawn at random with a fixed seed. */
  readonly samples?: number
  readonly batch?: number
  /** The file to write. */
  readonly out: string
  /** A file for the report, too. */
  readonly report?: string
  /** A file that keeps what sequential calibration found for each layer: it goes on from there, and removes it at the end. */
  readonly resume?: string
  /** Points of accuracy that may be lost: searches codes, calibrations and steps for the cheapest. */
  readonly budget?: number
  /** Labelled data that the search measures on. Default: a fifth of the calibration samples, which then choose no thresholds. */
  readonly validate?: string | ImageDataset
  /** Allows the search to calibrate and measure on the same images. */
  readonly sameData?: boolean
}

/** The object that `snn convert --json` prints. */
export interface ModelConversion {
  readonly model: string
  readonly data: string
  readonly samples: number
  readonly out: string
  /** As it was used and stored; null for data that need none. */
  readonly preprocess: PreprocessSpec | null
  /** Where it is not 0. */
  readonly labelOffset?: number
  /** Where the preprocessing comes from, where nobody said it. */
  readonly because?: string
  readonly report: ConversionReport
  /** What a search tried, best first; the first was written. */
  readonly search?: { readonly annAccuracy: number; readonly rows: readonly SearchRow[] }
}

/** Converts an ONNX classifier into a spiking network and writes it as a .snn.onnx file. */
export async function convertModel(path: string, options: ConvertModelOptions, { signal, onProgress }: Work): Promise<ModelConversion> {
  const { calibrate, samples = 1000, output, sizes, batch, out, report: reportPath, preprocess: given, labelOffset: offset, resume, budget, validate, sameData = false, ...settings } = options
  await checkWritable(out, '--out')
  if (reportPath !== undefined) await checkWritable(reportPath, '--report')
  const checkpoint = resume === undefined ? undefined : await openCheckpoint(resume)
  const opened = typeof calibrate === 'string' ? await openDataset(calibrate, { signal }) : calibrate
  const dataset = take(opened, samples, { shuffle: true })
  refuseForNumbers(given, dataset)
  const classifier = await readClassifier({ path, dataset, preprocess: given }, { output, sizes }, 'free')
  const { network, notes, classNames = opened.classes } = importOnnx(classifier.graph, output === undefined ? {} : { output })
  const input = inputShape(network.inputs, path)
  const { preprocess, labelOffset, because } = await inputSettings(classifier, dataset, { preprocess: given, labelOffset: offset }, { signal, onProgress })
  const batches = withoutLabels(batchesFor(dataset, preprocess, input, { batch, signal }), dataset)
  return withBackend(async (backend) => {
    const work = { ...settings, labelOffset, backend, signal }
    const follow: OnProgress = (progress) => onProgress({ total: batches.samples, ...progress })
    const found = budget === undefined ? undefined : await search(budget)
    const converted = found?.best ?? (await convert(network, batches, { ...work, ...(checkpoint && { resume: checkpoint.layers, onLayer: checkpoint.add }), onProgress: follow }))

    async function search(points: number) {
      const { weights, balance, initialPotential, delay, unsupported } = settings
      const common = Object.fromEntries(Object.entries({ weights, balance, initialPotential, delay, unsupported, labelOffset, backend, signal }).filter(([, value]) => value !== undefined))
      const own = await parts(dataset, validate, signal)
      const [calibration, validation] = [own.calibration, own.validation].map((part) => batchesFor(part, preprocess, input, { batch, signal }))
      return searchConversion(network, calibration!, validation!, { ...common, budget: points, sameData, onProgress: follow })
    }
    const report = { ...converted.report, notes: [...notes, ...converted.report.notes] }
    const file = await toOnnx(converted.snn, { calibration: await digestsOf(dataset), ...(preprocess ? { preprocess } : {}), ...(labelOffset === 0 ? {} : { labelOffset }), ...(classNames ? { classNames } : {}), T: report.recommendedT })
    signal.throwIfAborted()
    await replaceFile(out, file)
    await checkpoint?.remove()
    if (reportPath !== undefined) await replaceFile(reportPath, `${JSON.stringify(report, undefined, 2)}\n`)
    return { model: path, data: typeof calibrate === 'string' ? calibrate : calibrate.description, samples: dataset.length, out, preprocess: preprocess ?? null, ...(labelOffset !== 0 && { labelOffset }), ...(because !== undefined && { because }), report, ...(found && { search: { annAccuracy: found.annAccuracy, rows: found.rows } }) }
  })
}

/** Calibration and validation data of a search: those given, or four fifths and the rest of the calibration samples. */
async function parts(dataset: ImageDataset, validate: string | ImageDataset | undefined, signal: AbortSignal): Promise<{ readonly calibration: ImageDataset; readonly validation: ImageDataset }> {
  if (dataset.labelled === false) throw new SnnError('ARGUMENT', `[convert] --budget with ${dataset.description}, without labels, expected labelled data: the budget is one of accuracy. Give labels, or leave it out.`, { name: '--budget', value: dataset.description })
  if (validate !== undefined) return { calibration: dataset, validation: typeof validate === 'string' ? await openDataset(validate, { signal }) : validate }
  const count = Math.max(1, Math.floor(dataset.length * 0.8))
  return { calibration: take(dataset, count), validation: { ...dataset, length: dataset.length - count, get: (i, draw) => dataset.get(i + count, draw) } }
}

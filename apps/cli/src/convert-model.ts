import { convert, importOnnx, type ConversionReport, type ConvertOptions, type PresetName } from '@snn/ann2snn'
import { toOnnx } from '@snn/snn-file'
import { take, type ImageDataset, type PreprocessSpec } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { checkOutputs, replaceFile } from '@snn/tensor/node'
import { withBackend } from './backend.js'
import type { Work } from './evaluate-model.js'
import { readClassifier, type ClassifierOptions } from './classifier.js'
import { inputSettings, refuseForNumbers, type InputWish } from './input-settings.js'
import { inputShape, modelDigest } from './model-file.js'
import { batchesFor, withoutLabels } from './preprocessing.js'
import { openCheckpoint } from './calibration-file.js'
import { withDigests } from './calibration-images.js'
import { chooseConversion, type Choice } from './choose-conversion.js'
import { pathsOf } from './data-paths.js'
import type { OnProgress } from './progress.js'

type Settings = Pick<
  ConvertOptions,
  | 'code'
  | 'levels'
  | 'digits'
  | 'T'
  | 'wait'
  | 'weights'
  | 'mode'
  | 'per'
  | 'balance'
  | 'initialPotential'
  | 'delay'
  | 'unsupported'
>

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
  /**
   * A file that keeps what sequential calibration found for each layer: it goes on from there, and removes it at the
   * end.
   */
  readonly resume?: string
  /** What the conversion is for, in place of code, mode and steps. */
  readonly preset?: PresetName
  /** Points of accuracy that may be lost: searches codes, calibrations and steps for the cheapest. */
  readonly budget?: number
  /**
   * Data that a search measures on. Default: other samples of the calibration data; where they are few, a fifth of the
   * calibration samples.
   */
  readonly validate?: string | ImageDataset
  /** Allows the search to calibrate and measure on the same images. */
  readonly sameData?: boolean
}

/** The object that `snn convert --json` prints. */
export interface ModelConversion extends Partial<Pick<Choice, 'search' | 'alternative'>> {
  readonly model: string
  readonly data: string
  /** Calibration samples that were drawn, and how many samples the data have. */
  readonly samples: number
  readonly available: number
  /** The data that a search measured on, where these are others. */
  readonly validation?: string
  readonly preset?: PresetName
  readonly out: string
  /** As it was used and stored; null for data that need none. */
  readonly preprocess: PreprocessSpec | null
  /** Where it is not 0. */
  readonly labelOffset?: number
  /** Where the preprocessing comes from, where nobody said it. */
  readonly because?: string
  readonly report: ConversionReport
}

/** Converts an ONNX classifier into a spiking network and writes it as a .snn.onnx file. */
export async function convertModel(
  path: string,
  options: ConvertModelOptions,
  { signal, onProgress }: Work,
): Promise<ModelConversion> {
  const {
    calibrate,
    samples = 1000,
    output,
    sizes,
    batch,
    out,
    report: reportPath,
    preprocess: given,
    labelOffset: offset,
    resume,
    preset,
    budget,
    validate,
    sameData = false,
    ...settings
  } = options
  const inputs = [path]
  const outputs = { '--out': out, '--report': reportPath, '--resume': resume }
  for (const data of [calibrate, validate])
    inputs.push(
      ...(await pathsOf(
        data,
        [out, reportPath].filter((name) => name !== undefined),
      )),
    )
  await checkOutputs(outputs, { inputs })
  const checkpoint = resume === undefined ? undefined : await openCheckpoint(resume)
  const opened =
    typeof calibrate === 'string' ? await openDataset(calibrate, { signal, labels: 'optional' }) : calibrate
  const { dataset, digests } = withDigests(take(opened, samples, { shuffle: true }))
  refuseForNumbers(given, dataset)
  const classifier = await readClassifier(
    { path, dataset, preprocess: given },
    { output, sizes, onFile: (file) => inputs.push(file) },
    'free',
  )
  await checkOutputs(outputs, { inputs })
  const { network, notes, classNames: ofModel } = importOnnx(classifier.graph, output === undefined ? {} : { output })
  const input = inputShape(network.inputs, path)
  const {
    preprocess,
    labelOffset,
    because,
    warnings,
    notes: changes,
    classNames: ofData,
  } = await inputSettings(classifier, dataset, { preprocess: given, labelOffset: offset }, { signal, onProgress })
  const batches = withoutLabels(batchesFor(dataset, preprocess, input, { batch, signal }), dataset)
  return withBackend(async (backend) => {
    const work = { ...settings, labelOffset, backend, signal }
    const follow: OnProgress = (progress) => onProgress({ total: batches.samples, ...progress })
    const { weights, balance, initialPotential, delay, unsupported } = settings
    const common = Object.fromEntries(
      Object.entries({ weights, balance, initialPotential, delay, unsupported, labelOffset, backend, signal }).filter(
        ([, value]) => value !== undefined,
      ),
    )
    const batchesOf = (part: ImageDataset) =>
      withoutLabels(batchesFor(part, preprocess, input, { batch, signal }), part)
    const choice =
      preset === undefined && budget === undefined
        ? undefined
        : await chooseConversion({
            ...common,
            ...(preset === undefined ? {} : { preset }),
            ...(budget === undefined ? {} : { budget }),
            network,
            calibration: dataset,
            others: take(opened, samples, { shuffle: true, skip: samples }),
            validation:
              typeof validate === 'string' ? await openDataset(validate, { signal, labels: 'optional' }) : validate,
            sameData,
            batches: batchesOf,
            onProgress: follow,
          })
    const converted =
      choice?.conversion ??
      (await convert(network, batches, {
        ...work,
        ...(checkpoint && { resume: checkpoint.layers, onLayer: checkpoint.add }),
        onProgress: follow,
      }))
    const report = {
      ...converted.report,
      notes: [...(opened.notes ?? []), ...changes, ...notes, ...converted.report.notes],
      warnings: [...warnings, ...converted.report.warnings],
    }
    // names in an order that gives hardly a picture its class are another order than the network's
    const isGuess = dataset.numberedByName && report.warnings.some(({ code }) => code === 'labels')
    const classNames = ofModel ?? (isGuess ? undefined : ofData)
    const file = await toOnnx(converted.snn, {
      calibration: await digests(),
      ...(preprocess ? { preprocess } : {}),
      ...(labelOffset === 0 ? {} : { labelOffset }),
      ...(classNames ? { classNames } : {}),
      T: report.recommendedT,
      source: await modelDigest(path),
    })
    signal.throwIfAborted()
    await replaceFile(out, file)
    await checkpoint?.remove()
    if (reportPath !== undefined) await replaceFile(reportPath, `${JSON.stringify(report, undefined, 2)}\n`)
    const { search, alternative } = choice ?? {}
    return {
      model: path,
      data: typeof calibrate === 'string' ? calibrate : calibrate.description,
      samples: dataset.length,
      available: opened.length,
      ...(validate !== undefined && { validation: typeof validate === 'string' ? validate : validate.description }),
      ...(preset !== undefined && { preset }),
      out,
      preprocess: preprocess ?? null,
      ...(labelOffset !== 0 && { labelOffset }),
      ...(because !== undefined && { because }),
      report,
      ...(search && { search }),
      ...(alternative && { alternative }),
    }
  })
}

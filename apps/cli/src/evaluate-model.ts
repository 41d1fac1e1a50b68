import { evaluate, type StepResult } from '@snn/ann2snn'
import { readSnn } from '@snn/snn-file'
import { parsePreprocess, take, type ImageDataset, type PreprocessSpec } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { needsSequence, sampleShapes, type Network, type ReadoutOption } from '@snn/nn'
import { formatShape, sameShape, sizeOf, SnnError, type Shape } from '@snn/tensor'
import { openAnn, type AnnRun } from './ann.js'
import { readClassifier, type ClassifierOptions } from './classifier.js'
import {
  classesOf,
  inputSettings,
  refuseForNumbers,
  type Classifier,
  type InputSettings,
  type InputWish,
} from './input-settings.js'
import { withBackend } from './backend.js'
import { withoutImages } from './calibration-images.js'
import { refuseFlags } from './flags.js'
import { inputShape, isCheckpoint, isSpiking, modelDigest, readBytes, readModel } from './model-file.js'
import { batchesFor, changesOf, completeSpec, pictureShapes } from './preprocessing.js'
import { stage, type OnProgress } from './progress.js'
import { openTrained, trainingAdvice, type TrainedNetwork } from './trained-network.js'

export interface EvaluateModelOptions extends ClassifierOptions, InputWish {
  /** DATA as a user writes it, or a data set. */
  readonly data: string | ImageDataset
  /** The first so many samples. Default: all. */
  readonly samples?: number
  readonly steps?: readonly number[]
  /** How the outputs of all steps are read. Default: as the file says. */
  readonly readout?: ReadoutOption
  /** The plain ONNX file that the spiking network came from, evaluated too. */
  readonly against?: string
  readonly batch?: number
  /** Allows images that the network was calibrated with. */
  readonly sameData?: boolean
}

/** The object that `snn eval --json` prints. Accuracies are shares, times are seconds. */
export interface ModelEvaluation {
  readonly model: string
  readonly data: string
  readonly samples: number
  /** The plain ONNX classifier in ONNX Runtime. */
  readonly ann?: Pick<AnnRun, 'accuracy' | 'seconds'>
  /** After each number of steps, all from one run. */
  readonly snn: readonly (Omit<StepResult, 'T'> & { readonly steps: number })[]
  /** What was found out where nobody said it, and because of what. */
  readonly preprocess?: PreprocessSpec
  readonly because?: string
  /** Where it is not 0. */
  readonly labelOffset?: number
  /** What to know of how the data were read. */
  readonly notes?: readonly string[]
  /** What is suspicious. */
  readonly warnings?: readonly string[]
}

export interface Work {
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
}

export const defaultSteps: readonly number[] = [4, 8, 16, 32, 64]

/**
 * Accuracy of a model file on labelled data: of a spiking network after every number of steps, or of a plain ONNX
 * classifier.
 */
export async function evaluateModel(path: string, options: EvaluateModelOptions, work: Work): Promise<ModelEvaluation> {
  const { data, samples = Infinity, against, batch, readout, sameData = false } = options
  const trained = isCheckpoint(path) ? await openTrained(path) : undefined
  const spiking = trained !== undefined || isSpiking(await readModel(path, { batch: 'keep' }))
  if (!spiking)
    refuseFlags('eval', `${path}, which is a plain ONNX model`, 'for a spiking network', {
      '--against': against,
      '--steps': options.steps,
      '--readout': readout,
      '--same-data': options.sameData,
    })
  else if (against === undefined)
    refuseFlags('eval', `${path}, a spiking network, without --against`, 'for a plain ONNX model', {
      '--output': options.output,
      '--sizes': options.sizes,
    })
  const opened = typeof data === 'string' ? await openDataset(data, { signal: work.signal }) : data
  const snnFile = trained ?? (spiking ? readSnn(await readBytes(path)) : undefined)
  if (opened.labelled === false)
    throw new SnnError(
      'ARGUMENT',
      `[eval] ${opened.description}, without labels, expected labelled data. Give labels: see DATA in snn eval --help.`,
      { name: '--data', value: opened.description },
    )
  const taken = samples < opened.length ? take(opened, samples) : opened
  const dataset = sameData ? taken : withoutImages(taken, snnFile?.metadata.calibration ?? [])
  refuseForNumbers(options.preprocess, dataset)
  const source = snnFile ? against : path
  const stored = snnFile?.metadata.preprocess
  const storedSpec = stored === undefined ? undefined : parsePreprocess(stored)
  const wish = {
    preprocess: options.preprocess ?? storedSpec,
    labelOffset: options.labelOffset ?? snnFile?.metadata.labelOffset,
  }
  const classifier =
    source === undefined
      ? undefined
      : await readClassifier({ path: source, dataset, preprocess: wish.preprocess }, options, 'keep')
  if (snnFile && classifier && sizeOf(classifier.input) !== sizeOf(inputShape(snnFile.snn.inputs, path))) {
    throw new SnnError(
      'ARGUMENT',
      `[eval] --against ${source!} takes ${formatShape(classifier.input)}, and ${path} ${formatShape(inputShape(snnFile.snn.inputs, path))}, expected the classifier that it was converted from. Give that one, or leave it out.`,
      { name: '--against', value: source },
    )
  }
  const settings = classifier
    ? await inputSettings(classifier, dataset, wish, work)
    : await withoutClassifier(snnFile!.snn, path, dataset, wish, options.preprocess)
  const { preprocess, labelOffset, because } = settings
  const ann = classifier && (await evaluateAnn(classifier, dataset, settings, batch, work))

  const snn =
    snnFile &&
    (await withBackend((backend) => {
      const { snn: net } = snnFile
      const shape = inputShape(net.inputs, path)
      const input = isOfSteps(net, dataset, shape) ? dataset.shape! : shape
      const batches = batchesFor(dataset, preprocess, input, { batch, signal: work.signal })
      return evaluate(net, batches, {
        steps: options.steps ?? stepsToMeasure(snnFile),
        ...(readout !== undefined && { readout }),
        backend,
        labelOffset,
        advice: adviceFor(snnFile),
        signal: work.signal,
        onProgress: stage(work.onProgress, 'SNN', batches.samples),
      })
    }))
  const warnings = [
    ...(against === undefined ? [] : await doubtsOfSource(against, path, snnFile!)),
    // of one cause, the classifier shows it best
    ...([settings.warnings.map(({ message }) => message), ann?.warnings ?? [], snn?.warnings ?? []].find(
      ({ length }) => length > 0,
    ) ?? []),
  ]
  const notes = [
    ...(opened.notes ?? []),
    ...(storedSpec && options.preprocess !== undefined
      ? [`the file has its own preprocessing, ${JSON.stringify(storedSpec)}: --preprocess took its place.`]
      : []),
    ...settings.notes,
    ...(dataset.length < fewSamples
      ? [`one of ${dataset.length} samples is ${(100 / dataset.length).toFixed(1)} points.`]
      : []),
  ]
  return {
    model: path,
    data: typeof data === 'string' ? data : data.description,
    samples: dataset.length,
    ...(ann ? { ann: { accuracy: ann.accuracy, seconds: ann.seconds } } : {}),
    snn: (snn?.results ?? []).map(({ T, accuracy, spikesPerNeuronPerStep, seconds }) => ({
      steps: T,
      accuracy,
      spikesPerNeuronPerStep,
      seconds,
    })),
    ...(because !== undefined && { ...(preprocess && { preprocess }), because }),
    ...(labelOffset !== 0 && { labelOffset }),
    ...(notes.length > 0 && { notes }),
    ...(warnings.length > 0 && { warnings }),
  }
}

/** Numbers of samples below which an accuracy says what one of them counts. */
const fewSamples = 50

/** Says so where another model than the one that a file was converted from is measured beside it. */
async function doubtsOfSource(
  against: string,
  path: string,
  { metadata: { source, calibration, readout } }: TrainedNetwork,
): Promise<string[]> {
  // a converted network reads its last step, which a file leaves unsaid
  if (source === undefined && (calibration !== undefined || readout === undefined)) return []
  if (source !== undefined && source === (await modelDigest(against))) return []
  return [
    `${against} is not the file that ${path} was converted from${source === undefined ? ', for it was trained' : ''}: the points between them are those of two networks.`,
  ]
}

/** Where a spiking network is hardly better than guessing: what its file tells of where it comes from. */
function adviceFor({ metadata: { calibration, readout } }: TrainedNetwork): string {
  const converted =
    'check preprocessing, labels and output on the plain model that it was converted from: snn inspect MODEL.onnx --data DATA.'
  if (calibration !== undefined) return `C${converted.slice(1)}`
  // a conversion reads the last step, which a file leaves unsaid
  return readout !== undefined ? trainingAdvice : `${trainingAdvice} Of a converted network, ${converted}`
}

/**
 * Where nobody says: the steps of a network whose outputs of all steps are read together, or are needed at once; else
 * several, with those recommended.
 */
function stepsToMeasure({ snn, metadata: { T, readout } }: TrainedNetwork): readonly number[] {
  if (T === undefined) return defaultSteps
  return readout !== undefined || needsSequence(snn) !== undefined ? [T] : [...defaultSteps, T]
}

/** Whether samples are sequences [T, ..] of what the network takes, which are numbers already. */
function isOfSteps({ metadata: { encoding } }: Network, { dtype, shape }: ImageDataset, input: Shape): boolean {
  return (
    encoding !== 'constant' &&
    dtype === 'float32' &&
    shape?.length === input.length + 1 &&
    sameShape(shape.slice(1), input)
  )
}

/** The settings for a spiking network alone, which knows its preprocessing. */
async function withoutClassifier(
  snn: Network,
  path: string,
  dataset: ImageDataset,
  { preprocess, labelOffset = 0 }: InputWish,
  said: InputWish['preprocess'],
): Promise<InputSettings> {
  if (preprocess === 'auto')
    throw new SnnError(
      'ARGUMENT',
      `[eval] --preprocess auto for ${path}, expected the classifier that it was converted from, to try preprocessings on. Give --against, or leave it out: the file knows its own.`,
      { name: '--preprocess', value: preprocess },
    )
  const shapes = await pictureShapes(dataset)
  const spec = completeSpec(preprocess, dataset, inputShape(snn.inputs, path), shapes)
  const outputs = sampleShapes(snn)
    .get(snn.outputs[0]!)!
    .reduce((a, b) => a * b, 1)
  const { warnings, notes } = classesOf(Math.max(2, outputs), dataset, labelOffset)
  return {
    preprocess: spec,
    labelOffset,
    warnings,
    notes: [
      ...(dataset.dtype === 'uint8' ? changesOf(shapes, spec, said === 'auto' ? undefined : said) : []),
      ...notes,
    ],
  }
}

async function evaluateAnn(
  { path, output, input }: Classifier,
  dataset: ImageDataset,
  { preprocess, labelOffset }: InputSettings,
  batch: number | undefined,
  { signal, onProgress }: Work,
): Promise<AnnRun> {
  await using ann = await openAnn(path, output)
  return await ann.evaluate(batchesFor(dataset, preprocess, input, { batch: ann.batch ?? batch, signal }), {
    labelOffset,
    signal,
    onProgress,
  })
}

import { evaluate, readSnn, type StepResult } from '@snn/ann2snn'
import { parsePreprocess, take, type ImageDataset, type PreprocessSpec } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { needsSequence, type Network, type ReadoutOption } from '@snn/nn'
import type { OnnxGraph } from '@snn/onnx'
import { sameShape, SnnError, type Shape } from '@snn/tensor'
import { openAnn, type AnnRun } from './ann.js'
import { withBackend } from './backend.js'
import { withoutImages } from './calibration-images.js'
import { inputShape, isSpiking, readBytes, readModel, sampleInputs } from './model-file.js'
import { batchesFor, completeSpec } from './preprocessing.js'
import { stage, type OnProgress } from './progress.js'
import { isCheckpoint, openTrained, type TrainedNetwork } from './trained-network.js'

export interface EvaluateModelOptions {
  /** DATA as a user writes it, or a data set. */
  readonly data: string | ImageDataset
  /** The first so many samples. Default: all. */
  readonly samples?: number
  readonly steps?: readonly number[]
  /** How the outputs of all steps are read. Default: as the file says. */
  readonly readout?: ReadoutOption
  /** The plain ONNX file that the spiking network came from, evaluated too. */
  readonly against?: string
  /** Default: what the .snn.onnx file says, else pixels scaled to 0..1. */
  readonly preprocess?: PreprocessSpec
  readonly output?: string
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
  readonly ann?: Omit<AnnRun, 'samples'>
  /** After each number of steps, all from one run. */
  readonly snn: readonly (Omit<StepResult, 'T'> & { readonly steps: number })[]
}

export interface Work {
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
}

export const defaultSteps: readonly number[] = [4, 8, 16, 32, 64]

/** Accuracy of a model file on labelled data: of a spiking network after every number of steps, or of a plain ONNX classifier. */
export async function evaluateModel(path: string, options: EvaluateModelOptions, work: Work): Promise<ModelEvaluation> {
  const { data, samples = Infinity, against, output, batch, readout, sameData = false } = options
  const trained = isCheckpoint(path) ? await openTrained(path) : undefined
  const graph = trained ? undefined : await readModel(path, { batch: 'keep' })
  const spiking = !graph || isSpiking(graph)
  if (against !== undefined && !spiking) {
    throw new SnnError('ARGUMENT', `[eval] --against for ${path}, which is no .snn.onnx file but a plain ONNX model, expected it only for a converted one. Leave it out.`, { name: '--against', value: against })
  }
  const opened = typeof data === 'string' ? await openDataset(data, { signal: work.signal }) : data
  const snnFile = trained ?? (spiking ? readSnn(await readBytes(path)) : undefined)
  const taken = samples < opened.length ? take(opened, samples) : opened
  const dataset = sameData ? taken : withoutImages(taken, snnFile?.metadata.calibration ?? [])
  const stored = snnFile?.metadata.preprocess
  const spec = options.preprocess ?? (stored === undefined ? undefined : parsePreprocess(stored))
  const source = snnFile ? against : path
  const ann = source === undefined ? undefined : await evaluateAnn(source, graph && !snnFile ? graph : await readModel(source, { batch: 'keep' }), dataset, { spec, output, batch }, work)

  const snn = snnFile && await withBackend((backend) => {
    const { snn: net } = snnFile
    const shape = inputShape(net.inputs, path)
    const input = isOfSteps(net, dataset, shape) ? dataset.shape! : shape
    const batches = batchesFor(dataset, completeSpec(spec, dataset, input), input, { batch, signal: work.signal })
    return evaluate(net, batches, { steps: options.steps ?? stepsToMeasure(snnFile), ...(readout !== undefined && { readout }), backend, signal: work.signal, onProgress: stage(work.onProgress, 'SNN', batches.samples) })
  })
  return {
    model: path,
    data: typeof data === 'string' ? data : data.description,
    samples: dataset.length,
    ...(ann ? { ann: { accuracy: ann.accuracy, seconds: ann.seconds } } : {}),
    snn: (snn?.results ?? []).map(({ T, accuracy, spikesPerNeuronPerStep, seconds }) => ({ steps: T, accuracy, spikesPerNeuronPerStep, seconds })),
  }
}

/** Where nobody says: the steps of a network whose outputs of all steps are read together, or are needed at once; else several, with those recommended. */
function stepsToMeasure({ snn, metadata: { T, readout } }: TrainedNetwork): readonly number[] {
  if (T === undefined) return defaultSteps
  return readout !== undefined || needsSequence(snn) !== undefined ? [T] : [...defaultSteps, T]
}

/** Whether samples are sequences [T, ..] of what the network takes, which are numbers already. */
function isOfSteps({ metadata: { encoding } }: Network, { dtype, shape }: ImageDataset, input: Shape): boolean {
  return encoding !== 'constant' && dtype === 'float32' && shape?.length === input.length + 1 && sameShape(shape.slice(1), input)
}

interface AnnSettings {
  readonly spec: PreprocessSpec | undefined
  readonly output: string | undefined
  readonly batch: number | undefined
}

async function evaluateAnn(path: string, graph: OnnxGraph, dataset: ImageDataset, { spec, output, batch }: AnnSettings, { signal, onProgress }: Work): Promise<AnnRun> {
  const input = inputShape(sampleInputs(graph), path)
  const ann = await openAnn(path)
  try {
    const batches = batchesFor(dataset, completeSpec(spec, dataset, input), input, { batch: ann.batch ?? batch, signal })
    return await ann.evaluate(batches, { output, signal, onProgress })
  } finally {
    await ann.dispose()
  }
}

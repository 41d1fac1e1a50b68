import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluate } from '@snn/ann2snn'
import { readSnn, toOnnx } from '@snn/snn-file'
import { SnnError } from '@snn/tensor'
import { checkOutputs, makeFolder, replaceFile } from '@snn/tensor/node'
import { adam, adamW, cosine, fit, sgd, type EpochResult, type OptimizerOptions } from '@snn/train'
import { checkpointFile, jsonLines, type CheckpointContent } from '@snn/train/node'
import { withBackend } from './backend.js'
import type { OnProgress } from './progress.js'
import { count, percent } from './table.js'
import { openTrainingSets } from './training-data.js'
import { trainingAdvice, type TrainingDescription } from './trained-network.js'
import { trainingNetworks } from './training-networks.js'

export const trainingOptimizers = {
  adam: (parameters, options) => adam(parameters, options),
  adamW: (parameters, options) => adamW(parameters, options),
  sgd: (parameters, options) => sgd(parameters, { momentum: 0.9, ...options }),
} as const satisfies Readonly<
  Record<string, (parameters: Parameters<typeof adam>[0], options: OptimizerOptions) => ReturnType<typeof adam>>
>

export interface TrainModelOptions {
  readonly model: string
  readonly data: string
  readonly test?: string
  /** The folder of checkpoint and log. */
  readonly out: string
  readonly resume?: boolean
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly optimizer: keyof typeof trainingOptimizers
  readonly schedule: 'cosine' | 'constant'
  /** Default: what the model says. */
  readonly steps?: number
  readonly width?: number
  readonly seed: number
  readonly samples?: number
  readonly testSamples?: number
  /** Batches from one checkpoint to the next, besides that after every pass. */
  readonly every: number
}

/** The object that `snn train --json` prints. Accuracies are shares. */
export interface ModelTraining {
  readonly dataset: string
  readonly model: string
  readonly data: string
  readonly steps: number
  readonly parameters: number
  readonly checkpoint: string
  readonly log: string
  /** The trained network as a .snn.onnx file. */
  readonly network: string
  /** Of that file on the test part, read again and run as `snn eval` runs it. */
  readonly accuracy: number
  /** What is suspicious: an accuracy that is hardly better than guessing. */
  readonly warnings?: readonly string[]
  readonly history: readonly EpochResult[]
  /** Of this run, with everything. */
  readonly seconds: number
}

export interface TrainWork {
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
  readonly onEpoch: (result: EpochResult) => void
  /** Is told what the user should know before training begins. */
  readonly onNote: (text: string) => void
}

/** Trains a network on a data set, with a log and a checkpoint in the folder `out`. */
export async function trainModel(
  dataset: string,
  options: TrainModelOptions,
  { signal, onProgress, onEpoch, onNote }: TrainWork,
): Promise<ModelTraining> {
  const started = performance.now()
  const { model, out, resume = false, epochs, batch, lr, schedule, seed, every } = options
  const kind = Object.hasOwn(trainingNetworks, model) ? trainingNetworks[model]! : undefined
  if (!kind)
    throw new SnnError(
      'ARGUMENT',
      `[train] --model ${model}, expected one of ${Object.keys(trainingNetworks).join(', ')}.`,
      { name: '--model', value: model },
    )
  const { steps: T = kind.T, width = kind.width } = options
  const checkpoint = join(out, 'checkpoint.safetensors')
  const log = join(out, 'log.jsonl')
  const network = join(out, 'model.snn.onnx')
  const sets = await openTrainingSets(dataset, { ...options, T, signal })
  await checkFolder(out, { checkpoint, log, network }, resume)

  const { net, loss } = kind.create({ shape: sets.shape, classes: sets.classes, width })
  net.initialize({ seed })
  const updates = epochs * Math.floor(sets.train.samples / batch)
  const rate = schedule === 'cosine' ? cosine({ initial: lr, steps: Math.max(1, updates) }) : lr
  const optimizer = trainingOptimizers[options.optimizer](net.parameters(), { lr: rate })
  const identity = JSON.stringify({
    data: sets.description,
    model,
    T,
    width,
    optimizer: options.optimizer,
    lr,
    schedule,
    seed,
  })
  const { shape, classes, encoding, preprocess, classNames } = sets
  const description: TrainingDescription = {
    model,
    shape,
    classes,
    width,
    epochs,
    T,
    encoding,
    ...(preprocess && { preprocess }),
    ...(classNames && { classNames }),
  }
  const store = checkpointFile(checkpoint, { about: JSON.stringify(description) })
  const stored = resume ? await store.load() : undefined
  if (stored) {
    checkResumed(stored.position.setting.identity, identity, out)
    noteOnResume(stored, { epochs, schedule }, onNote)
  }
  const { result, accuracy, warnings } = await withBackend(async (backend) => {
    const result = await fit(net, sets.train, {
      optimizer,
      loss,
      encode: sets.encode,
      epochs,
      validation: sets.test,
      checkpoint: { store, every, resume, identity },
      onWarning: onNote,
      log: jsonLines(log),
      backend,
      signal,
      onEpoch,
      onProgress: ({ stage, done, total, epoch, loss: mean, accuracy, samplesPerSecond, secondsLeft }) => {
        const facts = [
          `epoch ${epoch} of ${epochs}`,
          ...(mean === undefined ? [] : [`loss ${mean.toPrecision(3)}`]),
          ...(accuracy === undefined ? [] : [percent(accuracy)]),
          `${count(samplesPerSecond)} images/s`,
          `${clock(secondsLeft)} in all`,
        ]
        onProgress({ stage, done, total, note: `; ${facts.join(', ')}` })
      },
    })
    // on a resume of what is done nothing was traced that would say it
    net.metadata = { T, encoding, readout: { by: 'count' } }
    const file = await toOnnx(net, { ...(preprocess && { preprocess }), ...(classNames && { classNames }) })
    await replaceFile(network, file)
    const { results, warnings } = await evaluate(
      readSnn(file).snn,
      { [Symbol.asyncIterator]: () => sets.test.pass(0)[Symbol.asyncIterator]() },
      { backend, signal, advice: trainingAdvice },
    )
    return { result, accuracy: results[0]!.accuracy, warnings }
  })
  const parameters = Object.values(net.parameters()).reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  )
  return {
    dataset,
    model,
    data: sets.description,
    steps: T,
    parameters,
    checkpoint,
    log,
    network,
    accuracy,
    ...(warnings.length > 0 && { warnings }),
    history: result.history,
    seconds: (performance.now() - started) / 1000,
  }
}

/** Flags by what they say in the identity of a training. */
const flagsOfIdentity: Readonly<Record<string, string>> = {
  data: 'data of --data, --test, --samples',
  model: '--model',
  T: '--steps',
  width: '--width',
  optimizer: '--optimizer',
  lr: '--lr',
  schedule: '--schedule',
  seed: '--seed',
}

/** Throws `CHECKPOINT` where a training would go on with other settings than it began with. */
function checkResumed(stored: string, now: string, folder: string): void {
  const [before, given] = [stored, now].map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>) as [
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
  ]
  const other = Object.keys(given).find((key) => before[key] !== given[key])
  if (other === undefined) return
  const reason = `${flagsOfIdentity[other]} ${String(given[other])}, and the training in ${folder} has ${String(before[other])}`
  throw new SnnError(
    'CHECKPOINT',
    `[train] ${reason}, expected the same to go on. Say it as it was, or train anew in another --out.`,
    { reason },
  )
}

/** Says how a training with another number of passes than before goes on. */
function noteOnResume(
  stored: CheckpointContent,
  { epochs, schedule }: Pick<TrainModelOptions, 'epochs' | 'schedule'>,
  onNote: (text: string) => void,
): void {
  if (!stored.about) return
  const { epochs: before } = JSON.parse(stored.about) as TrainingDescription
  const done = stored.position.epoch
  if (done >= epochs) onNote(`${done} of ${epochs} epochs are done: nothing is trained. Give more --epochs to go on.`)
  else if (before !== epochs) {
    const share = (total: number): string => percent((1 + Math.cos((Math.PI * done) / total)) / 2)
    const rate =
      schedule === 'cosine'
        ? `the learning rate goes on along the cosine of ${epochs} epochs, from ${share(epochs)} of its first value (at this place in ${before} epochs: ${share(before)})`
        : 'the learning rate stays as it is'
    onNote(`goes on after epoch ${done} with ${epochs} epochs instead of ${before}: ${rate}.`)
  }
}

/**
 * Makes the folder. Throws `OUTPUT` where it cannot be written to, and `ARGUMENT` where a training would be
 * overwritten.
 */
async function checkFolder(
  folder: string,
  { checkpoint, log, network }: Readonly<Record<'checkpoint' | 'log' | 'network', string>>,
  resume: boolean,
): Promise<void> {
  await makeFolder(folder, '--out')
  await checkOutputs({
    'the checkpoint of --out': checkpoint,
    'the log of --out': log,
    'the network of --out': network,
  })
  if (resume || !(await stat(checkpoint).catch(() => undefined))) return
  throw new SnnError(
    'ARGUMENT',
    `[train] --out ${folder} holds a training already, expected an empty folder. Give --resume to go on with it, or another folder.`,
    { name: '--out', value: folder },
  )
}

/** 3725 -> 1:02:05 */
function clock(seconds: number): string {
  const whole = Math.round(seconds)
  return [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

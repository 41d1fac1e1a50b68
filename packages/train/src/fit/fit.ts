import type { Network } from '@snn/nn'
import { compile, SnnError, type Backend, type CompileFunctionOptions, type Variable } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import {
  checkSetting,
  readVariables,
  restoreVariables,
  type CheckpointStore,
  type TrainingPosition,
} from './checkpoint.js'
import type { TrainingData } from './data.js'
import { countCorrect, evaluator, type EvaluationStep } from './evaluate.js'
import {
  evaluationStep,
  trainingStep,
  trainingVariables,
  type NetworkTraining,
  type TrainingStep,
} from './network-step.js'
import { checkBatch, checkHealth, checkWeights, finiteLoss } from './finite.js'
import type { EpochResult, FitProgress, TrainingLog } from './progress.js'
import { checkCount, Rate } from './session.js'

/** Where and how often `fit` saves. */
export interface CheckpointOptions {
  readonly store: CheckpointStore
  /** Save after every so many batches, too. Default: after every pass alone, and when the signal aborts. */
  readonly every?: number
  /** Go on from what the store holds; from the beginning where it holds nothing. Default false. */
  readonly resume?: boolean
  /** What else must be equal to go on: names of data, model and settings. */
  readonly identity?: string
}

/** What `fit` takes of a network and of a step. */
export interface FitOptions {
  /** Passes over the data. */
  readonly epochs: number
  /** Measured after every pass. */
  readonly validation?: TrainingData
  /** A last batch that is not full is left out (default), since it would need a program of its own, or used. */
  readonly lastBatch?: 'drop' | 'use'
  readonly checkpoint?: CheckpointOptions
  readonly log?: TrainingLog
  /** Batches from one record of the log to the next. Default 50. */
  readonly logEvery?: number
  readonly backend?: Backend | undefined
  /** Ends training between two batches, after a checkpoint, by throwing `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: FitProgress) => void
  readonly onEpoch?: (result: EpochResult) => void
  /**
   * Is told what is probably not meant, such as a parameter on which the loss does not depend. Default: `console.warn`.
   */
  readonly onWarning?: (text: string) => void
  /** Called when a program is compiled: once for training and once for validation, unless batches differ in shape. */
  readonly onCompile?: CompileFunctionOptions['onCompile']
}

/** Options of `fit` of a network. */
export interface NetworkFitOptions extends FitOptions, NetworkTraining {}

/** Options of `fit` of a step of your own. */
export interface StepFitOptions extends FitOptions {
  /**
   * Every Variable that the step changes, by name, for checkpoints: parameters, those of the optimiser, statistics,
   * counters.
   */
  readonly variables: Readonly<Record<string, Variable>>
  /** What `validation` measures. */
  readonly evaluate?: EvaluationStep
}

/** What `fit` gives. */
export interface FitResult {
  readonly history: readonly EpochResult[]
  /** Updates since the start. */
  readonly steps: number
}

/**
 * Trains a network, or whatever a step function trains, on passes over data. Everything of one batch, the update
 * included, is one program.
 *
 * With a checkpoint nothing is lost when training is interrupted, at any moment: with `resume` it goes on, and ends in
 * the same bits as without the interruption (on a backend whose sums do not depend on chance).
 *
 * @throws `ARGUMENT` for options outside of their domains and data without one full batch, `NOT_FINITE` when data, loss
 * or weights are no numbers, with sample, layer and step, `NOT_TRAINABLE` where nothing could be learned, `CHECKPOINT`
 * when a checkpoint does not fit, and `signal.reason`
 */
export function fit(net: Network, data: TrainingData, options: NetworkFitOptions): Promise<FitResult>
export function fit(step: TrainingStep, data: TrainingData, options: StepFitOptions): Promise<FitResult>
export async function fit(
  target: Network | TrainingStep,
  data: TrainingData,
  options: NetworkFitOptions | StepFitOptions,
): Promise<FitResult> {
  checkMembers(
    'fit',
    data,
    'data',
    ['batch', 'samples', 'pass()'],
    'data in passes, such as loader(dataset, { batch: 32 })',
  )
  checkObject('fit', options)
  if (typeof target === 'function') return train(target, data, options as StepFitOptions)
  const given = options as NetworkFitOptions
  return train(trainingStep(target, given), data, {
    ...given,
    variables: trainingVariables(target, given.optimizer),
    evaluate: evaluationStep(target, given),
  })
}

async function train(step: TrainingStep, data: TrainingData, options: StepFitOptions): Promise<FitResult> {
  const { epochs, validation, lastBatch = 'drop', checkpoint, log, logEvery = 50, signal, variables } = options
  checkCount('epochs', epochs, 0)
  checkCount('logEvery', logEvery, 1)
  if (checkpoint?.every !== undefined) checkCount('checkpoint.every', checkpoint.every, 1)
  if (validation && !options.evaluate)
    throw new SnnError(
      'ARGUMENT',
      '[fit] validation data without evaluate, expected a function that says what to measure. Give { evaluate } or leave validation out.',
      { name: 'evaluate', value: undefined },
    )
  const batches = lastBatch === 'drop' ? Math.floor(data.samples / data.batch) : Math.ceil(data.samples / data.batch)
  if (batches === 0)
    throw new SnnError(
      'ARGUMENT',
      `[fit] ${data.samples} samples in batches of ${data.batch}, expected at least one full batch. Make batches smaller.`,
      { name: 'data', value: data.samples },
    )
  signal?.throwIfAborted()

  const setting = { batchSize: data.batch, samples: data.samples, lastBatch, identity: checkpoint?.identity ?? '' }
  const stored = checkpoint?.resume ? await checkpoint.store.load() : undefined
  if (stored) {
    checkSetting(stored.position.setting, setting)
    restoreVariables(variables, stored.tensors)
  }
  const none = { loss: 0, correct: null, samples: 0 }
  let position: TrainingPosition = stored?.position ?? {
    version: 1,
    epoch: 0,
    batch: 0,
    steps: 0,
    sums: none,
    history: [],
    setting,
  }
  await log?.start(position)
  const save = async (): Promise<void> => {
    const tensors = await readVariables(variables)
    checkWeights(tensors, { epoch: position.epoch, batch: position.batch })
    await checkpoint?.store.save({ position, tensors })
  }

  await using run = compile(step, {
    backend: options.backend,
    ...(options.onCompile && { onCompile: options.onCompile }),
  })
  await using measure = evaluator(options.evaluate ?? (() => ({})), options)
  const rate = new Rate()
  try {
    while (position.epoch < epochs) {
      const epoch = position.epoch + 1
      const report = (stage: FitProgress['stage'], done: number, total: number): void => {
        const { loss, samples } = position.sums
        const left = ((epochs - position.epoch) * batches - position.batch) * data.batch
        options.onProgress?.({
          stage,
          done,
          total,
          epoch,
          epochs,
          ...(samples > 0 && { loss: loss / samples, ...accuracyOf(position) }),
          samplesPerSecond: rate.perSecond,
          secondsLeft: rate.secondsFor(left),
        })
      }
      rate.start()
      for await (const [x, y] of data.pass(position.epoch, position.batch)) {
        if (position.batch >= batches) break
        signal?.throwIfAborted()
        const place = { epoch, batch: position.batch + 1 }
        checkBatch([x, y], place, 'fit')
        const { loss, predictions, health } = await run.run([x, y], { signal })
        const count = x.shape[0] ?? 0
        rate.add(count)
        const value = finiteLoss(loss, place)
        await checkHealth(health, variables, place)
        const correct = predictions ? countCorrect(predictions.data, y.data, count) : null
        const { sums } = position
        position = {
          ...position,
          batch: position.batch + 1,
          steps: position.steps + 1,
          sums: {
            loss: sums.loss + value * count,
            correct: correct === null ? null : (sums.correct ?? 0) + correct,
            samples: sums.samples + count,
          },
        }
        report('train', position.batch, batches)
        if (position.steps % logEvery === 0) {
          await log?.write({
            type: 'batch',
            epoch,
            step: position.steps,
            loss: value,
            ...(correct !== null && { accuracy: correct / count }),
            samplesPerSecond: Math.round(rate.perSecond),
          })
        }
        if (checkpoint?.every !== undefined && position.steps % checkpoint.every === 0 && position.batch < batches)
          await save()
      }
      rate.stop()
      const validated =
        validation &&
        (await measure(validation, { signal, onProgress: ({ done, total }) => report('validate', done, total) }))
      const result: EpochResult = {
        epoch,
        steps: position.steps,
        loss: position.sums.loss / position.sums.samples,
        ...accuracyOf(position),
        ...(validated && { validation: validated }),
      }
      const { steps, ...rest } = result
      // before the checkpoint: what is logged twice is sorted out by `log.start`, what is not logged would be lost
      await log?.write({ type: 'epoch', step: steps, ...rest, seconds: Math.round(rate.seconds * 10) / 10 })
      position = { ...position, epoch, batch: 0, sums: none, history: [...position.history, result] }
      await save()
      options.onEpoch?.(result)
    }
  } catch (error) {
    // any other error may have come between an update and its place in `position`
    if (signal?.aborted && error === signal.reason) await save()
    throw error
  }
  return { history: position.history, steps: position.steps }
}

function accuracyOf({ sums: { correct, samples } }: TrainingPosition): { accuracy?: number } {
  return correct === null ? {} : { accuracy: correct / samples }
}

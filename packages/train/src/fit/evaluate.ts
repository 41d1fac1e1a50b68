import { compile, type Backend, type CompileFunctionOptions, type Tensor } from '@snn/tensor'
import { checkFunction, checkMembers, checkObject } from '@snn/tensor/library'
import { padBatch, type TrainingData } from './data.js'
import { checkBatch } from './finite.js'
import type { Measured } from './progress.js'

/**
 * What to measure on a batch, in a trace: a loss (one value for each sample [N], or a scalar) and the predicted classes
 * int32 [N].
 */
export type EvaluationStep = (x: Tensor, y: Tensor) => { readonly loss?: Tensor; readonly predictions?: Tensor }

/** Options of `evaluate`. */
export interface EvaluateOptions {
  readonly backend?: Backend | undefined
  readonly signal?: AbortSignal | undefined
  /** Called when a program is compiled: once, unless samples differ in shape. */
  readonly onCompile?: CompileFunctionOptions['onCompile']
  readonly onProgress?: (progress: {
    readonly stage: 'evaluate'
    readonly done: number
    readonly total: number
  }) => void
}

/** A compiled evaluation, to be used more than once. */
export interface Evaluator extends AsyncDisposable {
  (data: TrainingData, options?: Omit<EvaluateOptions, 'backend' | 'onCompile'>): Promise<Measured>
}

/**
 * Compiles `step` for evaluation: the last batch is padded to the size of the others, so that one program serves all.
 */
export function evaluator(
  step: EvaluationStep,
  { backend, onCompile }: Pick<EvaluateOptions, 'backend' | 'onCompile'> = {},
): Evaluator {
  const compiled = compile(step, { backend, ...(onCompile && { onCompile }) })
  async function run(
    data: TrainingData,
    { signal, onProgress }: Omit<EvaluateOptions, 'backend' | 'onCompile'> = {},
  ): Promise<Measured> {
    let [loss, weight, correct, samples] = [0, 0, 0, 0]
    let predicts = false
    for await (const [x, y] of data.pass(0)) {
      signal?.throwIfAborted()
      const count = x.shape[0] ?? 0
      checkBatch([x, y], undefined, 'evaluate')
      const result = await compiled.run([padBatch(x, data.batch), padBatch(y, data.batch)], { signal })
      const losses = result.loss
      if (losses && (losses.shape.length > 0 || count === data.batch)) {
        const values = losses.shape.length > 0 ? [...losses.data].slice(0, count) : [losses.item() * count]
        loss += values.reduce((a, b) => a + b, 0)
        weight += count
      }
      predicts ||= result.predictions !== undefined
      if (result.predictions) correct += countCorrect(result.predictions.data, y.data, count)
      samples += count
      onProgress?.({ stage: 'evaluate', done: samples, total: data.samples })
    }
    return {
      samples,
      ...(weight > 0 && { loss: loss / weight }),
      ...(predicts && samples > 0 && { accuracy: correct / samples }),
    }
  }
  return Object.assign(run, { [Symbol.asyncDispose]: () => compiled.dispose() })
}

/** How many of the first `count` predictions are the labels. */
export function countCorrect(predictions: ArrayLike<number>, labels: ArrayLike<number>, count: number): number {
  let correct = 0
  for (let i = 0; i < count; i++) correct += Number(predictions[i] === labels[i])
  return correct
}

/** Measures loss and accuracy on one pass of data, in the order in which they come. */
export async function evaluate(
  step: EvaluationStep,
  data: TrainingData,
  options: EvaluateOptions = {},
): Promise<Measured> {
  checkFunction('evaluate', step, 'step', 'a step such as evaluationStep(net, ..)')
  checkMembers(
    'evaluate',
    data,
    'data',
    ['batch', 'samples', 'pass()'],
    'data in passes, such as loader(dataset, { batch: 32 })',
  )
  checkObject('evaluate', options)
  await using run = evaluator(step, options)
  return await run(data, options)
}

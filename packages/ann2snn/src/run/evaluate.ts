import {
  checkSteps,
  namedReadout,
  needsSequence,
  runningReadout,
  sampleShapes,
  type Network,
  type ReadoutOption,
} from '@snn/nn'
import { compile, placeholder, SnnError, sizeOf, type Tensor, type TensorLike, type TypedArray } from '@snn/tensor'
import { checkByRules, evaluateShapes, isNumber, optionRule, type OptionRules } from '@snn/tensor/library'
import { type WorkOptions, workRules } from '../calibrate/activations.js'
import { boundaryOf, classAt, Score, type ClassOptions, classRules } from './classes.js'
import { eachBatch, type Batches } from '../data.js'
import { chooseReadout, chooseSteps, compileLoop, runRules } from './simulate.js'
import { stepsOfInput } from './steps-of-input.js'
import { checkNetwork } from '../check.js'

/** Options of `evaluate`. */
export interface EvaluateOptions extends WorkOptions, ClassOptions {
  /**
   * Numbers of time steps to report, in one run that is timed at each of them; or one number T: every step from 1 to T.
   * A network that needs all steps at once has but one number: `[T]`. Default: `[T]` of the network's metadata.
   */
  readonly steps?: number | readonly number[]
  /** How the outputs of all steps are read. Default: `readoutOf(snn)`. */
  readonly readout?: ReadoutOption
  /** Ends the run of a batch when no prediction has changed for so many steps. Default: never. */
  readonly earlyExit?: number
  /**
   * What the warning says to do where the accuracy is hardly better than guessing. Default: what helps a converted
   * network, and a trained one.
   */
  readonly advice?: string
}

export const evaluateRules: OptionRules<EvaluateOptions> = {
  ...workRules,
  ...classRules,
  readout: runRules.readout,
  steps: {
    takes: (value) => isNumber(value) || optionRule.numbers.takes(value),
    expected: 'a number of steps, or an array of them',
  },
  earlyExit: optionRule.number,
  advice: optionRule.text,
}

export const evaluateAnnRules: OptionRules<WorkOptions & ClassOptions> = { ...workRules, ...classRules }

/** What holds when T steps are run. */
export interface StepResult {
  readonly T: number
  /** Share of samples of which the outputs up to T, by the read-out, are largest at the label. */
  readonly accuracy: number
  /** Mean over all neurons, samples and steps up to T; spikes of any size and sign count as one. */
  readonly spikesPerNeuronPerStep: number
  /**
   * Time the simulation took up to T, without reading data; where every step from 1 on is asked for, or with an early
   * exit, a share of the time from one look to the next.
   */
  readonly seconds: number
}

/** Accuracy and cost of a spiking network on labelled samples, at several numbers of steps of one run. */
export interface Evaluation {
  readonly samples: number
  /** Steps really run, mean over batches: below the largest T only with `earlyExit`. */
  readonly stepsRun: number
  readonly results: readonly StepResult[]
  /**
   * What is suspicious after all steps: an accuracy that is hardly better than guessing, neurons of which none fired.
   */
  readonly warnings: readonly string[]
}

/** Of a network of which is not known where it comes from. */
const adviceForSpiking =
  'A trained network needs more passes, more samples or another learning rate; of a converted one check preprocessing, labels and output on the plain model that it came from: snn inspect MODEL.onnx --data DATA.'

/**
 * Names of everything that spikes, and how many neurons of one sample that is; `T`: the steps of a network that needs
 * all of them at once.
 */
function spikesOf(
  snn: Network,
  T: number | undefined,
): { readonly names: readonly string[]; readonly neurons: number } {
  const shapes = sampleShapes(snn)
  const [mode, front] = T === undefined ? (['step', [1]] as const) : (['sequence', [T, 1]] as const)
  const { recorded } = evaluateShapes(() =>
    snn.run(
      mode,
      Object.fromEntries(snn.inputs.map(({ name }) => [name, placeholder([...front, ...shapes.get(name)!])])),
      { record: ['*'] },
    ),
  )
  const spikes = Object.entries(recorded).filter(([name]) => name.endsWith('.spike'))
  return {
    names: spikes.map(([name]) => name),
    neurons: spikes.reduce((sum, [, { shape }]) => sum + sizeOf(shape.slice(front.length)), 0),
  }
}

/**
 * Accuracy of a spiking network on labelled data, after every number of steps asked for: inputs [N, ..], or [N, T, ..]
 * of a network that takes another one at each step. Predictions are made as the network's metadata say, as training
 * measured them. A network with one output tells two classes apart: class 1 is where it is above 0, above 0.5 behind a
 * sigmoid.
 *
 * @throws `ARGUMENT` for labels that are no classes of the network, naming `labelOffset`
 */
export async function evaluate(snn: Network, data: Batches, options: EvaluateOptions = {}): Promise<Evaluation> {
  checkNetwork('evaluate', snn, 'snn')
  checkByRules('evaluate', options, evaluateRules)
  const {
    steps = [chooseSteps(snn, undefined, undefined, 'evaluate')],
    advice = adviceForSpiking,
    earlyExit = Infinity,
  } = options
  const wanted = stepsToReport(steps)
  if (options.earlyExit !== undefined) checkSteps(earlyExit, 'evaluate earlyExit')
  const whole = needsSequence(snn)
  if (whole !== undefined && (wanted.length > 1 || options.earlyExit !== undefined)) {
    throw new SnnError(
      'NEEDS_SEQUENCE',
      `[evaluate] ${options.earlyExit === undefined ? `results after ${wanted.join(', ')} steps` : 'an early exit'}, expected those of one number of steps, for '${whole}' needs all of them at once. Give { steps: [T] }.`,
      { layer: whole },
    )
  }
  // spikes are counted in each step as one number per layer
  const { names, neurons } = spikesOf(snn, whole === undefined ? undefined : wanted[0])
  await using loop = compileLoop(
    snn,
    names,
    (recorded) => Object.values(recorded).map((spike) => spike.ne(0).cast('float32').sum()),
    options.backend,
  )
  const boundary = boundaryOf(snn)
  const output = sampleShapes(snn).get(snn.outputs[0]!)!
  const scores = wanted.map(
    () => new Score({ operation: 'evaluate', output, labelOffset: options.labelOffset, advice }),
  )
  const spikes = new Float64Array(wanted.length)
  const seconds = new Float64Array(wanted.length)
  const last = wanted.at(-1)!
  const stops = runsUntil(
    typeof steps === 'number' || options.earlyExit !== undefined ? [last] : wanted,
    options.earlyExit,
  )
  const readout = namedReadout(chooseReadout(snn, options.readout, 'evaluate'), 'evaluate')
  let samples = 0
  let stepsRun = 0
  let batches = 0
  for await (const { x, labels, size } of eachBatch(data, 'evaluate', options.signal)) {
    if (!labels)
      throw new SnnError(
        'ARGUMENT',
        '[evaluate] batches without labels, expected [x, y] pairs. Use simulate() for predictions.',
        { name: 'data', value: 'no labels' },
      )
    scores[0]!.check(labels)
    chooseSteps(snn, x.shape, last, 'evaluate')
    const changes = stepsOfInput(snn, x.shape, 'evaluate') !== undefined
    if (options.earlyExit !== undefined && changes) {
      throw new SnnError(
        'ARGUMENT',
        '[evaluate] an early exit from inputs that change at every step, expected none. Leave earlyExit out.',
        { name: 'earlyExit', value: options.earlyExit },
      )
    }
    const read = runningReadout(readout, size, 'evaluate')
    let ran = 0
    let total = 0
    let time = 0
    let predictions = new Int32Array(size).fill(-1)
    let unchanged = 0
    let next = 0
    const reached = (spent: number, steps: number): void => {
      for (const [n, prediction] of predictions.entries()) scores[next]!.add(prediction, labels[n]!)
      spikes[next]! += total / steps
      seconds[next++]! += spent
    }
    for await (const { outputs, counts, spent, length } of runInPieces(loop, x, stops, changes, options.signal)) {
      const row = outputs.length / length
      for (let t = 0; t < length; t++) {
        for (const count of counts) total += count[t]!
        const values = read(outputs.subarray(t * row, (t + 1) * row))
        const classes = values.length / size
        const now = Int32Array.from({ length: size }, (_, n) => classAt(values, n * classes, classes, boundary))
        unchanged = now.every((prediction, n) => prediction === predictions[n]) ? unchanged + 1 : 0
        predictions = now
        if (wanted[next] === ran + t + 1) reached(time + (spent * (t + 1)) / length, ran + t + 1)
      }
      time += spent
      ran += length
      if (unchanged >= earlyExit) break
    }
    while (next < wanted.length) reached(time, ran)
    samples += size
    stepsRun += ran
    batches++
    options.onProgress?.({ stage: 'evaluate', done: samples })
  }
  if (samples === 0)
    throw new SnnError('ARGUMENT', '[evaluate] no samples, expected at least one batch.', {
      name: 'data',
      value: 'empty',
    })
  return {
    samples,
    stepsRun: stepsRun / batches,
    results: wanted.map((T, i) => ({
      T,
      accuracy: scores[i]!.accuracy,
      spikesPerNeuronPerStep: neurons === 0 ? 0 : spikes[i]! / samples / neurons,
      seconds: seconds[i]!,
    })),
    warnings: [
      ...(neurons > 0 && spikes.at(-1) === 0
        ? [
            `No neuron fired in ${last} steps for any of ${samples} samples. Check the network, the preprocessing and the number of steps.`,
          ]
        : []),
      ...scores.at(-1)!.warnings,
    ],
  }
}

/** The numbers of steps to report, ascending and once each; one number T stands for every step from 1 to T. */
function stepsToReport(steps: number | readonly number[]): readonly number[] {
  const wanted =
    typeof steps === 'number'
      ? Array.from({ length: checkSteps(steps, 'evaluate') }, (_, i) => i + 1)
      : [...new Set(steps)].sort((a, b) => a - b)
  for (const T of wanted.length > 0 ? wanted : [0]) checkSteps(T, 'evaluate')
  return wanted
}

/** Some steps of the run of a batch. */
interface RunPiece {
  /** Of all its steps, one after the other. */
  readonly outputs: TypedArray
  /** Of each layer the spikes in each of its steps. */
  readonly counts: readonly TypedArray[]
  /** Seconds. */
  readonly spent: number
  /** Its steps. */
  readonly length: number
}

/** The run of a batch up to each of `stops`. The state stays on the device from one piece to the next. */
async function* runInPieces(
  loop: ReturnType<typeof compileLoop<readonly Tensor[]>>,
  x: TensorLike,
  stops: readonly number[],
  changes: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunPiece> {
  let state: Parameters<typeof loop>[1] = null
  using _ = { [Symbol.dispose]: () => release(state) }
  let ran = 0
  for (const T of stops) {
    const started = performance.now()
    const length = T - ran
    const result: Awaited<ReturnType<typeof loop.run<{ output: 'device' }>>> = await loop.run(
      [x, state, length, T < stops.at(-1)!, changes ? ran : 0],
      { signal, output: 'device' },
    )
    const [outputs, ...counts] = await Promise.all([result.logits, ...result.collected].map((values) => values.data()))
    release([state, result.logits, result.collected])
    state = result.state
    ran = T
    yield { outputs: outputs!, counts, spent: (performance.now() - started) / 1000, length }
  }
}

/** Frees what values of a tree take on the device. */
function release(values: unknown): void {
  if (typeof values !== 'object' || values === null) return
  if (Symbol.dispose in values) (values as Disposable)[Symbol.dispose]()
  else Object.values(values).forEach(release)
}

/** Where the run pauses to look: after `steps`, and for an early exit every `patience` steps. */
function runsUntil(steps: readonly number[], patience: number | undefined): number[] {
  const looks =
    patience === undefined
      ? []
      : Array.from({ length: Math.floor(steps.at(-1)! / patience) }, (_, i) => (i + 1) * patience)
  return [...new Set([...looks, ...steps])].sort((a, b) => a - b)
}

/** Accuracy of a network without memory on labelled samples; `seconds`: of its runs alone, without reading data. */
export interface AnnEvaluation {
  readonly samples: number
  readonly accuracy: number
  readonly seconds: number
  /** What is suspicious: an accuracy that is hardly better than guessing. */
  readonly warnings: readonly string[]
}

/** Accuracy of a network without memory on labelled data; labels and outputs as in `evaluate`. */
export async function evaluateAnn(
  network: Network,
  data: Batches,
  options: WorkOptions & ClassOptions = {},
): Promise<AnnEvaluation> {
  checkNetwork('evaluateAnn', network, 'network')
  checkByRules('evaluateAnn', options, evaluateAnnRules)
  await using run = compile((x: Tensor) => network.single(network.run('step', network.bind(x))), {
    backend: options.backend,
  })
  const boundary = boundaryOf(network)
  let score: Score | undefined
  let seconds = 0
  for await (const { x, labels, size } of eachBatch(data, 'evaluateAnn', options.signal)) {
    if (!labels)
      throw new SnnError('ARGUMENT', '[evaluateAnn] batches without labels, expected [x, y] pairs.', {
        name: 'data',
        value: 'no labels',
      })
    const started = performance.now()
    const logits = await run.run([x], { signal: options.signal })
    seconds += (performance.now() - started) / 1000
    score ??= new Score({ operation: 'evaluateAnn', output: logits.shape.slice(1), labelOffset: options.labelOffset })
    score.check(labels)
    const classes = logits.data.length / size
    for (let n = 0; n < size; n++) score.add(classAt(logits.data, n * classes, classes, boundary), labels[n]!)
    options.onProgress?.({ stage: 'evaluate', done: score.samples })
  }
  if (!score)
    throw new SnnError('ARGUMENT', '[evaluateAnn] no samples, expected at least one batch.', {
      name: 'data',
      value: 'empty',
    })
  return { samples: score.samples, accuracy: score.accuracy, seconds, warnings: score.warnings }
}

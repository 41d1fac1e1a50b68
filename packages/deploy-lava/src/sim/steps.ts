import { SnnError, sizeOf, type Backend } from '@snn/tensor'
import { checkByRules, wrongArgument, optionRule, type OptionRules } from '@snn/tensor/library'
import { compileSimulator } from './compiled/compile-simulator.js'
import { checkProcesses, type ProcessGraph } from './process-graph.js'
import { simulator } from './simulator.js'

/** Options of `steps`. */
export interface StepsOptions {
  /** Processes whose output is handed out, by name: the last one by default. */
  readonly record?: readonly string[]
  /** Runs the compiled form on it. Default: plain integers. */
  readonly backend?: Backend
  /** Steps that the compiled form runs at once. Default 32. */
  readonly chunk?: number
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

export const stepsRules: OptionRules<StepsOptions> = {
  record: optionRule.texts,
  backend: optionRule.backend,
  chunk: optionRule.number,
  signal: optionRule.signal,
}

/** One time step: what each recorded process sent. */
export interface Step {
  readonly t: number
  readonly recorded: ReadonlyMap<string, Int32Array>
}

/**
 * The simulation one step after the other, for as long as inputs come. Memory does not grow with their number.
 *
 * @param inputs  what the source sends in each step, in whole numbers, C, H, W
 * @throws `ARGUMENT` for fractions and unknown names, `SHAPE` for an input of another size
 */
export async function* steps(
  graph: ProcessGraph,
  inputs: Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>>,
  options: StepsOptions = {},
): AsyncGenerator<Step> {
  checkProcesses('steps', graph)
  checkByRules('steps', options, stepsRules)
  const { backend, chunk = 32, signal, record = graph.processes.slice(-1).map(({ name }) => name) } = options
  if (typeof inputs !== 'object' || inputs === null || !(Symbol.iterator in inputs || Symbol.asyncIterator in inputs))
    throw wrongArgument('steps', 'inputs', inputs, 'an iterable of what is sent in each step')
  if (!(Number.isInteger(chunk) && chunk >= 1))
    throw new SnnError('ARGUMENT', `[steps] chunk is ${chunk}, expected a whole number from 1.`, {
      name: 'chunk',
      value: chunk,
    })
  const unknown = record.find((name) => !graph.processes.some((process) => process.name === name))
  if (unknown !== undefined)
    throw new SnnError(
      'ARGUMENT',
      `[steps] no process '${unknown}' to record, expected one of ${graph.processes.map(({ name }) => name).join(', ')}.`,
      { name: 'record', value: unknown },
    )
  const size = sizeOf(graph.inputShape)
  const check = (input: ArrayLike<number>): void => {
    signal?.throwIfAborted()
    if (input.length !== size)
      throw new SnnError(
        'SHAPE',
        `[steps] an input of ${input.length} numbers, expected ${size} ([${graph.inputShape.join(',')}]).`,
        { shapes: [[input.length], graph.inputShape] },
      )
    if (input instanceof Int32Array) return
    for (let i = 0; i < size; i++)
      if ((input[i]! | 0) !== input[i])
        throw new SnnError('ARGUMENT', `[steps] an input holds ${input[i]}, expected whole numbers of 32 bits.`, {
          name: 'input',
          value: input[i],
        })
  }
  yield* backend ? inChunks(graph, inputs, check, record, backend, chunk) : plainly(graph, inputs, check, record)
}

async function* plainly(
  graph: ProcessGraph,
  inputs: Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>>,
  check: (input: ArrayLike<number>) => void,
  record: readonly string[],
): AsyncGenerator<Step> {
  const run = simulator(graph)
  for await (const input of inputs) {
    check(input)
    run.step(input)
    yield { t: run.steps - 1, recorded: new Map(record.map((name) => [name, run.processes.get(name)!.out.slice()])) }
  }
}

async function* inChunks(
  graph: ProcessGraph,
  inputs: Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>>,
  check: (input: ArrayLike<number>) => void,
  record: readonly string[],
  backend: Backend,
  chunk: number,
): AsyncGenerator<Step> {
  await using run = compileSimulator(graph, { backend, record })
  const size = sizeOf(graph.inputShape)
  const waiting = new Int32Array(chunk * size)
  let filled = 0
  let t = 0
  async function* flush(): AsyncGenerator<Step> {
    const count = filled
    filled = 0
    if (count === 0) return
    const sent = await run.run({ data: waiting.slice(0, count * size), shape: [count, 1, ...graph.inputShape] })
    for (let i = 0; i < count; i++, t++) {
      yield {
        t,
        recorded: new Map(
          record.map((name) => [
            name,
            sent[name]!.slice((i * sent[name]!.length) / count, ((i + 1) * sent[name]!.length) / count),
          ]),
        ),
      }
    }
  }
  for await (const input of inputs) {
    check(input)
    waiting.set(input, filled++ * size)
    if (filled === chunk) yield* flush()
  }
  yield* flush()
}

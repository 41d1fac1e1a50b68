import {
  checkSteps,
  initialState,
  needsSequence,
  parseReadout,
  readoutOf,
  readsLastStep,
  runningReadout,
  type Network,
  type NetworkState,
  type Readout,
  type ReadoutOption,
} from '@snn/nn'
import {
  compile,
  formatShape,
  hostTensor,
  repeat,
  scan,
  SnnError,
  type Backend,
  type HostTensor,
  type Shape,
  type Tensor,
  type TensorLike,
} from '@snn/tensor'
import {
  allocate,
  checkByRules,
  checkMembers,
  isObject,
  isText,
  optionRule,
  type OptionRules,
} from '@snn/tensor/library'
import { type WorkOptions, workRules } from '../calibrate/activations.js'
import { stepsOfInput } from './steps-of-input.js'
import { checkNetwork } from '../check.js'

/** Options of `simulate`. */
export interface SimulateOptions extends WorkOptions {
  /** Time steps to run. Default: what the network's metadata say, or all of an input [N, T, ..]. */
  readonly T?: number
  /** How the outputs of all steps are read. Default: `readoutOf(snn)`. */
  readonly readout?: ReadoutOption
  /** Values of every step to hand out: `conv1.output`, `relu1.v`, `*.spike`. */
  readonly record?: readonly string[]
}

/** What every run of a spiking network takes. */
export const runRules = {
  T: optionRule.number,
  readout: {
    takes: (value) => isText(value) || isObject(value),
    expected: 'the name of a read-out, or { by, start, classes }',
  },
} satisfies Partial<OptionRules<SimulateOptions>>

export const simulateRules: OptionRules<SimulateOptions> = { ...workRules, ...runRules, record: optionRule.texts }

/** Of `simulator`, and of its runs. */
export const simulatorRules = { backend: workRules.backend, readout: runRules.readout, record: optionRule.texts }
export const simulatorRunRules = { T: optionRule.number, signal: workRules.signal }

export interface Simulation {
  /** What the outputs of all steps say by the read-out, [N, ..]. */
  readonly logits: HostTensor
  /** What those so far say, after each step, [T, N, ..]. */
  readonly logitsByStep: HostTensor
  /** Recorded values, [T, N, ..], by name. */
  readonly recorded: Readonly<Record<string, HostTensor>>
}

/**
 * Steps to run: those asked for, else those of the input, else those that the network is made for. Throws `ARGUMENT`
 * where nothing says it, `SHAPE` for more than the input has.
 */
export function chooseSteps(snn: Network, x: Shape | undefined, asked: number | undefined, operation: string): number {
  const given = x && stepsOfInput(snn, x, operation)
  const T = asked ?? given ?? snn.metadata.T
  if (T === undefined)
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] no number of time steps, expected one: nothing says for how many this network was made. Give { T }.`,
      { name: 'T', value: T },
    )
  if (given !== undefined && T > given)
    throw new SnnError(
      'SHAPE',
      `[${operation}] ${T} time steps of an input ${formatShape(x!)}, expected at most its ${given}.`,
      { shapes: [x!] },
    )
  return checkSteps(T, operation)
}

/** The read-out to use. */
export function chooseReadout(
  snn: Network,
  asked: ReadoutOption | undefined,
  operation: string,
  x?: TensorLike,
): Readout {
  if (asked !== undefined) {
    const readout = parseReadout(asked, operation)
    if (readout.by !== 'firstSpike' || snn.metadata.readout?.by !== 'last') return readout
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] read-out firstSpike for a network that is read after its last step, expected one whose output is spikes: here it is numbers, which are above 0 from the start. Leave the read-out out (--readout).`,
      { name: 'readout', value: asked },
    )
  }
  const [input] = snn.inputs
  return readoutOf(
    snn,
    input && x ? { [input.name]: x.shape.slice(stepsOfInput(snn, x.shape, operation) === undefined ? 1 : 2) } : {},
  )
}

/** Outputs of each step, [T, N, ..], as what those so far say by a read-out. */
export function readSteps({ data, shape, dtype }: HostTensor, readout: Readout, operation: string): HostTensor {
  if (readsLastStep(readout)) return hostTensor({ data, shape, dtype })
  const [T = 0, N = 0] = shape
  const read = runningReadout(readout, N, operation)
  const size = data.length / T
  const rows = Array.from({ length: T }, (_, t) => Float32Array.from(read(data.subarray(t * size, (t + 1) * size))))
  const row = rows[0]?.length ?? 0
  const all = new Float32Array(T * row)
  rows.forEach((values, t) => all.set(values, t * row))
  return hostTensor({
    data: all,
    shape: readout.classes === undefined ? shape : [T, N, readout.classes],
    dtype: 'float32',
  })
}

/**
 * A network for an input x [N, ..] that stays the same, or x [N, T, ..], as a compiled loop over T steps. `collect`
 * reduces what was recorded in a step to what is stacked over the steps; `goesOn` gives the last state too, from which
 * a run goes on at step `from` of an input that changes. What depends on x alone, such as the first convolution, is
 * computed once. A network that needs all steps at once gets them, in one run from its beginning.
 */
export function compileLoop<C>(
  snn: Network,
  record: readonly string[],
  collect: (recorded: Readonly<Record<string, Tensor>>) => C,
  backend: Backend | undefined,
) {
  const output = snn.outputs[0]!
  return compile(
    (x: Tensor, before: NetworkState | null, T: number, goesOn: boolean, from: number) => {
      const changing =
        stepsOfInput(snn, x.shape, 'simulate') === undefined
          ? undefined
          : x.slice(1, from, from + T).transpose([1, 0, ...x.shape.slice(2).map((_, i) => i + 2)])
      const inputs = snn.bind(changing ? changing.at(0, 0) : x)
      const layer = needsSequence(
        snn,
        Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape.slice(1)])),
      )
      if (layer !== undefined) {
        if (before !== null || goesOn)
          throw new SnnError(
            'NEEDS_SEQUENCE',
            `[simulate] some steps, expected all T at once, for '${layer}' needs them. Run it without earlyExit.`,
            { layer },
          )
        const { outputs, recorded } = snn.run(
          'sequence',
          changing
            ? snn.bind(changing)
            : Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, repeat(value, T)])),
          { record },
        )
        const [, ys] = scan(
          (none: readonly Tensor[], now: { logits: Tensor; recorded: typeof recorded }) =>
            [none, { logits: now.logits, collected: collect(now.recorded) }] as const,
          [],
          { logits: outputs[output]!, recorded },
          { length: T },
        )
        return { ...ys, state: null }
      }
      const [state, ys] = scan(
        (now: NetworkState, xNow: Tensor | null) => {
          const {
            outputs,
            state: next,
            recorded,
          } = snn.run('step', xNow ? snn.bind(xNow) : inputs, { state: now, record })
          return [next, { logits: outputs[output]!, collected: collect(recorded) }] as const
        },
        before ?? initialState(snn, inputs),
        changing ?? null,
        { length: T },
      )
      // a state that nobody needs is not copied to the host
      return { ...ys, state: goesOn ? state : null }
    },
    { backend },
  )
}

/** A network ready to run, batch after batch: compiled once for each batch size and T. */
export interface Simulator extends AsyncDisposable {
  run(
    x: TensorLike,
    options?: { readonly T?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<Simulation>
  /** Releases what the backend holds. */
  dispose(): Promise<void>
}

/** Prepares a network for many calls; for one there is `simulate`. */
export function simulator(
  snn: Network,
  options: {
    readonly record?: readonly string[]
    readonly readout?: ReadoutOption | undefined
    readonly backend?: Backend | undefined
  } = {},
): Simulator {
  checkNetwork('simulator', snn, 'snn')
  checkByRules('simulator', options, simulatorRules)
  const loop = compileLoop(snn, options.record ?? [], (recorded) => recorded, options.backend)
  return {
    async run(x, settings = {}) {
      checkMembers('simulate', x, 'x', ['data', 'shape'], '{ data, shape }: [N, ..]')
      checkByRules('simulate', settings, simulatorRunRules)
      const { T: asked, signal } = settings
      const T = chooseSteps(snn, x.shape, asked, 'simulate')
      const readout = chooseReadout(snn, options.readout, 'simulate', x)
      const { logits: outputs, collected } = await loop.run([x, null, T, false, 0], { signal })
      const logitsByStep = readSteps(outputs, readout, 'simulate')
      const { data, shape, dtype } = logitsByStep
      const logits = hostTensor({ data: data.slice(data.length - data.length / T), shape: shape.slice(1), dtype })
      return { logits, logitsByStep, recorded: collected }
    },
    dispose: () => loop.dispose(),
    [Symbol.asyncDispose]: () => loop.dispose(),
  }
}

/**
 * Runs a network for T steps on x [N, ..], which is presented as a constant current, or on x [N, T, ..], of which each
 * step is another input. A true simulation: every neuron integrates, fires and resets at every step. Its outputs are
 * read as the network's metadata say, as training measured them.
 *
 * @throws `ARGUMENT` without T where nothing says it, and for a network whose predictions no read-out stands for;
 * `SHAPE`, `NO_BACKEND`
 */
export async function simulate(snn: Network, x: TensorLike, settings: SimulateOptions = {}): Promise<Simulation> {
  checkNetwork('simulate', snn, 'snn')
  checkMembers('simulate', x, 'x', ['data', 'shape'], '{ data, shape }: [N, ..]')
  checkByRules('simulate', settings, simulateRules)
  const { T, signal, record = [], readout, backend } = settings
  await using prepared = simulator(snn, { record, readout, backend })
  return await prepared.run(x, { T, signal })
}

export interface SimulatedStep {
  /** Step index, from 0. */
  readonly t: number
  /** What the outputs so far say by the read-out, [N, ..]. */
  readonly logits: HostTensor
  /** Recorded values of this step, [N, ..], by name. */
  readonly recorded: ReadonlyMap<string, HostTensor>
}

/** The simulation step by step, without end unless T is given or the input has an end: stop by leaving the loop. */
export async function* steps(
  snn: Network,
  x: TensorLike,
  options: SimulateOptions = {},
): AsyncGenerator<SimulatedStep, void> {
  checkNetwork('steps', snn, 'snn')
  checkMembers('steps', x, 'x', ['data', 'shape'], '{ data, shape }: [N, ..]')
  checkByRules('steps', options, simulateRules)
  const { T: asked, record = [], backend, signal } = options
  const changing = stepsOfInput(snn, x.shape, 'steps') !== undefined
  const T = asked === undefined && !changing ? Infinity : chooseSteps(snn, x.shape, asked, 'steps')
  const readout = chooseReadout(snn, options.readout, 'steps', x)
  const read = runningReadout(readout, x.shape[0]!, 'steps')
  const output = snn.outputs[0]!
  await using step = compile(
    (input: Tensor, before: NetworkState | null) => {
      const inputs = snn.bind(input)
      const { outputs, state, recorded } = snn.run('step', inputs, {
        state: before ?? initialState(snn, inputs),
        record,
      })
      return { logits: outputs[output]!, recorded, state }
    },
    { backend },
  )
  let state: Parameters<typeof step>[1] = null
  for (let t = 0; t < T; t++) {
    const now: Awaited<ReturnType<typeof step>> = await step.run([changing ? stepOf(x, t) : x, state], { signal })
    state = now.state
    const { shape, data } = now.logits
    const logits = readsLastStep(readout)
      ? now.logits
      : hostTensor({
          data: Float32Array.from(read(data)),
          shape: readout.classes === undefined ? shape : [shape[0]!, readout.classes],
          dtype: 'float32',
        })
    yield { t, logits, recorded: new Map(Object.entries(now.recorded)) }
  }
}

/** Step t of x [N, T, ..]. */
function stepOf(x: TensorLike, t: number): TensorLike {
  const { data, shape, dtype } = hostTensor(x, 'steps')
  const [N = 0, T = 0, ...sample] = shape
  const size = data.length / N / T
  const values = allocate(dtype, N * size)
  for (let n = 0; n < N; n++) values.set(data.subarray((n * T + t) * size, (n * T + t + 1) * size), n * size)
  return { data: values, shape: [N, ...sample], dtype }
}

import { initialState, needsSequence, type Network, type NetworkState } from '@snn/nn'
import { checkMembers, checkObject, compile, hostTensor, repeat, scan, SnnError, type Backend, type HostTensor, type Tensor, type TensorLike } from '@snn/tensor'
import type { WorkOptions } from './activations.js'
import { checkNetwork } from './check.js'

export interface SimulateOptions extends WorkOptions {
  /** Time steps to run. */
  readonly T: number
  /** Values of every step to hand out: `conv1.output`, `relu1.v`, `*.spike`. */
  readonly record?: readonly string[]
}

export interface Simulation {
  /** Output after T steps, [N, ..]. */
  readonly logits: HostTensor
  /** Output after each step, [T, N, ..]. */
  readonly logitsByStep: HostTensor
  /** Recorded values, [T, N, ..], by name. */
  readonly recorded: Readonly<Record<string, HostTensor>>
}

export function checkSteps(T: number, operation: string): number {
  if (Number.isSafeInteger(T) && T >= 1) return T
  throw new SnnError('ARGUMENT', `[${operation}] ${T} time steps, expected a whole number of at least 1.`, { name: 'T', value: T })
}

/**
 * A converted network for a constant input x [N, ..] as a compiled loop over T steps. `collect` reduces what was recorded in a
 * step to what is stacked over the steps; `goesOn` gives the last state too. What depends on x alone, such as the first convolution, is computed once.
 * A network that needs all steps at once gets them, in one run from its beginning.
 */
export function compileLoop<C>(snn: Network, record: readonly string[], collect: (recorded: Readonly<Record<string, Tensor>>) => C, backend: Backend | undefined) {
  const output = snn.outputs[0]!
  return compile(
    (x: Tensor, before: NetworkState | null, T: number, goesOn = false) => {
      const inputs = snn.bind(x)
      const layer = needsSequence(snn, Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape.slice(1)])))
      if (layer !== undefined) {
        if (before !== null || goesOn) throw new SnnError('NEEDS_SEQUENCE', `[simulate] some steps, expected all T at once, for '${layer}' needs them. Run it without earlyExit.`, { layer })
        const { outputs, recorded } = snn.run('sequence', Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, repeat(value, T)])), { record })
        const [, ys] = scan((none: readonly Tensor[], now: { logits: Tensor; recorded: typeof recorded }) => [none, { logits: now.logits, collected: collect(now.recorded) }] as const, [], { logits: outputs[output]!, recorded }, { length: T })
        return { ...ys, state: null }
      }
      const [state, ys] = scan(
        (now: NetworkState) => {
          const { outputs, state: next, recorded } = snn.run('step', inputs, { state: now, record })
          return [next, { logits: outputs[output]!, collected: collect(recorded) }] as const
        },
        before ?? initialState(snn, inputs),
        null,
        { length: T },
      )
      // a state that nobody needs is not copied to the host
      return { ...ys, state: goesOn ? state : null }
    },
    { backend },
  )
}

/** A converted network ready to run, batch after batch: compiled once for each batch size and T. */
export interface Simulator extends AsyncDisposable {
  run(x: TensorLike, options: { readonly T: number; readonly signal?: AbortSignal | undefined }): Promise<Simulation>
  /** Releases what the backend holds. */
  dispose(): Promise<void>
}

/** Prepares a converted network for many calls; for one there is `simulate`. */
export function simulator(snn: Network, options: { readonly record?: readonly string[]; readonly backend?: Backend | undefined } = {}): Simulator {
  checkNetwork('simulator', snn, 'snn')
  checkObject('simulator', options)
  const loop = compileLoop(snn, options.record ?? [], (recorded) => recorded, options.backend)
  return {
    async run(x, { T, signal }) {
      checkSteps(T, 'simulate')
      const { logits: logitsByStep, collected } = await loop.run([x, null, T, false], { signal })
      const { data, shape, dtype } = logitsByStep
      const logits = hostTensor({ data: data.slice(data.length - data.length / T), shape: shape.slice(1), dtype })
      return { logits, logitsByStep, recorded: collected }
    },
    dispose: () => loop.dispose(),
    [Symbol.asyncDispose]: () => loop.dispose(),
  }
}

/**
 * Runs a converted network for T steps on x [N, ..], which is presented as a constant current. A true simulation: every neuron
 * integrates, fires and resets at every step.
 */
export async function simulate(snn: Network, x: TensorLike, settings: SimulateOptions): Promise<Simulation> {
  checkNetwork('simulate', snn, 'snn')
  checkMembers('simulate', x, 'x', ['data', 'shape'], '{ data, shape }: [N, ..]')
  checkObject('simulate', settings)
  const { T, signal, ...options } = settings
  await using prepared = simulator(snn, options)
  return await prepared.run(x, { T, signal })
}

export interface SimulatedStep {
  /** Step index, from 0. */
  readonly t: number
  /** Output after this step, [N, ..]. */
  readonly logits: HostTensor
  /** Recorded values of this step, [N, ..], by name. */
  readonly recorded: ReadonlyMap<string, HostTensor>
}

/** The simulation step by step, without end unless T is given: stop by leaving the loop. */
export async function* steps(snn: Network, x: TensorLike, options: Partial<SimulateOptions> = {}): AsyncGenerator<SimulatedStep, void> {
  checkNetwork('steps', snn, 'snn')
  checkObject('steps', options)
  const { T = Infinity, record = [], backend, signal } = options
  if (T !== Infinity) checkSteps(T, 'steps')
  const output = snn.outputs[0]!
  await using step = compile(
    (input: Tensor, before: NetworkState | null) => {
      const inputs = snn.bind(input)
      const { outputs, state, recorded } = snn.run('step', inputs, { state: before ?? initialState(snn, inputs), record })
      return { logits: outputs[output]!, recorded, state }
    },
    { backend },
  )
  let state: Parameters<typeof step>[1] = null
  for (let t = 0; t < T; t++) {
    const now: Awaited<ReturnType<typeof step>> = await step.run([x, state], { signal })
    state = now.state
    yield { t, logits: now.logits, recorded: new Map(Object.entries(now.recorded)) }
  }
}

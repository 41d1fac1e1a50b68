import { initialState, Network, runningMeanLayer, type NetworkNode, type NetworkState } from '@snn/nn'
import { compile, placeholder, scan, variable, type Backend, type Tensor, type TensorLike } from '@snn/tensor'
import { recorder } from './activations.js'
import type { CodeSettings } from '../codes/code.js'
import { normalize } from '../build/normalize.js'
import type { ConversionPlan } from '../plan/plan.js'
import { floats } from '../prepare/weights.js'
import { cutAt, type Calibrated, type Chunk } from './frontier.js'
import { signCodes, signsOf, unpackSpikes } from './spike-trains.js'

/** A part of a network that is run chunk by chunk. */
export interface Segment<R> extends AsyncDisposable {
  run(chunk: Chunk): Promise<R>
}

/** The part of the ANN that computes the values `names` from the activations that a chunk keeps. */
export function annSegment(
  { network, shapes }: ConversionPlan,
  names: readonly string[],
  { kept }: Chunk,
  backend: Backend | undefined,
): Segment<Readonly<Record<string, TensorLike>>> {
  const { nodes, sources } = cutAt(network, names, (name) => kept.has(name))
  const part = new Network({
    inputs: sources.map((name) => ({ name, shape: shapes.get(name)! })),
    nodes,
    outputs: names,
  })
  const run = recorder(part, names, backend)
  return {
    run: async (chunk) =>
      (await run(Object.fromEntries(sources.map((name) => [name, chunk.kept.get(name)!.activation])))).values,
    [Symbol.asyncDispose]: () => run.dispose(),
  }
}

export interface SpikingOptions {
  readonly settings: CodeSettings
  readonly backend: Backend | undefined
  /**
   * Values at each step, [steps, N, ..], the last T of which are those that count; their signs alone, as `signCodes`;
   * or their sum over the steps divided by T, where a constant is itself.
   */
  readonly read: 'steps' | 'signs' | 'mean'
}

/**
 * The part of the spiking network that computes the values `names`, in units of the ANN, from the spikes that a chunk
 * keeps: what flows there at each step, constants among it, or the mean of that. It begins when the first of the layers
 * that it starts from may fire: before, all is zero.
 */
export async function spikingSegment(
  plan: ConversionPlan,
  calibrated: Calibrated,
  names: readonly string[],
  { kept }: Chunk,
  { settings, backend, read }: SpikingOptions,
): Promise<Segment<readonly TensorLike[]>> {
  const { T, wait } = settings
  const { nodes, sources } = cutAt(calibrated.network, names, (name) => kept.has(name))
  const network = new Network({
    inputs: sources.map((name) => ({ name, shape: plan.shapes.get(name)! })),
    nodes,
    outputs: names,
  })
  const inside = new Set(nodes.map(({ name }) => name))
  const thresholds = new Map([...calibrated.thresholds].filter(([name]) => inside.has(name)))
  // without waiting nothing hangs on it, and a chip's neurons are told from those of the host by their depth
  const ahead = wait === 0 ? 0 : layersAhead(plan, nodes, sources)
  const depths = new Map([...plan.depths].map(([name, depth]) => [name, depth - ahead]))
  const part: ConversionPlan = { ...plan, code: { ...plan.code, absorbs: false }, network, depths }
  const { snn } = await normalize(part, thresholds, {
    initialPotential: 0.5,
    delay: 0,
    settings,
    neurons: calibrated.neurons,
  })
  // the value itself stands in front of the mean that ends every output
  const values = snn.outputs.map((name) => {
    const node = snn.nodes.find((candidate) => candidate.name === name)
    return node && runningMeanLayer.is(node.layer) ? node.inputs[0]! : name
  })
  const record = values.filter((name) => !sources.includes(name)).map((name) => `${name}.output`)
  const firstStep = (name: string): number => (layersTo(plan, name) - ahead) * wait
  const steps = Math.max(...names.map(firstStep)) + T
  const spiking = sources.filter((name) => kept.get(name)!.spikes)
  const amplitudes = new Map(
    spiking.map((name) => [name, amplitudeOf(calibrated.thresholds.get(name)!, plan.shapes.get(name)!)]),
  )
  const run = compile(
    (constants: Readonly<Record<string, Tensor>>, trains: Readonly<Record<string, Tensor>>) => {
      const inputsOf = (now: Readonly<Record<string, Tensor>>) => ({
        ...constants,
        ...Object.fromEntries(spiking.map((name) => [name, signsOf(now[name]!).mul(amplitudes.get(name)!.read())])),
      })
      const first = inputsOf(
        Object.fromEntries(spiking.map((name) => [name, placeholder(trains[name]!.shape.slice(1), 'uint8')])),
      )
      const [, series] = scan(
        (state: NetworkState, spikes: Readonly<Record<string, Tensor>>) => {
          const inputs = inputsOf(spikes)
          const { state: next, recorded } = snn.run('step', inputs, { state, record })
          // sums with zeros: a value of the network may be an input of the loop
          const now = values.map((name) => (recorded[`${name}.output`] ?? inputs[name]!).add(0))
          return [next, read === 'signs' ? now.map(signCodes) : now] as const
        },
        initialState(snn, first),
        trains,
        { length: steps },
      )
      return read === 'mean'
        ? series.map((value, i) => value.sum([0]).div(plan.domains.get(names[i]!) === 'constant' ? steps : T))
        : series
    },
    { backend },
  )
  return {
    run: ({ size, kept: own }) => {
      const constants = Object.fromEntries(
        sources.filter((name) => !spiking.includes(name)).map((name) => [name, own.get(name)!.activation]),
      )
      const trains = Object.fromEntries(
        spiking.map((name) => {
          const spikes = own.get(name)!.spikes!
          const step = spikes.length / T
          const data = new Uint8Array(steps * step)
          unpackSpikes(spikes, data, firstStep(name) * step)
          return [name, { data, shape: [steps, size, ...plan.shapes.get(name)!] }]
        }),
      )
      return run(constants, trains)
    },
    [Symbol.asyncDispose]: () => run.dispose(),
  }
}

/** Layers of neurons up to a value, its own included. */
function layersTo({ depths, roles }: ConversionPlan, name: string): number {
  return depths.get(name)! + (roles.get(name) === 'neuron' ? 1 : 0)
}

/**
 * Layers of neurons before the first that `nodes` start from; none where something, such as a running mean, begins at
 * the first step.
 */
function layersAhead(plan: ConversionPlan, nodes: readonly NetworkNode[], sources: readonly string[]): number {
  const waits = nodes.every(({ name }) => plan.domains.get(name) === 'message')
  return waits ? Math.min(...sources.map((name) => layersTo(plan, name))) : 0
}

/** What a spike of each channel carries, to broadcast over [N, C, ..]. */
function amplitudeOf(threshold: Float64Array, shape: readonly number[]) {
  return variable(floats([threshold.length, ...shape.slice(1).map(() => 1)], (i) => threshold[i]!))
}

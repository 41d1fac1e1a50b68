import { initialState, type Network, type NetworkState } from '@snn/nn'
import { compile, scan, sizeOf, type Tensor, type TensorLike } from '@snn/tensor'
import { neuronNames, recorder, type WorkOptions } from '../calibrate/activations.js'
import type { Built } from '../build/build.js'
import { latencyOf } from '../plan/latency.js'

/** Least, mean and largest of the values of a layer. */
export interface Spread {
  readonly min: number
  readonly mean: number
  readonly max: number
}

/** One layer of neurons after a conversion: threshold, firing rates, and how far it is from the ANN. */
export interface LayerReport {
  readonly name: string
  readonly kind: string
  /** Neurons of one sample. */
  readonly neurons: number
  /** Samples that it was measured on. */
  readonly samples: number
  /** Firing threshold in units of the ANN's activation, over channels. */
  readonly threshold: Spread
  /** What the SNN's values are multiplied with to give the ANN's. */
  readonly scale: Spread
  /** Share of activations above the threshold: they are cut off. */
  readonly saturated: number
  /** Share of neurons that fired for no sample. */
  readonly silent: number
  /** Spikes per neuron and step, of whatever size and sign. */
  readonly rate: number
  /** |decoded rate - activation| / |activation|, over all neurons and samples (Euclidean norms). */
  readonly error: number
}

/** Compares every layer of neurons with that of the ANN after T steps, on some samples. */
export async function measureLayers(
  { plan, snn, scales, thresholds, settled: { settings } }: Built,
  kept: readonly { readonly x: TensorLike; readonly size: number }[],
  T: number,
  options: WorkOptions,
): Promise<LayerReport[]> {
  const names = neuronNames(plan)
  await using ann = recorder(plan.network, names, options.backend)
  await using rates = compileRates(snn, names, options)
  const sums = new Map(
    names.map((name) => [
      name,
      { squaredError: 0, squared: 0, saturated: 0, spikes: 0, fired: new Uint8Array(sizeOf(plan.shapes.get(name)!)) },
    ]),
  )
  // what a sum of outputs is divided by to give the activation
  const summands = plan.code.flow === 'once' ? 1 : T - latencyOf(plan, settings)
  let samples = 0
  for (const { x, size } of kept) {
    const { values } = await ann(x)
    const { output, spike } = await rates(x, T)
    for (const name of names) {
      const own = sums.get(name)!
      const scale = scales.of(name)
      const threshold = thresholds.get(name)!
      const perThreshold = scale.length / threshold.length
      const activation = values[name]!.data
      const decoded = output[name]!.data
      const spikes = spike[name]!.data
      for (let i = 0; i < activation.length; i++) {
        const element = i % scale.length
        const a = activation[i]!
        const difference = (decoded[i]! / summands) * scale[element]! - a
        own.squaredError += difference * difference
        own.squared += a * a
        if (Math.abs(a) > threshold[Math.floor(element / perThreshold)]!) own.saturated++
        own.spikes += spikes[i]!
        if (spikes[i]! > 0) own.fired[element] = 1
      }
    }
    samples += size
  }
  return names.map((name) => {
    const { squaredError, squared, saturated, spikes, fired } = sums.get(name)!
    const neurons = fired.length
    return {
      name,
      kind: plan.network.node(name).layer.kind,
      neurons,
      samples,
      threshold: spread(thresholds.get(name)!),
      scale: spread(scales.of(name)),
      saturated: saturated / samples / neurons,
      silent: fired.reduce((silent, has) => silent - has, neurons) / neurons,
      rate: spikes / samples / neurons / T,
      error: squared > 0 ? Math.sqrt(squaredError / squared) : 0,
    }
  })
}

/** Sum of the outputs of each neuron over T steps, and of its spikes. */
function compileRates(snn: Network, names: readonly string[], { backend }: WorkOptions) {
  return compile(
    (x: Tensor, T: number) => {
      const inputs = snn.bind(x)
      const initial = initialState(snn, inputs)
      const zero = Object.fromEntries(names.map((name) => [name, Object.values(initial[name]!)[0]!.mul(0)]))
      const record = names.flatMap((name) => [`${name}.output`, `${name}.spike`])
      const [{ output, spike }] = scan(
        (now: {
          readonly state: NetworkState
          readonly output: Record<string, Tensor>
          readonly spike: Record<string, Tensor>
        }) => {
          const { state, recorded } = snn.run('step', inputs, { state: now.state, record })
          const summed = (
            before: Readonly<Record<string, Tensor>>,
            one: (name: string) => Tensor,
          ): Record<string, Tensor> => Object.fromEntries(names.map((name) => [name, before[name]!.add(one(name))]))
          const output = summed(now.output, (name) => recorded[`${name}.output`]!)
          return [
            { state, output, spike: summed(now.spike, (name) => recorded[`${name}.spike`]!.ne(0).cast('float32')) },
            null,
          ] as const
        },
        { state: initial, output: zero, spike: zero },
        null,
        { length: T },
      )
      return { output, spike }
    },
    { backend },
  )
}

function spread(values: ArrayLike<number>): Spread {
  const list = Array.from(values)
  return {
    min: list.reduce((a, b) => Math.min(a, b)),
    mean: list.reduce((a, b) => a + b) / list.length,
    max: list.reduce((a, b) => Math.max(a, b)),
  }
}

import { sizeOf } from '@snn/tensor'
import { recorder, type WorkOptions } from '../activations.js'
import { eachBatch, type Batches } from '../data.js'
import type { CodeSettings } from '../codes/code.js'
import { depthsOf } from '../domains.js'
import type { Plan } from '../plan.js'
import { chooseNeuron, type Trace } from './neuron-grid.js'
import { partial, type Calibrated } from './partial.js'

export interface NeuronOptions extends WorkOptions {
  readonly settings: CodeSettings
  readonly samples: number
}

/** Places and samples of each channel that a neuron is chosen by. */
const mostTraces = 768
/** Samples whose currents are looked at, where one has many places. */
const mostSamples = 64

/** Chooses threshold, initial potential and current of every channel of a layer of neurons, from its real currents. */
export async function calibrateNeuron(plan: Plan, calibrated: Calibrated, name: string, { settings, samples, backend, signal }: NeuronOptions, data: Batches): Promise<void> {
  const node = plan.network.node(name)
  const shape = plan.shapes.get(name)!
  const channels = shape[0]!
  const inner = sizeOf(shape) / channels
  const wanted = inner === 1 ? samples : Math.min(samples, mostSamples)
  const perSample = Math.max(1, Math.min(inner, Math.floor(mostTraces / wanted)))
  const depth = depthsOf(plan).get(name)!
  const traces: Trace[][] = Array.from({ length: channels }, () => [])
  const largest = new Float64Array(channels)
  await using snn = await partial(plan, calibrated, settings, [node.inputs[0]!], backend)
  await using ann = recorder(plan.network, [name], backend)
  let seen = 0
  for await (const { x, size } of eachBatch(data, 'convert', signal)) {
    const activation = (await ann(x)).values[name]!.data
    for (let i = 0; i < activation.length; i++) {
      const channel = Math.floor(i / inner) % channels
      if (activation[i]! > largest[channel]!) largest[channel] = activation[i]!
    }
    if (seen >= wanted) continue
    const [series] = await snn.series(x)
    const step = activation.length
    for (let n = 0; n < Math.min(size, wanted - seen); n++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let k = 0; k < perSample; k++) {
          // spread over the sample, and elsewhere in the next
          const place = perSample === inner ? k : Math.floor(((k + (((seen + n) * 0.618) % 1)) / perSample) * inner)
          const i = (n * channels + channel) * inner + place
          traces[channel]!.push({ channel, currents: Float64Array.from({ length: snn.steps }, (_, t) => series!.data[t * step + i]!), activation: activation[i]! })
        }
      }
    }
    seen += size
  }
  const config = node.layer.config as { readonly high?: number | null }
  const cap = node.layer.kind === 'clip' ? (config.high ?? Infinity) : Infinity
  const layerLargest = Math.max(...largest) || 1
  const start = plan.code.start(depth, settings)
  const chosen = traces.map((own, channel) =>
    chooseNeuron(own, Math.max(largest[channel]!, layerLargest * 1e-2), { T: settings.T, start, wait: settings.wait, signed: plan.code.signed, cap }),
  )
  calibrated.thresholds.set(name, Float64Array.from(chosen, ({ threshold }) => threshold))
  calibrated.neurons.set(name, { initial: Float64Array.from(chosen, ({ initial }) => initial), current: Float64Array.from(chosen, ({ current }) => current) })
}

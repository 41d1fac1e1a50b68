import type { NetworkNode } from '@snn/nn'
import { sizeOf } from '@snn/tensor'
import type { SequentialOptions } from './sequential.js'
import type { Plan } from '../plan.js'
import { chooseNeuron, type Trace } from './neuron-grid.js'
import type { Calibrated, Frontier } from './frontier.js'
import { annSegment, spikingSegment } from './segment.js'

/** Places and samples of each channel that a neuron is chosen by. */
const mostTraces = 768
/** Samples whose currents are looked at, where one has many places. */
const mostSamples = 64

/** Chooses threshold, initial potential and current of every channel of a layer of neurons, from its real currents, and simulates it. */
export async function calibrateNeurons(plan: Plan, calibrated: Calibrated, stage: number, node: NetworkNode, { settings, backend, signal }: SequentialOptions, frontier: Frontier): Promise<void> {
  const { name } = node
  const { chunks, samples } = frontier
  const shape = plan.shapes.get(name)!
  const channels = shape[0]!
  const inner = sizeOf(shape) / channels
  const wanted = inner === 1 ? samples : Math.min(samples, mostSamples)
  const perSample = Math.max(1, Math.min(inner, Math.floor(mostTraces / wanted)))
  const traces: Trace[][] = Array.from({ length: channels }, () => [])
  const largest = new Float64Array(channels)
  await using ann = annSegment(plan, [name], chunks[0]!, backend)
  await using currents = await spikingSegment(plan, calibrated, [node.inputs[0]!], chunks[0]!, { settings, backend, over: 'steps' })
  const activations = []
  let seen = 0
  for (const chunk of chunks) {
    signal?.throwIfAborted()
    const values = (await ann.run(chunk))[name]!
    activations.push(values)
    const activation = values.data
    for (let block = 0; block < chunk.size * channels; block++) {
      const channel = block % channels
      for (let i = block * inner; i < (block + 1) * inner; i++) if (activation[i]! > largest[channel]!) largest[channel] = activation[i]!
    }
    if (seen >= wanted) continue
    const [series] = await currents.run(chunk)
    const step = activation.length
    const steps = series!.data.length / step
    for (let n = 0; n < Math.min(chunk.size, wanted - seen); n++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let k = 0; k < perSample; k++) {
          // spread over the sample, and elsewhere in the next
          const place = perSample === inner ? k : Math.floor(((k + (((seen + n) * 0.618) % 1)) / perSample) * inner)
          const i = (n * channels + channel) * inner + place
          traces[channel]!.push({ channel, currents: Float64Array.from({ length: steps }, (_, t) => series!.data[t * step + i]!), activation: activation[i]! })
        }
      }
    }
    seen += chunk.size
  }
  const config = node.layer.config as { readonly high?: number | null }
  const cap = node.layer.kind === 'clip' ? (config.high ?? Infinity) : Infinity
  const layerLargest = Math.max(...largest) || 1
  const start = plan.code.start(plan.depths.get(name)!, settings)
  const chosen = traces.map((own, channel) =>
    chooseNeuron(own, Math.max(largest[channel]!, layerLargest * 1e-2), { T: settings.T, start, wait: settings.wait, signed: plan.code.signed, cap }),
  )
  calibrated.thresholds.set(name, Float64Array.from(chosen, ({ threshold }) => threshold))
  calibrated.neurons.set(name, { initial: Float64Array.from(chosen, ({ initial }) => initial), current: Float64Array.from(chosen, ({ current }) => current) })
  if (!frontier.isNeeded(stage, name)) return
  await using emitted = await spikingSegment(plan, calibrated, [name], chunks[0]!, { settings, backend, over: 'steps' })
  for (const [i, chunk] of chunks.entries()) {
    signal?.throwIfAborted()
    const [series] = await emitted.run(chunk)
    frontier.keep(name, chunk, activations[i]!, series!, start, settings.T)
  }
}

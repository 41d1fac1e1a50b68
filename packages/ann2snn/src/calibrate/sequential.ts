import { addLayer } from '@snn/nn'
import { noData, type WorkOptions } from './activations.js'
import type { Batches } from '../data.js'
import type { CodeSettings } from '../codes/code.js'
import { consumersOf, NetworkDraft } from '../prepare/graph.js'
import { hashOf } from './hash.js'
import type { ConversionPlan } from '../plan/plan.js'
import { withWeights } from '../prepare/weighted.js'
import { weightsOf } from '../prepare/weights.js'
import { checkRecord, type LayerCalibration } from './checkpoint.js'
import { Frontier, type Calibrated, type CalibrationStage } from './frontier.js'
import { chooseNeurons, simulateNeurons } from './neurons.js'
import { correctedWeights } from './weights.js'

export interface SequentialOptions extends WorkOptions {
  readonly settings: CodeSettings
  /** What may change beside thresholds, initial potentials and currents. */
  readonly weights: 'keep' | 'biases' | 'calibrate'
  /** Is told what was found for a layer, as soon as it is. */
  readonly onLayer?: ((found: LayerCalibration) => void | Promise<void>) | undefined
  /** What `onLayer` was told before the calibration was cut off: it goes on from there. */
  readonly resume?: readonly LayerCalibration[] | undefined
}

/**
 * Calibration for a given number of steps with the spiking network in the loop (after Li et al., ICML 2021, with
 * closed-form weights): layer after layer, driven by the real spikes of those before. Where asked, a weighted layer's
 * weights are corrected first (`correctedLayer`); then each neuron's threshold and ramp are chosen per channel
 * (`chooseNeuron`), and the layer is simulated, once, for those behind it (`Frontier`).
 */
export async function calibrateSequentially(
  plan: ConversionPlan,
  data: Batches,
  options: SequentialOptions,
): Promise<Calibrated & { readonly samples: number }> {
  const stages = stagesOf(plan, options.weights)
  const frontier = await Frontier.open(plan, stages, options.settings, data, options)
  if (frontier.samples === 0) throw noData()
  const key = await keyOf(plan, frontier, options)
  const calibrated: Calibrated = { network: plan.network, thresholds: new Map(), neurons: new Map() }
  for (const [index, stage] of stages.entries()) {
    options.signal?.throwIfAborted()
    const { node, what } = stage
    const known = options.resume?.[index]
    if (known) checkRecord(known, key, stage)
    const found = known ?? {
      key,
      layer: node.name,
      ...(what === 'weights'
        ? await correctedWeights(plan, calibrated, stage, options, frontier)
        : await chooseNeurons(plan, calibrated, node, options, frontier)),
    }
    if (!known) await options.onLayer?.(found)
    if (found.what === 'weights') {
      const draft = new NetworkDraft(calibrated.network)
      const { shape } = node.layer.variables['weight']!
      draft.replace(
        node.name,
        withWeights(node, {
          weight: { data: Float32Array.from(found.weight), shape },
          bias: { data: Float32Array.from(found.bias), shape: [found.bias.length] },
        }),
      )
      calibrated.network = draft.finish()
    } else {
      calibrated.thresholds.set(node.name, Float64Array.from(found.threshold))
      calibrated.neurons.set(node.name, {
        initial: Float64Array.from(found.initial),
        current: Float64Array.from(found.current),
        ...(found.level && { level: Float64Array.from(found.level) }),
      })
      if (frontier.isNeeded(index, node.name)) await simulateNeurons(plan, calibrated, node.name, options, frontier)
    }
    frontier.finish(index)
    options.onProgress?.({ stage: 'calibrate', done: index + 1, total: stages.length })
  }
  return { ...calibrated, samples: frontier.samples }
}

/** Stands for all that decides what a calibration finds: the network, the samples and the options. */
async function keyOf(
  { network, code }: ConversionPlan,
  { chunks }: Frontier,
  { settings, weights }: SequentialOptions,
): Promise<string> {
  const arrays = []
  for (const { layer } of network.nodes) for (const { data } of Object.values(await weightsOf(layer))) arrays.push(data)
  for (const { kept } of chunks) for (const { activation } of kept.values()) arrays.push(activation.data)
  return hashOf(
    JSON.stringify([
      code.name,
      settings,
      weights,
      network.nodes.map(({ name, layer, inputs }) => [name, layer.kind, layer.config, inputs]),
    ]),
    arrays,
  )
}

function stagesOf(plan: ConversionPlan, weights: SequentialOptions['weights']): CalibrationStage[] {
  const { network, roles, domains } = plan
  const ready = new Set(network.inputs.map(({ name }) => name))
  return network.nodes.flatMap((node): CalibrationStage[] => {
    const other = otherBranch(plan, node.name, ready)
    if (node.inputs.every((name) => ready.has(name))) ready.add(node.name)
    if (roles.get(node.name) === 'neuron') return [{ node, what: 'neurons', needs: node.inputs, other: undefined }]
    const corrects = weights !== 'keep' && roles.get(node.name) === 'weighted' && domains.get(node.name) === 'message'
    return corrects
      ? [{ node, what: 'weights', needs: [...node.inputs, ...(other === undefined ? [] : [other])], other }]
      : []
  })
}

/** The other input of the only Add that takes a layer's output, once that is calibrated. */
function otherBranch({ network }: ConversionPlan, name: string, ready: ReadonlySet<string>): string | undefined {
  const users = consumersOf(network.nodes, name)
  const [add] = users
  if (users.length !== 1 || !add || !addLayer.is(add.layer) || add.inputs.length !== 2) return undefined
  const other = add.inputs.find((input) => input !== name)
  return other !== undefined && ready.has(other) && network.nodes.some((node) => node.name === other)
    ? other
    : undefined
}

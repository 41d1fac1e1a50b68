import { noData, type WorkOptions } from '../activations.js'
import type { Batches } from '../data.js'
import type { CodeSettings } from '../codes/code.js'
import { consumersOf, Draft } from '../graph.js'
import type { Plan } from '../plan.js'
import { Frontier, type Calibrated, type Stage } from './frontier.js'
import { calibrateNeurons } from './neurons.js'
import { correctedLayer } from './weights.js'

export interface SequentialOptions extends WorkOptions {
  readonly settings: CodeSettings
  /** What may change beside thresholds, initial potentials and currents. */
  readonly weights: 'keep' | 'biases' | 'calibrate'
}

/**
 * Calibration for a given number of steps with the spiking network in the loop (after Li et al., ICML 2021, with closed-form weights):
 * layer after layer, driven by the real spikes of those before. Where asked, a weighted layer's weights are corrected first
 * (`correctedLayer`); then each neuron's threshold and ramp are chosen per channel (`chooseNeuron`), and the layer is simulated, once,
 * for those behind it (`Frontier`).
 */
export async function calibrateSequentially(plan: Plan, data: Batches, options: SequentialOptions): Promise<Calibrated & { readonly samples: number }> {
  const stages = stagesOf(plan, options.weights)
  const frontier = await Frontier.open(plan, stages, options.settings, data, options)
  if (frontier.samples === 0) throw noData()
  const calibrated: Calibrated = { network: plan.network, thresholds: new Map(), neurons: new Map() }
  for (const [index, { node, what, other }] of stages.entries()) {
    options.signal?.throwIfAborted()
    if (what === 'weights') {
      const layer = await correctedLayer(plan, calibrated, node, { ...options, what: options.weights === 'calibrate' ? 'weights' : 'biases', other }, frontier)
      const draft = new Draft(calibrated.network)
      draft.replace(node.name, layer)
      calibrated.network = draft.finish()
    } else await calibrateNeurons(plan, calibrated, index, node, options, frontier)
    frontier.finish(index)
    options.onProgress?.({ stage: 'calibrate', done: index + 1, total: stages.length })
  }
  return { ...calibrated, samples: frontier.samples }
}

function stagesOf(plan: Plan, weights: SequentialOptions['weights']): Stage[] {
  const { network, roles, domains } = plan
  const ready = new Set(network.inputs.map(({ name }) => name))
  return network.nodes.flatMap((node): Stage[] => {
    const other = otherBranch(plan, node.name, ready)
    if (node.inputs.every((name) => ready.has(name))) ready.add(node.name)
    if (roles.get(node.name) === 'neuron') return [{ node, what: 'neurons', needs: node.inputs, other: undefined }]
    const corrects = weights !== 'keep' && roles.get(node.name) === 'weighted' && domains.get(node.name) === 'message'
    return corrects ? [{ node, what: 'weights', needs: [...node.inputs, ...(other === undefined ? [] : [other])], other }] : []
  })
}

/** The other input of the only Add that takes a layer's output, once that is calibrated. */
function otherBranch({ network }: Plan, name: string, ready: ReadonlySet<string>): string | undefined {
  const users = consumersOf(network.nodes, name)
  const [add] = users
  if (users.length !== 1 || add?.layer.kind !== 'add' || add.inputs.length !== 2) return undefined
  const other = add.inputs.find((input) => input !== name)
  return other !== undefined && ready.has(other) && network.nodes.some((node) => node.name === other) ? other : undefined
}

import { consumersOf, Draft } from '../graph.js'
import { noData, type WorkOptions } from '../activations.js'
import { eachBatch, type Batches } from '../data.js'
import type { CodeSettings } from '../codes/code.js'
import { domainsOf } from '../domains.js'
import type { Plan } from '../plan.js'
import { calibrateNeuron } from './neurons.js'
import type { Calibrated } from './partial.js'
import { correctedLayer } from './weights.js'

export interface SequentialOptions extends WorkOptions {
  readonly settings: CodeSettings
  /** What may change beside thresholds, initial potentials and currents. */
  readonly weights: 'keep' | 'biases' | 'calibrate'
}

/**
 * Calibration for a given number of steps with the spiking network in the loop (after Li et al., ICML 2021, with closed-form weights):
 * layer after layer, driven by the real spikes of those before. Where asked, a weighted layer's weights are corrected first
 * (`correctedLayer`); then each neuron's threshold and ramp are chosen per channel (`chooseNeuron`). Every layer goes through the data
 * again, batch by batch: memory does not grow with their number.
 */
export async function calibrateSequentially(plan: Plan, data: Batches, options: SequentialOptions): Promise<Calibrated> {
  const { network, roles } = plan
  const domains = domainsOf(plan)
  let samples = 0
  for await (const { size } of eachBatch(data, 'convert', options.signal)) samples += size
  if (samples === 0) throw noData()
  const calibrated: Calibrated = { network, thresholds: new Map(), neurons: new Map() }
  const corrects = (name: string): boolean => options.weights !== 'keep' && roles.get(name) === 'weighted' && domains.get(name) === 'message'
  const work = network.nodes.filter(({ name }) => roles.get(name) === 'neuron' || corrects(name))
  const ready = new Set(network.inputs.map(({ name }) => name))
  let done = 0
  for (const node of network.nodes) {
    options.signal?.throwIfAborted()
    if (corrects(node.name)) {
      const layer = await correctedLayer(plan, calibrated, node, { ...options, what: options.weights === 'calibrate' ? 'weights' : 'biases', other: otherBranch(plan, node.name, ready), samples }, data)
      const draft = new Draft(calibrated.network)
      draft.replace(node.name, layer)
      calibrated.network = draft.finish()
    } else if (roles.get(node.name) === 'neuron') await calibrateNeuron(plan, calibrated, node.name, { ...options, samples }, data)
    if (node.inputs.every((name) => ready.has(name))) ready.add(node.name)
    if (work.includes(node)) options.onProgress?.({ stage: 'calibrate', done: ++done, total: work.length })
  }
  return calibrated
}

/** The other input of the only Add that takes a layer's output, once that is calibrated. */
function otherBranch({ network }: Plan, name: string, ready: ReadonlySet<string>): string | undefined {
  const users = consumersOf(network.nodes, name)
  const [add] = users
  if (users.length !== 1 || add?.layer.kind !== 'add' || add.inputs.length !== 2) return undefined
  const other = add.inputs.find((input) => input !== name)
  return other !== undefined && ready.has(other) && network.nodes.some((node) => node.name === other) ? other : undefined
}

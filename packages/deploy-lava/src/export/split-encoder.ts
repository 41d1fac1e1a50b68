import { isStateful, Network, sampleShapes, type NetworkNode } from '@snn/nn'
import { cannotExport } from './refuse.js'

/** A network in two parts, one behind the other. */
export interface SplitNetwork {
  /** Up to the first neurons: for the host, which turns inputs that are no spikes into spikes. */
  readonly encoder: Network
  /** The rest, which takes these spikes. */
  readonly chip: Network
}

/**
 * Cuts a network behind its first layer of neurons: a chip takes spikes, and what comes before them is computed on the host, with neurons that are
 * bound to nothing. The mean over time that ends a converted network is left out, for the membranes of its last layer add up the same.
 *
 * @throws `CONVERT_UNSUPPORTED` for a network in which something goes past its first neurons
 */
export async function splitEncoder(network: Network): Promise<SplitNetwork> {
  const shapes = sampleShapes(network)
  const cut = network.nodes.find(({ layer }) => isStateful(layer) && layer.kind !== 'dropout' && layer.kind !== 'gate')
  if (!cut) throw cannotExport(network.outputs[0]!, 'network', 'no neurons', 'Convert or train a spiking network.')
  const before = ancestors(network.nodes, cut)
  const rest = network.nodes.filter((node) => !before.has(node.name))
  const past = rest.find(({ inputs }) => inputs.some((name) => name !== cut.name && !rest.some((other) => other.name === name)))
  if (past) throw cannotExport(past.name, past.layer.kind, `it takes ${past.inputs.join(' and ')}, past the first neurons ('${cut.name}'), which alone send spikes`, 'Train without such a shortcut.')
  if (cut.layer.config['amplitude'] === 'threshold') {
    const threshold = cut.layer.variables['threshold'] ? await cut.layer.variables['threshold'].data() : [cut.layer.config['threshold'] as number]
    if (Array.from(threshold).some((value) => value !== 1)) throw cannotExport(cut.name, cut.layer.kind, 'its spikes are as large as its threshold, and a spike is 1', "Use { amplitude: 'one' }.")
  }
  const mean = rest.find(({ name, layer }) => layer.kind === 'runningMean' && network.outputs.includes(name))
  if (mean && mean.layer.config['delay'] !== 0) throw cannotExport(mean.name, 'runningMean', 'a mean that leaves the first steps out', 'Convert without delay.')
  const kept = rest.filter((node) => node !== mean)
  const outputs = network.outputs.map((name) => (name === mean?.name ? mean.inputs[0]! : name))
  if (kept.length === 0) throw cannotExport(cut.name, cut.layer.kind, 'nothing comes behind the first neurons, which stay on the host', 'Use a network with more layers.')
  const { T, readout } = network.metadata
  return {
    encoder: new Network({ inputs: network.inputs, nodes: network.nodes.filter(({ name }) => before.has(name)), outputs: [cut.name], metadata: { ...network.metadata, readout: { by: 'count' } } }),
    chip: new Network({ inputs: [{ name: cut.name, shape: shapes.get(cut.name)! }], nodes: kept, outputs, metadata: { ...(T !== undefined && { T }), ...(readout && !mean && { readout }), encoding: 'sequence' } }),
  }
}

function ancestors(nodes: readonly NetworkNode[], last: NetworkNode): Set<string> {
  const found = new Set([last.name])
  for (const { name, inputs } of [...nodes].reverse()) if (found.has(name)) for (const input of inputs) found.add(input)
  return found
}

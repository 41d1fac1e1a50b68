import { constantLayer, Network, readoutOf, runningMeanLayer, sampleShapes, type NetworkNode } from '@snn/nn'
import { variable } from '@snn/tensor'
import { isNeuron } from './neuron-form.js'
import { cannotExport } from './refuse.js'

/** A network in two parts, one behind the other. */
export interface SplitNetwork {
  /** Up to the first neurons: for the host, which turns inputs that are no spikes into spikes. */
  readonly encoder: Network
  /** The rest, which takes these spikes. */
  readonly chip: Network
}

/**
 * Cuts a network behind its first layer of neurons: a chip takes spikes, and what comes before them is computed on the
 * host, with neurons that are bound to nothing. The mean over time that ends a converted network is left out, for the
 * membranes of its last layer add up the same.
 *
 * @throws `CONVERT_UNSUPPORTED` for a network in which something goes past its first neurons
 */
export async function splitEncoder(network: Network): Promise<SplitNetwork> {
  const shapes = sampleShapes(network)
  const cut = network.nodes.find(({ layer }) => isNeuron(layer))
  if (!cut) throw cannotExport(network.outputs[0]!, 'network', 'no neurons', 'Convert or train a spiking network.')
  const before = ancestors(network.nodes, cut)
  const rest = network.nodes.filter((node) => !before.has(node.name))
  const past = rest.find(({ inputs }) =>
    inputs.some((name) => name !== cut.name && !rest.some((other) => other.name === name)),
  )
  if (past)
    throw cannotExport(
      past.name,
      past.layer.kind,
      `it takes ${past.inputs.join(' and ')}, past the first neurons ('${cut.name}'), which alone send spikes`,
      'Train without such a shortcut.',
    )
  const mean = rest.find(({ name, layer }) => runningMeanLayer.is(layer) && network.outputs.includes(name))
  if (mean && mean.layer.config['delay'] !== 0)
    throw cannotExport(mean.name, 'runningMean', 'a mean that leaves the first steps out', 'Convert without delay.')
  const kept = rest.filter((node) => node !== mean)
  const outputs = network.outputs.map((name) => (name === mean?.name ? mean.inputs[0]! : name))
  if (kept.length === 0)
    throw cannotExport(
      cut.name,
      cut.layer.kind,
      'nothing comes behind the first neurons, which stay on the host',
      'Use a network with more layers.',
    )
  const { T } = network.metadata
  const [shape, size] = [shapes.get(cut.name)!, await amplitudeOf(cut, shapes.get(cut.name)!)]
  // spikes as large as a threshold: the host divides by it, and the chip's first weights take it in
  const times = (name: string, operation: 'mul' | 'div', operand: NonNullable<typeof size>): NetworkNode => ({
    name,
    layer: constantLayer(
      { function: operation, swap: false },
      { operand: variable(operand, { name: `${name}.operand` }) },
    ),
    inputs: [cut.name],
  })
  const [ones, sizes] = [`${cut.name}_spikes`, `${cut.name}_amplitude`]
  const behind = (name: string): string => (size && name === cut.name ? sizes : name)
  return {
    encoder: new Network({
      inputs: network.inputs,
      nodes: [...network.nodes.filter(({ name }) => before.has(name)), ...(size ? [times(ones, 'div', size)] : [])],
      outputs: [size ? ones : cut.name],
      metadata: { ...network.metadata, readout: { by: 'count' } },
    }),
    chip: new Network({
      inputs: [{ name: cut.name, shape }],
      nodes: [
        ...(size ? [times(sizes, 'mul', size)] : []),
        ...kept.map((node) => ({ ...node, inputs: node.inputs.map(behind) })),
      ],
      outputs: outputs.map(behind),
      metadata: {
        ...(T !== undefined && { T }),
        readout: mean ? { by: 'mean' } : readoutOf(network),
        encoding: 'sequence',
      },
    }),
  }
}

/** How large the spikes of neurons of `shape` are, as an array that broadcasts over a sample; undefined: 1. */
async function amplitudeOf(
  { layer: { config, variables } }: NetworkNode,
  shape: readonly number[],
): Promise<{ readonly data: Float32Array; readonly shape: readonly number[] } | undefined> {
  if (config['amplitude'] !== 'threshold') return undefined
  const own = variables['threshold']
  const data = own ? Float32Array.from(await own.data()) : Float32Array.of(config['threshold'] as number)
  if (data.every((value) => value === 1)) return undefined
  return {
    data,
    shape:
      data.length === 1
        ? []
        : own!.shape.length === 1 && shape.length > 1
          ? [own!.shape[0]!, ...shape.slice(1).map(() => 1)]
          : own!.shape,
  }
}

function ancestors(nodes: readonly NetworkNode[], last: NetworkNode): Set<string> {
  const found = new Set([last.name])
  for (const { name, inputs } of [...nodes].reverse()) if (found.has(name)) for (const input of inputs) found.add(input)
  return found
}

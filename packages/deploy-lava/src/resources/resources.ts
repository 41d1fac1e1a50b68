import {
  matrixConnections,
  onSpeck,
  windowConnections,
  type ChipProblem,
  type ChipResources,
  type Connections,
  type LayerResources,
  type Resources,
  type SpeckLayer,
} from '@snn/nir'
import { sizeOf } from '@snn/tensor'
import { checkNet } from '../net/check-net.js'
import { loadNetwork, type LoadedNetwork, type NetworkOptions } from '../netx/load-network.js'
import type { NetFile } from '../net/net-file.js'
import type { PerNeuron } from '../sim/process.js'
import { shapeOf, type Synapse } from '../sim/process-graph.js'
import { loihi1, loihi2, type ChipLimits } from './limits.js'

/**
 * What a network needs, against Loihi 1, Loihi 2 (an estimate) and Speck / DynapCNN. Cores of Loihi are counted layer
 * by layer for the scarcest of neurons, synapse memory (8 bits of weight and 8 of address each) and axons; a real
 * mapping shares cores and comes out lower or higher.
 */
export function resources(net: NetFile, options: NetworkOptions = {}): Resources {
  checkNet('resources', net)
  return resourcesOf(loadNetwork(net, options))
}

/** The same of processes that are wired already. */
export function resourcesOf(loaded: LoadedNetwork): Resources {
  const layers = loaded.blocks.map((_, i) => layerResources(loaded, i))
  const total = (key: 'neurons' | 'synapses'): number => layers.reduce((sum, layer) => sum + layer[key], 0)
  return {
    layers,
    neurons: total('neurons'),
    synapses: total('synapses'),
    chips: [onLoihi(layers, loihi1), onLoihi(layers, loihi2), onSpeck(speckLayers(loaded))],
  }
}

function layerResources(loaded: LoadedNetwork, index: number): LayerResources {
  const block = loaded.blocks[index]!
  const synapses = synapsesOf(loaded, index).map(connectionsOf)
  const out = loaded.connections.flatMap(([from, to]) =>
    from === block.neuron ? [connectionsOf(synapseNamed(loaded, to.replace(/\.[^.]*$/, '')))] : [],
  )
  const sum = (of: readonly Connections[], key: keyof Connections): number =>
    of.reduce((all, count) => all + count[key], 0)
  return {
    layer: block.layer,
    neurons: sizeOf(block.shape),
    synapses: sum(synapses, 'synapses'),
    parameters: sum(synapses, 'parameters'),
    fanIn: sum(synapses, 'fanIn'),
    fanOut: sum(out, 'fanOut'),
  }
}

const synapseNamed = (loaded: LoadedNetwork, name: string): Synapse =>
  loaded.processes.find((process) => process.name === name)!.process as Synapse
const synapsesOf = (loaded: LoadedNetwork, index: number): Synapse[] =>
  loaded.blocks[index]!.synapses.map((name) => synapseNamed(loaded, name))

function connectionsOf(process: Synapse): Connections {
  if (process.type !== 'Conv') return matrixConnections(process.weights, process.shape)
  const { weight_shape: weightShape, input_shape: input, stride, padding, dilation, groups } = process
  return windowConnections({ weightShape, input, output: shapeOf(process), stride, dilation, padding, groups })
}

/** Bits of a synapse: 8 of weight, 8 of the neuron that it goes to. */
const bitsPerSynapse = 16

function onLoihi(layers: readonly LayerResources[], limits: ChipLimits): ChipResources {
  const problems: ChipProblem[] = []
  const perLayer = layers.map(({ layer, neurons, synapses, fanIn, fanOut }) => {
    if (fanIn > limits.axonsInPerCore)
      problems.push({
        layer,
        what: `${fanIn} connections into one neuron, and a core takes ${limits.axonsInPerCore} axons`,
        fix: 'Use fewer inputs, smaller kernels or groups.',
      })
    if (fanIn * bitsPerSynapse > limits.synapseBitsPerCore)
      problems.push({
        layer,
        what: `${fanIn} synapses of one neuron do not fit into the memory of a core`,
        fix: 'Use fewer inputs.',
      })
    if (Math.ceil(fanOut / limits.neuronsPerCore) > limits.axonsOutPerCore)
      problems.push({ layer, what: `${fanOut} connections out of one neuron`, fix: 'Make the next layer smaller.' })
    return Math.ceil(Math.max(neurons / limits.neuronsPerCore, (synapses * bitsPerSynapse) / limits.synapseBitsPerCore))
  })
  const total = perLayer.reduce((sum, cores) => sum + cores, 0)
  const largest = layers[perLayer.indexOf(Math.max(...perLayer))]!
  if (total > limits.cores)
    problems.push({
      layer: largest.layer,
      what: `${total} cores, and the chip has ${limits.cores}; ${largest.layer} takes most`,
      fix: 'Make it smaller (fewer channels, a larger stride), or use several chips.',
    })
  return {
    chip: limits.name,
    source: limits.source,
    estimate: limits.estimate,
    fits: problems.length === 0,
    cores: { perLayer, total, available: limits.cores },
    problems,
  }
}

/**
 * Layers as the cores of Speck hold them. That a size fits is not enough: a core has dense convolutions and neurons
 * without a leak, and pools what its neurons give, where a `.net` file has poolings as grouped convolutions.
 */
function speckLayers(loaded: LoadedNetwork): readonly SpeckLayer[] {
  return loaded.blocks.flatMap((block, i): SpeckLayer[] => {
    const { layer, shape, synapses } = block
    const [process] = synapsesOf(loaded, i)
    if (!process) return []
    const [rows, columns] = process.type === 'Conv' ? [] : process.shape
    const before = loaded.blocks[i - 1]?.shape ?? loaded.inputShape
    const picture = before.length === 3 ? before : [columns!, 1, 1]
    const others = [
      ...(process.type === 'DelayDense' ? ['delays'] : []),
      ...(synapses.length > 1 ? ['recurrence, resonators or branches that meet'] : []),
      ...(process.type === 'Conv' && process.groups > 1 ? ['groups (a pooling, or a depthwise convolution)'] : []),
      ...(leaks(loaded, block.neuron) ? ['neurons other than integrate-and-fire'] : []),
    ]
    return [
      {
        layer,
        kernel:
          process.type === 'Conv' ? process.weight_shape : ([rows!, ...picture] as unknown as SpeckLayer['kernel']),
        neurons: (shape.length === 3 ? shape : [sizeOf(shape), 1, 1]) as unknown as SpeckLayer['neurons'],
        biases: 0,
        ...(others.length > 0 && {
          problem: {
            what: `${others.join(', ')}, which no core of Speck has`,
            fix: 'Make the file for it from the network, by toNir and adaptNir of @snn/nir, which pools as Speck does.',
          },
        }),
      },
    ]
  })
}

/** Whether a neuron forgets, or is of another kind than LIF: Speck sums each current once. `du` stands for du + 1. */
function leaks(loaded: LoadedNetwork, name: string): boolean {
  const { process } = loaded.processes.find((own) => own.name === name)!
  if (process.type !== 'LIF' && process.type !== 'LIFReset') return true
  const all = (values: PerNeuron, wanted: number): boolean =>
    typeof values === 'number' ? values === wanted : Array.from(values).every((value) => value === wanted)
  return !all(process.du, 4095) || !all(process.dv, 0)
}

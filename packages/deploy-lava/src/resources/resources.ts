import { sizeOf } from '@snn/tensor'
import { checkNet } from '../arguments.js'
import { loadNetwork, type LoadedNetwork, type NetworkOptions } from '../netx/load-network.js'
import type { NetFile } from '../net/net-file.js'
import { shapeOf, type Synapse } from '../sim/process-graph.js'
import { loihi1, loihi2, speckLayers, type ChipLimits } from './limits.js'

export interface LayerResources {
  /** The group of the file. */
  readonly layer: string
  readonly neurons: number
  /** Connections with a weight that is not 0. */
  readonly synapses: number
  /** Weights that are stored once: of a convolution its kernel. */
  readonly parameters: number
  /** Most connections into, and out of, one neuron. */
  readonly fanIn: number
  readonly fanOut: number
}

export interface ChipResources {
  readonly chip: string
  readonly estimate: boolean
  readonly fits: boolean
  /** Loihi: of each layer and altogether. */
  readonly cores?: { readonly perLayer: readonly number[]; readonly total: number; readonly available: number }
  /** Speck: the place of each layer on the chip. */
  readonly places?: readonly number[]
  /** What does not fit, and what to change. */
  readonly problems: readonly { readonly layer: string; readonly what: string; readonly fix: string }[]
}

export interface Resources {
  readonly layers: readonly LayerResources[]
  readonly neurons: number
  readonly synapses: number
  readonly chips: readonly ChipResources[]
}

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
    chips: [onLoihi(layers, loihi1), onLoihi(layers, loihi2), onSpeck(loaded, layers)],
  }
}

function layerResources(loaded: LoadedNetwork, index: number): LayerResources {
  const block = loaded.blocks[index]!
  const synapses = synapsesOf(loaded, index).map(countSynapses)
  const out = loaded.connections.flatMap(([from, to]) =>
    from === block.neuron ? [countSynapses(synapseNamed(loaded, to.replace(/\.[^.]*$/, '')))] : [],
  )
  const sum = (of: readonly SynapseCount[], key: keyof SynapseCount): number =>
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

interface SynapseCount {
  readonly synapses: number
  readonly parameters: number
  readonly fanIn: number
  readonly fanOut: number
}

function countSynapses(process: Synapse): SynapseCount {
  if (process.type !== 'Conv') {
    const [rows, columns] = process.shape
    const [into, outOf] = [new Int32Array(rows), new Int32Array(columns)]
    let synapses = 0
    for (let i = 0; i < rows * columns; i++) {
      if (process.weights[i] === 0) continue
      synapses++
      into[Math.floor(i / columns)]!++
      outOf[i % columns]!++
    }
    return { synapses, parameters: synapses, fanIn: into.reduce(max, 0), fanOut: outOf.reduce(max, 0) }
  }
  const {
    weight_shape: [features, perGroup, kernelHeight, kernelWidth],
    input_shape: [, height, width],
    stride,
    padding,
    dilation,
    groups,
  } = process
  const [, outHeight, outWidth] = shapeOf(process) as readonly [number, number, number]
  // Along one axis: for each tap the places where it lies inside; taps inside of a place; places that one input
  // reaches.
  const along = (
    n: number,
    out: number,
    kernel: number,
    axis: 0 | 1,
  ): { readonly pairs: number; readonly most: number; readonly reach: number } => {
    const reached = new Int32Array(n)
    let [pairs, most] = [0, 0]
    for (let place = 0; place < out; place++) {
      let inside = 0
      for (let tap = 0; tap < kernel; tap++) {
        const at = place * stride[axis] + tap * dilation[axis] - padding[axis]
        if (at < 0 || at >= n) continue
        inside++
        reached[at]!++
      }
      pairs += inside
      most = Math.max(most, inside)
    }
    return { pairs, most, reach: reached.reduce(max, 0) }
  }
  const [y, x] = [along(height, outHeight, kernelHeight, 0), along(width, outWidth, kernelWidth, 1)]
  return {
    synapses: features * perGroup * y.pairs * x.pairs,
    parameters: process.weight.length,
    fanIn: perGroup * y.most * x.most,
    fanOut: (features / groups) * y.reach * x.reach,
  }
}

const max = (a: number, b: number): number => Math.max(a, b)

/** Bits of a synapse: 8 of weight, 8 of the neuron that it goes to. */
const bitsPerSynapse = 16

function onLoihi(layers: readonly LayerResources[], limits: ChipLimits): ChipResources {
  const problems: { layer: string; what: string; fix: string }[] = []
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
    estimate: limits.estimate,
    fits: problems.length === 0,
    cores: { perLayer, total, available: limits.cores },
    problems,
  }
}

/** Layers go to places of the chip in order of what they need, the largest first to the fullest. */
function onSpeck(loaded: LoadedNetwork, layers: readonly LayerResources[]): ChipResources {
  const problems: { layer: string; what: string; fix: string }[] = []
  const wanted = layers.map((layer, i) => ({ ...layer, i })).filter(({ parameters }) => parameters > 0)
  const count = speckLayers.kernel.length
  if (wanted.length > count)
    problems.push({
      layer: wanted[count]!.layer,
      what: `${wanted.length} layers with weights, and the chip has ${count}`,
      fix: 'Use fewer layers.',
    })
  const free = new Set(speckLayers.kernel.keys())
  const places = new Array<number>(layers.length).fill(-1)
  for (const { i, layer, parameters, neurons } of [...wanted].sort(
    (a, b) => b.parameters - a.parameters || b.neurons - a.neurons,
  )) {
    const process = synapsesOf(loaded, i)[0]!
    if (process.type === 'DelayDense' || loaded.blocks[i]!.synapses.length > 1)
      problems.push({
        layer,
        what: 'delays, recurrence, resonators or branches that meet',
        fix: 'Use convolutions and dense layers without them.',
      })
    const kernel = process.type === 'Conv' ? process.weight_shape : ([1, 1, 1, 1] as const)
    if (kernel[2] > 16 || kernel[3] > 16)
      problems.push({
        layer,
        what: `a kernel of ${kernel[2]} x ${kernel[3]}, and the chip takes 16 x 16`,
        fix: 'Use smaller kernels.',
      })
    const fitting = [...free].filter(
      (place) => parameters <= speckLayers.kernel[place]! && neurons <= speckLayers.neurons[place]!,
    )
    const place = fitting.sort(
      (a, b) => speckLayers.kernel[a]! - speckLayers.kernel[b]! || speckLayers.neurons[a]! - speckLayers.neurons[b]!,
    )[0]
    if (place === undefined)
      problems.push({
        layer,
        what: `${parameters} weights and ${neurons} neurons fit none of the layers that are left`,
        fix: 'Use fewer channels, a larger stride, or smaller kernels.',
      })
    else {
      free.delete(place)
      places[i] = place
    }
  }
  return { chip: 'Speck / DynapCNN', estimate: false, fits: problems.length === 0, places, problems }
}

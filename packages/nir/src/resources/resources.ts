import { sizeOf, type Shape } from '@snn/tensor'
import { checkGraph } from '../arguments.js'
import { paddingPerAxis, perAxis } from '../axes.js'
import { checkNir } from '../check.js'
import { flatGraph, withEnds, type FlatGraph, type FlatNode } from '../flat-graph.js'
import type { NirGraph, NirNodeOf } from '../graph.js'
import type { LayerResources, Resources } from './chip-resources.js'
import { matrixConnections, windowConnections, type Connections } from './connections.js'
import { onSpeck, type SpeckLayer } from './speck.js'
import { onXylo } from './xylo.js'

/** What a graph needs. */
export interface NirResources extends Resources {
  /** Bytes of all weights and biases as a file holds them, before it packs them. */
  readonly weightBytes: number
}

type Weighted = NirNodeOf<'Affine' | 'Linear' | 'Conv1d' | 'Conv2d'>

const isWeighted = (node: FlatNode): node is Weighted => ['Affine', 'Linear', 'Conv1d', 'Conv2d'].includes(node.type)
const isNeuron = ({ type }: FlatNode): boolean =>
  ['I', 'IF', 'LI', 'LIF', 'CubaLI', 'CubaLIF', 'Threshold'].includes(type)

/**
 * What a graph needs of a chip: neurons, synapses, weights, fan-in and fan-out of each layer of weights, and whether it
 * fits on Speck / DynapCNN (core by core) and on Xylo (numbers of neurons). The neurons of a layer are those that take
 * its sums; a layer without any counts its outputs, since each needs a neuron on a chip.
 *
 * @throws `NIR_INVALID` for a graph that contradicts itself
 */
export function resources(graph: NirGraph): NirResources {
  checkGraph('resources', graph)
  checkNir('resources', graph)
  const flat = flatGraph(withEnds(graph))
  const weighted = [...flat.nodes].filter((entry): entry is [string, Weighted] => isWeighted(entry[1]))
  const own = new Map(weighted.map(([name, node]) => [name, connectionsOf(node, flat.shapes.get(name)!)] as const))
  const targets = new Map(weighted.map(([name]) => [name, nearest(flat, name, 1)] as const))
  const populations = new Map<string, number>()
  const layers = weighted.map(([name]): LayerResources => {
    const neurons = targets.get(name)!.filter((target) => isNeuron(flat.nodes.get(target)!))
    const held = neurons.length > 0 ? neurons : [name]
    const size = (at: string): number => sizeOf(flat.shapes.get(at)!.output)
    for (const at of held) populations.set(at, size(at))
    // those that take from these neurons, through nothing but pooling and the like
    const next = weighted.filter(([taker]) => nearest(flat, taker, 0).some((source) => held.includes(source)))
    return {
      layer: name,
      neurons: held.reduce((all, at) => all + size(at), 0),
      ...own.get(name)!,
      fanOut: next.reduce((all, [taker]) => all + own.get(taker)!.fanOut, 0),
    }
  })
  for (const [name, node] of flat.nodes)
    if (isNeuron(node)) populations.set(name, sizeOf(flat.shapes.get(name)!.output))
  const neurons = [...populations.values()].reduce((a, b) => a + b, 0)
  const endsOf = (type: 'Input' | 'Output'): string[] =>
    [...flat.nodes].filter(([, node]) => node.type === type).map(([name]) => name)
  const last = new Set(endsOf('Output').flatMap((name) => nearest(flat, name, 0)))
  const outputs = [...populations].reduce((all, [name, size]) => all + (last.has(name) ? size : 0), 0)
  return {
    layers,
    neurons,
    synapses: layers.reduce((all, { synapses }) => all + synapses, 0),
    weightBytes: weighted.reduce(
      (all, [, node]) =>
        all +
        ('bias' in node ? [node.weight, node.bias] : [node.weight]).reduce(
          (bytes, { data, dtype }) => bytes + data.length * (dtype === 'float32' ? 4 : 8),
          0,
        ),
      0,
    ),
    chips: [
      onSpeck(weighted.map(([name, node]) => speckLayer(flat, name, node))),
      onXylo({
        inputs: endsOf('Input').reduce((all, name) => all + sizeOf(flat.shapes.get(name)!.output), 0),
        hidden: neurons - outputs,
        outputs,
      }),
    ],
  }
}

/**
 * The neurons, weights and ends next to a node, forwards (1) or backwards (0), through what has neither weights nor a
 * state.
 */
function nearest(flat: FlatGraph, name: string, end: 0 | 1, seen = new Set<string>()): string[] {
  return flat.edges.flatMap((edge) => {
    const other = edge[end]
    if (edge[1 - end] !== name || seen.has(other)) return []
    seen.add(other)
    const node = flat.nodes.get(other)!
    return isNeuron(node) || isWeighted(node) || node.type === 'Input' || node.type === 'Output'
      ? [other]
      : nearest(flat, other, end, seen)
  })
}

function connectionsOf(
  node: Weighted,
  { input, output }: { readonly input: Shape; readonly output: Shape },
): Connections {
  const { weight } = node
  if (node.type === 'Affine' || node.type === 'Linear') {
    const [rows, columns] = weight.shape.slice(-2) as [number, number]
    const each = rows * columns
    const matrices = Array.from({ length: weight.data.length / each }, (_, i) =>
      matrixConnections(weight.data.subarray(i * each, (i + 1) * each), [rows, columns]),
    )
    const sum = (key: 'synapses' | 'parameters'): number => matrices.reduce((all, own) => all + own[key], 0)
    const most = (key: 'fanIn' | 'fanOut'): number => matrices.reduce((all, own) => Math.max(all, own[key]), 0)
    return { synapses: sum('synapses'), parameters: sum('parameters'), fanIn: most('fanIn'), fanOut: most('fanOut') }
  }
  const kernel = weight.shape.slice(2)
  const dilation = perAxis(node.dilation, kernel.length)!
  const padding = paddingPerAxis(node.padding, kernel, dilation)!.map(([before]) => before)
  return windowConnections({
    weightShape: weight.shape,
    input,
    output,
    stride: perAxis(node.stride, kernel.length)!,
    dilation,
    padding,
    groups: node.groups,
  })
}

/** A matrix of what was a picture is a convolution over all of it. */
function speckLayer(flat: FlatGraph, name: string, { type, weight, ...node }: Weighted): SpeckLayer {
  const { input, output } = flat.shapes.get(name)!
  const biases = 'bias' in node ? node.bias.data.length : 0
  if (type === 'Conv2d')
    return {
      layer: name,
      kernel: weight.shape as SpeckLayer['kernel'],
      neurons: output as SpeckLayer['neurons'],
      biases,
    }
  const before = flat.edges
    .filter(([, to]) => to === name)
    .map(([from]) => (flat.nodes.get(from)!.type === 'Flatten' ? flat.shapes.get(from)!.input : undefined))
  const picture = before.length === 1 && before[0]?.length === 3 ? before[0] : [sizeOf(input), 1, 1]
  return {
    layer: name,
    kernel: [sizeOf(output), ...(picture as [number, number, number])],
    neurons: [sizeOf(output), 1, 1],
    biases,
  }
}

import { sizeOf, type Shape } from '@snn/tensor'
import { paddingPerAxis, perAxis } from '../axes.js'
import type { FlatGraph, FlatNode } from '../flat-graph.js'
import type { NirNodeOf } from '../graph.js'
import type { LayerResources } from './chip-resources.js'
import { matrixConnections, windowConnections, type Connections } from './connections.js'

export type Weighted = NirNodeOf<'Affine' | 'Linear' | 'Conv1d' | 'Conv2d'>
type Pooling = NirNodeOf<'AvgPool2d' | 'SumPool2d'>

/** What connects neurons: weights, and a pooling whose sums neurons take as they are. */
export type Connecting = Weighted | Pooling

/** What a graph takes of any chip. */
export interface Counted {
  readonly layers: readonly LayerResources[]
  /** What `layers` are of, in their order. */
  readonly connecting: readonly (readonly [name: string, node: Connecting])[]
  readonly neurons: number
  /** Of the neurons, those that are read. */
  readonly outputs: number
  readonly inputs: number
}

export const isWeighted = (node: FlatNode): node is Weighted =>
  node.type === 'Affine' || node.type === 'Linear' || node.type === 'Conv1d' || node.type === 'Conv2d'
const isPooling = (node: FlatNode): node is Pooling => node.type === 'AvgPool2d' || node.type === 'SumPool2d'
const isNeuron = ({ type }: FlatNode): boolean =>
  ['I', 'IF', 'LI', 'LIF', 'CubaLI', 'CubaLIF', 'Threshold'].includes(type)

/**
 * Neurons, synapses, fan-in and fan-out, layer by layer. The neurons of a layer are those that take its sums; a layer
 * without any counts its outputs, since each needs a neuron on a chip. What leads from one neuron to others through
 * poolings is counted as often as there are ways.
 */
export function count(flat: FlatGraph): Counted {
  const { nodes, shapes } = flat
  const connecting = [...nodes].filter(
    (entry): entry is [string, Connecting] =>
      isWeighted(entry[1]) ||
      (isPooling(entry[1]) && nearest(flat, entry[0], 1).some((name) => isNeuron(nodes.get(name)!))),
  )
  const own = new Map(
    [...nodes].flatMap(([name, node]) =>
      isWeighted(node) || isPooling(node) ? [[name, connectionsOf(node, shapes.get(name)!)] as const] : [],
    ),
  )
  const size = (at: string): number => sizeOf(shapes.get(at)!.output)
  const populations = new Map<string, number>()
  const layers = connecting.map(([name]): LayerResources => {
    const neurons = nearest(flat, name, 1).filter((target) => isNeuron(nodes.get(target)!))
    const held = neurons.length > 0 ? neurons : [name]
    for (const at of held) populations.set(at, size(at))
    return {
      layer: name,
      neurons: held.reduce((all, at) => all + size(at), 0),
      ...own.get(name)!,
      fanOut: held.reduce((most, at) => Math.max(most, waysOut(flat, at, own)), 0),
    }
  })
  for (const [name, node] of nodes) if (isNeuron(node)) populations.set(name, size(name))
  const endsOf = (type: 'Input' | 'Output'): string[] =>
    [...nodes].filter(([, node]) => node.type === type).map(([name]) => name)
  const last = new Set(endsOf('Output').flatMap((name) => nearest(flat, name, 0)))
  return {
    layers,
    connecting,
    neurons: [...populations.values()].reduce((a, b) => a + b, 0),
    outputs: [...populations].reduce((all, [name, own]) => all + (last.has(name) ? own : 0), 0),
    inputs: endsOf('Input').reduce((all, name) => all + size(name), 0),
  }
}

/** The most neurons that one value of a node reaches: through each of its edges, and through poolings between. */
function waysOut(
  { nodes, edges }: Pick<FlatGraph, 'nodes' | 'edges'>,
  name: string,
  connections: ReadonlyMap<string, Connections>,
  through: ReadonlySet<string> = new Set(),
): number {
  const behind = new Set([...through, name])
  return edges.reduce((all, [from, to]) => {
    if (from !== name || (through.has(to) && !isNeuron(nodes.get(to)!))) return all
    const node = nodes.get(to)!
    if (isNeuron(node)) return all + 1
    const { fanOut } = connections.get(to) ?? { fanOut: 1 }
    if (isWeighted(node)) return all + fanOut
    return node.type === 'Output' ? all : all + fanOut * waysOut({ nodes, edges }, to, connections, behind)
  }, 0)
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
  node: Connecting,
  { input, output }: { readonly input: Shape; readonly output: Shape },
): Connections {
  if (node.type === 'Affine' || node.type === 'Linear') return matricesConnections(node)
  const [weightShape, dilation, groups] = isPooling(node)
    ? [[input[0]!, 1, ...perAxis(node.kernel_size, 2)!], 1, input[0]!]
    : [node.weight.shape, node.dilation, node.groups]
  const kernel = weightShape.slice(2)
  const dilations = perAxis(dilation, kernel.length)!
  const windows = windowConnections({
    weightShape,
    input,
    output,
    stride: perAxis(node.stride, kernel.length)!,
    dilation: dilations,
    padding: paddingPerAxis(node.padding, kernel, dilations)!.map(([before]) => before),
    groups,
  })
  return isPooling(node) ? { ...windows, parameters: 0 } : windows
}

function matricesConnections({ weight }: NirNodeOf<'Affine' | 'Linear'>): Connections {
  const [rows, columns] = weight.shape.slice(-2) as [number, number]
  const each = rows * columns
  const matrices = Array.from({ length: weight.data.length / each }, (_, i) =>
    matrixConnections(weight.data.subarray(i * each, (i + 1) * each), [rows, columns]),
  )
  const sum = (key: 'synapses' | 'parameters'): number => matrices.reduce((all, own) => all + own[key], 0)
  const most = (key: 'fanIn' | 'fanOut'): number => matrices.reduce((all, own) => Math.max(all, own[key]), 0)
  return { synapses: sum('synapses'), parameters: sum('parameters'), fanIn: most('fanIn'), fanOut: most('fanOut') }
}

import { sizeOf } from '@snn/tensor'
import { flatGraph, withEnds, type FlatGraph } from '../flat-graph.js'
import type { NirGraph } from '../graph.js'
import type { ChipResources } from './chip-resources.js'
import { count, isWeighted, type Connecting } from './count.js'
import { onSpeck, type SpeckLayer } from './speck.js'
import { onXylo } from './xylo.js'

/** Whether a graph of nodes that a chip's tool reads is small enough for the chip. */
export const fit = { speck: fitsSpeck, xylo: fitsXylo } as const satisfies Readonly<
  Record<string, (graph: NirGraph) => ChipResources>
>

export type ChipName = keyof typeof fit

function fitsSpeck(graph: NirGraph): ChipResources {
  const flat = flatGraph(withEnds(graph))
  return onSpeck(count(flat).connecting.map(([name, node]) => speckLayer(flat, name, node)))
}

function fitsXylo(graph: NirGraph): ChipResources {
  const { inputs, neurons, outputs } = count(flatGraph(withEnds(graph)))
  return onXylo({ inputs, hidden: neurons - outputs, outputs })
}

/** A matrix of what was a picture is a convolution over all of it. */
function speckLayer(flat: FlatGraph, name: string, node: Connecting): SpeckLayer {
  const { input, output } = flat.shapes.get(name)!
  const own = { layer: name, neurons: output as SpeckLayer['neurons'] }
  if (!isWeighted(node))
    return {
      ...own,
      kernel: [output[0]!, 1, 1, 1],
      biases: 0,
      problem: {
        what: 'neurons right behind a pooling, and a core of Speck pools what its neurons give',
        fix: 'Take means of windows in place of maxima, and put weights between pooling and neurons.',
      },
    }
  const biases = 'bias' in node ? node.bias.data.length : 0
  if (node.type === 'Conv2d') return { ...own, kernel: node.weight.shape as SpeckLayer['kernel'], biases }
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

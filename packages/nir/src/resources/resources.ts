import { checkGraph } from '../check-graph.js'
import { checkNir } from '../check.js'
import { flatGraph, withEnds } from '../flat-graph.js'
import type { NirGraph } from '../graph.js'
import { adaptNir } from '../lint/adapt.js'
import { lint, type LintOptions } from '../lint/lint.js'
import type { ReaderName } from '../lint/readers.js'
import type { ChipResources, Resources } from './chip-resources.js'
import { count, isWeighted } from './count.js'
import { fit, type ChipName } from './fit.js'

/** What a graph needs. */
export interface NirResources extends Resources {
  /** Bytes of all weights and biases as a file holds them, before it packs them. */
  readonly weightBytes: number
}

/**
 * What a graph needs of a chip: neurons, synapses, weights, fan-in and fan-out of each layer, and whether it fits on
 * Speck / DynapCNN (core by core) and on Xylo (numbers of neurons): in the form that `adaptNir` gives it, nothing may
 * be refused by the chip's tool, and all of it has a place. The neurons of a layer are those that take its sums; a
 * layer without any counts its outputs, since each needs a neuron on a chip. A pooling whose sums neurons take as they
 * are is a layer, too.
 *
 * @throws `NIR_INVALID` for a graph that contradicts itself
 */
export function resources(graph: NirGraph, options: LintOptions = {}): NirResources {
  checkGraph('resources', graph)
  checkNir('resources', graph)
  const flat = flatGraph(withEnds(graph))
  const { layers, neurons } = count(flat)
  return {
    layers,
    neurons,
    synapses: layers.reduce((all, { synapses }) => all + synapses, 0),
    weightBytes: [...flat.nodes.values()]
      .filter(isWeighted)
      .flatMap((node) => ('bias' in node ? [node.weight, node.bias] : [node.weight]))
      .reduce((bytes, { data, dtype }) => bytes + data.length * (dtype === 'float32' ? 4 : 8), 0),
    chips: [onChip(graph, 'speck', 'speck', options), onChip(graph, 'xylo', 'rockpool', options)],
  }
}

/** What the tool that programs a chip refuses is a reason not to fit as good as size. */
function onChip(graph: NirGraph, chip: ChipName, reader: ReaderName, options: LintOptions): ChipResources {
  const adapted = adaptNir(graph, reader, options)
  const sizes = fit[chip](adapted)
  const refused = lint(adapted, reader, options)
    .filter(({ effect, by }) => effect === 'rejects' && by === 'tool')
    .map(({ node, what, fix }) => ({ layer: node, what, fix }))
  const problems = [...refused, ...sizes.problems]
  return { ...sizes, fits: problems.length === 0, problems }
}

import {
  addLayer,
  batchNormLayer,
  checkFiniteVariables,
  convLayer,
  dropoutLayer,
  linearLayer,
  sampleShapes,
  type Network,
} from '@snn/nn'
import { SnnError, type Shape } from '@snn/tensor'
import { checkByRules } from '@snn/tensor/library'
import { arraysOf, type DescribedLayer } from './described-layer.js'
import { foldedArrays } from './fold-batch-norm.js'
import type { NirGraph, NirNode } from './graph.js'
import { layerNodes } from './layer-node.js'
import { isNeuron, neuronNodes, type NeuronExport } from './neuron-node.js'
import { toNirRules } from './option-rules.js'

export interface ToNirOptions {
  /**
   * Length of a step in seconds, for neurons and delays that count in steps. Default 1e-4, as in most published graphs.
   */
  readonly dt?: number
  /**
   * What becomes of soft resets, which NIR does not have: an error (the default), or the hard reset to 0, which changes
   * rates.
   */
  readonly softReset?: 'error' | 'hard'
  /**
   * NIR fires above the threshold, the neurons of `@snn/neuron` at or above it. `fire` (the default) writes the number
   * just below each threshold, in single precision, so that the very same values fire; `keep` writes the threshold
   * itself.
   */
  readonly ties?: 'fire' | 'keep'
  /**
   * Whether batch normalisation is taken into the weights before it, as it is once training is over. Default false: an
   * error.
   */
  readonly foldBatchNorm?: boolean
  /** Shape of one sample of each input whose shape the network does not know. */
  readonly shapes?: Readonly<Record<string, Shape>>
}

/**
 * The NIR graph of a network. Nodes keep their names; sums and connections backwards become edges, dropout disappears.
 *
 * @throws `NIR_UNSUPPORTED` naming every layer that NIR cannot say, with what to do; `SHAPE` for an input of unknown
 * shape; `ARGUMENT` for weights that are not finite
 */
export async function toNir(net: Network, options: ToNirOptions = {}): Promise<NirGraph> {
  checkByRules('toNir', options, toNirRules)
  const { dt = 1e-4, softReset = 'error', ties = 'fire', foldBatchNorm = false, shapes: given = {} } = options
  await checkFiniteVariables('toNir', net)
  const shapes = sampleShapes(net, given)
  const layers = new Map<string, DescribedLayer>()
  for (const { name, layer, inputs } of net.nodes)
    layers.set(name, {
      name,
      layer,
      arrays: await arraysOf(layer),
      input: shapes.get(originOf(net, inputs[0]!))!,
      output: shapes.get(name)!,
    })
  const folded = foldBatchNorm ? foldNorms(net, layers) : new Set<string>()
  return assemble(net, shapes, layers, folded, { dt, softReset, ties })
}

function assemble(
  net: Network,
  shapes: ReadonlyMap<string, Shape>,
  layers: ReadonlyMap<string, DescribedLayer>,
  folded: ReadonlySet<string>,
  options: NeuronExport,
): NirGraph {
  const nodes = new Map<string, NirNode>(
    net.inputs.map(({ name }) => [name, { type: 'Input', shape: shapes.get(name)! }]),
  )
  const edges: (readonly [string, string])[] = []
  const refused: { node: string; kind: string; reason: string; fix: string }[] = []
  const taken = new Set(shapes.keys())
  const free = (name: string): string => {
    let found = name
    for (let i = 2; taken.has(found); i++) found = `${name}${i}`
    taken.add(found)
    return found
  }
  const ends = new Map<string, string>()
  const isSum = ({ layer }: DescribedLayer): boolean => addLayer.is(layer) || dropoutLayer.is(layer)
  const passed = new Set<string>()
  /** The nodes whose values come out under a name: through sums and layers that do nothing. */
  const sources = (name: string, through: ReadonlySet<string> = new Set()): readonly string[] => {
    const origin = originOf(net, name)
    if (!passed.has(origin)) return [ends.get(origin) ?? origin]
    if (through.has(origin)) return []
    return net.node(origin).inputs.flatMap((input) => sources(input, new Set([...through, origin])))
  }
  for (const [name, layer] of layers) {
    if (isSum(layer) || folded.has(name)) {
      passed.add(name)
      continue
    }
    const made = isNeuron(layer.layer.kind) ? neuronNodes(layer, options) : layerNodes(layer, options.dt)
    if ('reason' in made) refused.push({ node: name, kind: layer.layer.kind, ...made })
    else if (made.length === 0) passed.add(name)
    else {
      const names = made.map((node, i) => (i === 0 ? name : free(`${name}.${node.type.toLowerCase()}`)))
      made.forEach((node, i) => nodes.set(names[i]!, node))
      names.slice(1).forEach((own, i) => edges.push([names[i]!, own]))
      ends.set(name, names.at(-1)!)
    }
  }
  const connect = (into: string, inputs: readonly string[]): void => {
    const from = inputs.flatMap((input) => sources(input))
    const twice = from.find((source, i) => from.indexOf(source) !== i)
    if (twice !== undefined)
      refused.push({
        node: into,
        kind: 'add',
        reason: `'${twice}' more than once in a sum, and NIR has one edge between two nodes`,
        fix: 'Put a constant layer that multiplies in its place.',
      })
    for (const source of from) edges.push([source, into])
  }
  for (const { name, inputs } of net.nodes) if (!passed.has(name)) connect(name, inputs)
  for (const output of net.outputs) {
    // A sum at the end is an Output itself: so does `fromNir` make them.
    const end = layers.get(output)
    const own = end && addLayer.is(end.layer) ? output : free(net.outputs.length === 1 ? 'output' : `output_${output}`)
    nodes.set(own, { type: 'Output', shape: shapes.get(output)! })
    connect(own, own === output ? net.node(output).inputs : [output])
  }
  if (refused.length > 0) throw new SnnError('NIR_UNSUPPORTED', `[toNir] ${grouped(refused)}`, { nodes: refused })
  return { type: 'NIRGraph', nodes: Object.fromEntries(nodes), edges }
}

/** One line for all nodes that are refused for the same reason. */
function grouped(refused: readonly { readonly node: string; readonly reason: string; readonly fix: string }[]): string {
  const lines = new Map<string, string[]>()
  for (const { node, reason, fix } of refused) {
    const line = `${reason}. ${fix}`
    lines.set(line, [...(lines.get(line) ?? []), `'${node}'`])
  }
  return [...lines]
    .map(([line, names]) => `${names.join(', ')} ${names.length > 1 ? 'have' : 'has'} ${line}`)
    .join('\n  ')
}

/** The name of a node or input, where a name may be that of a connection backwards. */
function originOf(net: Network, name: string): string {
  return net.feedback.find((back) => back.name === name)?.from ?? name
}

/**
 * Takes each batch normalisation into the layer before it, where nothing else reads that one; the names of those that
 * are done away with.
 */
function foldNorms(net: Network, layers: Map<string, DescribedLayer>): Set<string> {
  const folded = new Set<string>()
  for (const { name, inputs } of net.nodes) {
    const norm = layers.get(name)!
    const before = layers.get(inputs[0]!)
    const readers =
      net.nodes.filter((node) => node.inputs.includes(inputs[0]!)).length +
      net.outputs.filter((output) => output === inputs[0]).length +
      net.feedback.filter(({ from }) => from === inputs[0]).length
    if (
      !batchNormLayer.is(norm.layer) ||
      !before ||
      !(linearLayer.is(before.layer) || convLayer.is(before.layer)) ||
      readers !== 1
    )
      continue
    layers.set(before.name, { ...before, arrays: foldedArrays(before, norm) })
    folded.add(name)
  }
  return folded
}

import { createNode, rebuild } from '../build.js'
import type { DType } from '../dtype.js'
import { isPrimitive, topological, type Graph, type Node } from '../graph.js'
import { scanNode } from '../scan.js'
import { sameShape, type Shape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { rewrite } from './rewrite.js'
import { zerosAndOnes } from './zeros-and-ones.js'

type WeightGradient = Node<'convWeightGradient'>

export interface KeepOptions {
  /** Whether a weight gradient reads its x as bytes when that is cast from uint8, so that the cast takes no memory. */
  readonly readsBytes: (node: Node) => node is WeightGradient
}

/**
 * Spikes that only weight gradients still need after the forward pass are kept for them as uint8, a quarter of the memory. What a loop
 * stacks it stacks as bytes, too. A pass for backends that plan their memory by when each value lives.
 */
export function keepAsBytes(graph: Graph, { readsBytes }: KeepOptions): Graph {
  const nodes = topological(graph)
  const kept = worthKeeping(graph, nodes, nodes.filter(readsBytes))
  const bytes = new Map<Tensor, Tensor>()
  return rewrite(graph, (node, inputs) => {
    const x = node.inputs[0] && withoutReshape(node.inputs[0])
    if (x && kept.get(x)?.has(node)) return rebuild(node, [cast(reshape(bytes.get(x)!, inputs[0]!.shape), 'float32'), ...inputs.slice(1)])
    const isKept = (index: number): boolean => kept.has(node.outputs[index]!)
    const stacked = isPrimitive(node, 'scan') ? [...node.outputs.keys()].filter((i) => i >= node.attributes.carries && isKept(i)) : []
    const outputs = isPrimitive(node, 'scan') && stacked.length > 0 ? stackAsBytes(node, inputs, stacked) : rebuild(node, inputs)
    node.outputs.forEach((output, i) => {
      if (isKept(i)) bytes.set(output, stacked.includes(i) ? outputs[node.outputs.length + stacked.indexOf(i)]! : cast(outputs[i]!, 'uint8'))
    })
    return outputs
  })
}

/** The scan, and behind its outputs those at `stacked` as bytes. */
function stackAsBytes(node: Node<'scan'>, inputs: readonly Tensor[], stacked: readonly number[]): readonly Tensor[] {
  const { body, ...shape } = node.attributes
  const results = [...body.results, ...stacked.map((i) => cast(body.results[i]!, 'uint8'))]
  return scanNode({ parameters: body.parameters, results }, inputs, shape, node.scope)
}

/** Zeros and ones that would wait for weight gradients for longer than until all else has read them, and those gradients. */
function worthKeeping({ results }: Graph, nodes: readonly Node[], gradients: readonly WeightGradient[]): ReadonlyMap<Tensor, ReadonlySet<Node>> {
  const isSpikes = zerosAndOnes()
  const found = new Map<Tensor, Set<Node>>()
  for (const gradient of gradients) {
    const [x, dy] = gradient.inputs.map(withoutReshape) as [Tensor, Tensor]
    if (x !== dy && x.node.inputs.length > 0 && !isView(x.node) && isSpikes(x)) found.set(x, (found.get(x) ?? new Set()).add(gradient))
  }
  const levels = levelsOf(nodes)
  const readers = readersOf(nodes)
  const given = new Set(results.map(withoutView))
  const isWorth = (x: Tensor, waiting: ReadonlySet<Node>): boolean => {
    const others = readers.get(x)!.filter((node) => !waiting.has(node))
    const wait = (readers: Iterable<Node>): number => Math.max(0, ...[...readers].map((node) => levels.get(node)! - levels.get(x.node)!))
    return !given.has(x) && wait(waiting) > 2 * wait(others)
  }
  return new Map([...found].filter(([x, waiting]) => isWorth(x, waiting)))
}

/** How many operations must run before each, one after the other. */
function levelsOf(nodes: readonly Node[]): ReadonlyMap<Node, number> {
  const levels = new Map<Node, number>()
  for (const node of nodes) levels.set(node, Math.max(0, ...node.inputs.map((input) => (levels.get(input.node) ?? 0) + 1)))
  return levels
}

/** What reads the memory of each value: reshapes and broadcasts are views of it. */
function readersOf(nodes: readonly Node[]): ReadonlyMap<Tensor, readonly Node[]> {
  const readers = new Map<Tensor, Node[]>()
  for (const node of nodes) {
    if (isView(node)) continue
    for (const source of new Set(node.inputs.map(withoutView))) readers.set(source, [...(readers.get(source) ?? []), node])
  }
  return readers
}

function isView(node: Node): boolean {
  return isPrimitive(node, 'reshape') || isPrimitive(node, 'broadcast')
}

function withoutView(tensor: Tensor): Tensor {
  return isView(tensor.node) ? withoutView(tensor.node.inputs[0]!) : tensor
}

function withoutReshape(tensor: Tensor): Tensor {
  return isPrimitive(tensor.node, 'reshape') ? withoutReshape(tensor.node.inputs[0]!) : tensor
}

function cast(x: Tensor, dtype: DType): Tensor {
  return createNode('cast', [x], { dtype }, [{ dtype, shape: x.shape }], x.node.scope)[0]!
}

function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : createNode('reshape', [x], { shape }, [{ dtype: x.dtype, shape }], x.node.scope)[0]!
}

import type { DType, Tensor } from '@snn/tensor'
import { isPrimitive, type Graph, type Node, createNode, rebuild, rewrite, scanNode } from '@snn/tensor/backend'
import { zerosAndOnes } from './zeros-and-ones.js'

export interface KeepOptions {
  /**
   * Whether a node can read this operand as bytes: when it is cast from uint8, the floats take no memory until then.
   */
  readonly readsBytes: (node: Node, operand: number) => boolean
}

/**
 * Spikes that only weight gradients still need after the forward pass are kept for them as uint8, a quarter of the
 * memory. What a loop stacks it stacks as bytes, too. A pass for backends that plan their memory by when each value
 * lives.
 *
 * @param nodes those of the graph, inputs first
 */
export function keepAsBytes(graph: Graph, nodes: readonly Node[], options: KeepOptions): Graph {
  const waiting = worthKeeping(graph, nodes, options)
  if (waiting.size === 0) return graph
  const bytes = new Map<Tensor, Tensor>()
  /** `tensor`, spikes or those moved, as bytes. */
  const asBytes = (tensor: Tensor): Tensor => {
    const known = bytes.get(tensor)
    if (known) return known
    const { primitive, inputs, attributes, scope } = tensor.node
    const [moved] = createNode(
      primitive,
      inputs.map(asBytes),
      attributes,
      [{ dtype: 'uint8', shape: tensor.shape }],
      scope,
    )
    bytes.set(tensor, moved!)
    return moved!
  }
  const readers = new Set([...waiting.values()].flatMap((late) => [...late]))
  return rewrite(
    graph,
    (node, inputs) => {
      if (!readers.has(node) && !node.outputs.some((output) => waiting.has(output))) return undefined
      const isKept = (index: number): boolean => waiting.has(node.outputs[index]!)
      const stacked = isPrimitive(node, 'scan')
        ? [...node.outputs.keys()].filter((i) => i >= node.attributes.carries && isKept(i))
        : []
      const operands = inputs.map((input, i) =>
        waiting.get(unmoved(node.inputs[i]!))?.has(node) ? cast(asBytes(node.inputs[i]!), 'float32') : input,
      )
      const outputs =
        isPrimitive(node, 'scan') && stacked.length > 0
          ? stackAsBytes(node, operands, stacked)
          : rebuild(node, operands)
      node.outputs.forEach((output, i) => {
        if (isKept(i))
          bytes.set(
            output,
            stacked.includes(i) ? outputs[node.outputs.length + stacked.indexOf(i)]! : cast(outputs[i]!, 'uint8'),
          )
      })
      return outputs
    },
    nodes,
  )
}

/** The scan, and behind its outputs those at `stacked` as bytes. */
function stackAsBytes(node: Node<'scan'>, inputs: readonly Tensor[], stacked: readonly number[]): readonly Tensor[] {
  const { body, ...shape } = node.attributes
  const results = [...body.results, ...stacked.map((i) => cast(body.results[i]!, 'uint8'))]
  return scanNode({ parameters: body.parameters, results }, inputs, shape, node.scope)
}

/**
 * Spikes that have early readers and late ones, which can all read bytes, and the late ones: those in the second half
 * of the time that the spikes live.
 */
function worthKeeping(
  graph: Graph,
  nodes: readonly Node[],
  { readsBytes }: KeepOptions,
): ReadonlyMap<Tensor, ReadonlySet<Node>> {
  const isSpikes = zerosAndOnes()
  const levels = levelsOf(nodes)
  const given = new Set(graph.results.map(viewed))
  const worth = new Map<Tensor, ReadonlySet<Node>>()
  for (const [x, readers] of readersOf(nodes)) {
    if (x.dtype !== 'float32' || x.node.inputs.length === 0 || given.has(x)) continue
    const wait = (node: Node): number => levels.get(node)! - levels.get(x.node)!
    const longest = Math.max(...readers.map(wait))
    const late = readers.filter((node) => 2 * wait(node) > longest)
    const canRead = (node: Node): boolean =>
      node.inputs.every((input, i) => viewed(input) !== x || (unmoved(input) === x && readsBytes(node, i)))
    if (late.length < readers.length && late.every(canRead) && isSpikes(x)) worth.set(x, new Set(late))
  }
  return worth
}

/** How many operations must run before each, one after the other. */
function levelsOf(nodes: readonly Node[]): ReadonlyMap<Node, number> {
  const levels = new Map<Node, number>()
  for (const node of nodes)
    levels.set(node, Math.max(0, ...node.inputs.map((input) => (levels.get(input.node) ?? 0) + 1)))
  return levels
}

/** What reads each value, as it is or moved. */
function readersOf(nodes: readonly Node[]): ReadonlyMap<Tensor, readonly Node[]> {
  const readers = new Map<Tensor, Node[]>()
  for (const node of nodes) {
    if (isMovement(node) || isPrimitive(node, 'broadcast')) continue
    for (const source of new Set(node.inputs.map(viewed))) {
      const known = readers.get(source)
      if (known) known.push(node)
      else readers.set(source, [node])
    }
  }
  return readers
}

function isMovement(node: Node): boolean {
  return isPrimitive(node, 'reshape') || isPrimitive(node, 'transpose')
}

function unmoved(tensor: Tensor): Tensor {
  return isMovement(tensor.node) ? unmoved(tensor.node.inputs[0]!) : tensor
}

/** What a tensor is all of, moved or repeated. */
function viewed(tensor: Tensor): Tensor {
  return isMovement(tensor.node) || isPrimitive(tensor.node, 'broadcast') ? viewed(tensor.node.inputs[0]!) : tensor
}

function cast(x: Tensor, dtype: DType): Tensor {
  return createNode('cast', [x], { dtype }, [{ dtype, shape: x.shape }], x.node.scope)[0]!
}

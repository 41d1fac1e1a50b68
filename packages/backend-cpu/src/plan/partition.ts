import { isLowered } from '@snn/onnx'
import { isPrimitive, topological, type Graph, type Node, type Tensor } from '@snn/tensor'

/** What runs at one point: first the library operations together, then scans and random numbers in order. */
export interface Stage {
  readonly library: Set<Node>
  readonly control: Node[]
}

export interface Partition {
  readonly stages: readonly Stage[]
  /** Tensors that do not change between runs: every group that needs one has it made inside, as a folded constant. */
  readonly isStatic: (tensor: Tensor) => boolean
  /** The tensor whose memory `tensor` is: a reshape is the same bytes as its input. */
  readonly base: (tensor: Tensor) => Tensor
}

/**
 * Splits one level of a program (all of it, or the body of a scan) into maximal groups of library operations: a node runs
 * in the stage in which its last input becomes available, a stage ends where a scan or random numbers must run.
 *
 * `outerStatic` says which parameters stand for static tensors from outside, `fold` whether more than leaves are static.
 */
export function partition(graph: Graph, options: { readonly isBaked: (read: Tensor) => boolean; readonly outerStatic: (parameter: Tensor) => boolean; readonly fold: boolean }): Partition {
  const parameters = new Set(graph.parameters)
  const statics = new Set(graph.parameters.filter(options.outerStatic))
  const available = new Map<Tensor, number>()
  const stages: { library: Set<Node>; control: Node[] }[] = []
  const stage = (index: number): Stage => {
    while (stages.length <= index) stages.push({ library: new Set(), control: [] })
    return stages[index]!
  }

  for (const node of topological(graph)) {
    const isControl = !isLowered(node.primitive)
    if (isStaticNode(node, isControl)) {
      for (const output of node.outputs) statics.add(output)
      continue
    }
    if (isPrimitive(node, 'read')) continue
    const at = Math.max(0, ...node.inputs.map((input) => available.get(input) ?? 0))
    if (isControl) stage(at).control.push(node)
    else stage(at).library.add(node)
    for (const output of node.outputs) available.set(output, isControl ? at + 1 : at)
  }

  function isStaticNode(node: Node, isControl: boolean): boolean {
    if (isPrimitive(node, 'read')) return options.isBaked(node.outputs[0]!)
    if (node.inputs.length === 0) return !isControl
    return options.fold && !isControl && node.inputs.every((input) => statics.has(input))
  }

  const base = (tensor: Tensor): Tensor => {
    let at = tensor
    while (at.node.primitive === 'reshape' && !parameters.has(at)) at = at.node.inputs[0]!
    return at
  }
  return { stages, isStatic: (tensor) => statics.has(tensor), base }
}

import { checkArray, checkMembers } from './check.js'
import type { Primitive, Primitives } from './primitive.js'
import type { Scope } from './trace.js'
import type { Tensor } from './tensor.js'

/** One operation of a graph. Immutable. */
export interface Node<out P extends Primitive = Primitive> {
  /** Grows with creation: inputs always have smaller ids, so sorting by id sorts topologically. */
  readonly id: number
  readonly primitive: P
  readonly inputs: readonly Tensor[]
  readonly attributes: Primitives[P]
  readonly outputs: readonly Tensor[]
  /** The innermost trace this node depends on; null when it depends on none and can be evaluated anywhere. */
  readonly scope: Scope | null
  /** Dotted path of the module that built it, '' outside of modules. */
  readonly path: string
  /** Where in the user's code it was built: `file:line:column`. */
  readonly place: string
}

/** A function as a graph: `parameters` are bound from outside (any tensors, taken by identity), `results` computed. */
export interface Graph {
  readonly parameters: readonly Tensor[]
  readonly results: readonly Tensor[]
}

/** Whether a node is of this primitive, which tells its attributes. */
export function isPrimitive<P extends Primitive>(node: Node, primitive: P): node is Node<P> {
  return (node as Node | null | undefined)?.primitive === primitive
}

/** Throws `ARGUMENT` unless the value has the tensors of a graph. */
export function checkGraph(operation: string, graph: unknown): asserts graph is Graph {
  const { parameters, results } = (graph ?? {}) as Graph
  if (Array.isArray(parameters) && Array.isArray(results)) return
  checkMembers(operation, graph, 'graph', ['parameters', 'results'], 'a graph: { parameters, results }')
  for (const [name, tensors] of Object.entries({ parameters, results }))
    checkArray(operation, tensors, name, 'an array of Tensors')
}

/** `checkGraph`, and what the run assigns to Variables. */
export function checkProgram(operation: string, program: unknown): void {
  checkGraph(operation, program)
  checkArray(operation, (program as { assigns?: unknown }).assigns, 'assigns', 'an array of { variable, value }')
}

/** The nodes that `results` need, inputs first. Parameters and what lies behind them are left out. */
export function topological(graph: Graph): Node[] {
  checkGraph('topological', graph)
  const bound = new Set(graph.parameters)
  const seen = new Map<number, Node>()
  const waiting = [graph.results]
  for (let tensors = waiting.pop(); tensors; tensors = waiting.pop()) {
    for (const tensor of tensors) {
      const { node } = tensor
      if (seen.has(node.id) || bound.has(tensor)) continue
      seen.set(node.id, node)
      if (node.inputs.length > 0) waiting.push(node.inputs)
    }
  }
  // numbers sort several times faster than nodes by a function
  return Array.from(Float64Array.from(seen.keys()).sort(), (id) => seen.get(id)!)
}

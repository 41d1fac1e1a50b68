import { checkArray, checkTensor } from './check.js'
import { isFloat } from './dtype.js'
import { isPrimitive, topological, type Graph, type Node } from './graph.js'
import { gradientRules } from './rules/gradient.js'
import type { Tensor } from './tensor.js'

/**
 * Whether a gradient comes from a loss to a tensor: it does, the loss does not depend on it, or every way from it ends
 * at one of these nodes.
 */
export type GradientReach = 'reached' | 'unused' | readonly Node[]

/**
 * Where the gradient of `loss` goes, for each of `wrt`, told from the form of the graph alone: nothing is built or
 * computed. A path through the rule of a
 * `customGradient` counts as open.
 */
export function gradientReach(loss: Tensor, wrt: readonly Tensor[]): GradientReach[] {
  checkTensor('gradientReach', loss, 'loss')
  checkArray('gradientReach', wrt, 'wrt', 'an array of Tensors')
  for (const tensor of wrt) checkTensor('gradientReach', tensor, 'one of wrt')
  const graph = { parameters: [], results: [loss] }
  const reached = flowBack(graph, new Set([loss]), differentiated)
  let needed: ReadonlySet<Tensor> | undefined
  return wrt.map((tensor) => {
    if (reached.has(tensor)) return 'reached'
    if (!flowForward(graph, new Set([tensor])).has(loss)) return 'unused'
    const ends = new Set<Node>()
    flowForward(graph, new Set([tensor]), ends)
    needed ??= flowBack(graph, new Set([loss]), inputsOf)
    return [...ends].filter(({ outputs }) => outputs.some((output) => needed!.has(output)))
  })
}

/** The inputs of an operation; of a custom gradient without the first, the value that it stands for. */
function inputsOf(node: Node): readonly Tensor[] {
  return isPrimitive(node, 'customGradient') ? node.inputs.slice(1) : node.inputs
}

/** Those that a gradient passes on to: none where the derivative is zero. */
function differentiated(node: Node): readonly Tensor[] {
  const passes = node.outputs.some(({ dtype }) => isFloat(dtype)) && gradientRules[node.primitive] !== 'none'
  return passes ? inputsOf(node).filter(({ dtype }) => isFloat(dtype)) : []
}

/** Adds to `found` the inputs, by `inputs`, of all that computes its members. */
function flowBack(graph: Graph, found: Set<Tensor>, inputs: (node: Node) => readonly Tensor[]): Set<Tensor> {
  for (const node of topological(graph).reverse()) {
    if (!node.outputs.some((output) => found.has(output))) continue
    const from = inputs(node)
    if (!isPrimitive(node, 'scan')) {
      for (const input of from) found.add(input)
      continue
    }
    const { body, carries } = node.attributes
    node.outputs.forEach((output, i) => found.has(output) && found.add(body.results[i]!))
    untilStable(found, () => {
      flowBack(body, found, inputs)
      for (let i = 0; i < carries; i++) if (found.has(body.parameters[i]!)) found.add(body.results[i]!)
    })
    bodyInputs(node).forEach(
      (parameter, i) => found.has(parameter) && from.includes(node.inputs[i]!) && found.add(node.inputs[i]!),
    )
  }
  return found
}

/**
 * Adds to `dependent` what is computed from its members; with `ends`, only where a gradient would come back, and to
 * `ends` the nodes at which it would not.
 */
function flowForward(graph: Graph, dependent: Set<Tensor>, ends?: Set<Node>): Set<Tensor> {
  for (const node of topological(graph)) {
    const from = node.inputs.filter((input) => dependent.has(input))
    if (from.length === 0) continue
    if (!isPrimitive(node, 'scan')) {
      if (!ends || from.some((input) => differentiated(node).includes(input)))
        for (const output of node.outputs) dependent.add(output)
      else ends.add(node)
      continue
    }
    const { body, carries } = node.attributes
    bodyInputs(node).forEach((parameter, i) => dependent.has(node.inputs[i]!) && dependent.add(parameter))
    untilStable(dependent, () => {
      flowForward(body, dependent, ends)
      for (let i = 0; i < carries; i++) if (dependent.has(body.results[i]!)) dependent.add(body.parameters[i]!)
    })
    node.outputs.forEach((output, i) => dependent.has(body.results[i]!) && dependent.add(output))
  }
  return dependent
}

/** The parameters of a scan's body that stand for its inputs: all but the step's index. */
function bodyInputs({ attributes: { body, carries, sequences } }: Node<'scan'>): readonly Tensor[] {
  return body.parameters.filter((_, i) => i !== carries + sequences)
}

function untilStable(set: ReadonlySet<unknown>, grow: () => void): void {
  for (let before = -1; before !== set.size;) {
    before = set.size
    grow()
  }
}

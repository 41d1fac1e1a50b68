import type { Program } from '../backend.js'
import { createNode, rebuild } from '../build.js'
import { checkProgram, isPrimitive, topological, type Graph, type Node } from '../graph.js'
import type { Tensor } from '../tensor.js'
import { withOrigin } from '../trace.js'
import { rewrite } from './rewrite.js'
import { simplify } from './simplify.js'

/**
 * The program with each scan written out step after step: for what knows no loops. It grows with the number of steps.
 */
export function unrollScans(program: Program): Program {
  checkProgram('unrollScans', program)
  const { parameters, results, assigns } = program
  const graph = unrolled({ parameters, results: [...results, ...assigns.map(({ value }) => value)] })
  const at = results.length
  return simplify({
    parameters,
    results: graph.results.slice(0, at),
    assigns: assigns.map(({ variable }, i) => ({ variable, value: graph.results[at + i]! })),
  })
}

function unrolled(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => (isPrimitive(node, 'scan') ? unrollScan(node, inputs) : undefined))
}

function unrollScan({ attributes, outputs, scope }: Node<'scan'>, inputs: readonly Tensor[]): readonly Tensor[] {
  const { length, reverse, carries, sequences } = attributes
  const { parameters, results } = unrolled(attributes.body)
  const first = carries + sequences
  const nodes = topological({ parameters, results })
  const reshape = (x: Tensor, shape: readonly number[]): Tensor =>
    createNode('reshape', [x], { shape }, [{ dtype: x.dtype, shape }], scope)[0]!
  let state = inputs.slice(0, carries)
  const stacks: Tensor[][] = outputs.slice(carries).map(() => [])
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i
    const slices = inputs.slice(carries, first).map((x) => {
      const shape = x.shape.slice(1)
      const one = { start: [t, ...shape.map(() => 0)], end: [t + 1, ...shape], step: x.shape.map(() => 1) }
      return reshape(createNode('slice', [x], one, [{ dtype: x.dtype, shape: [1, ...shape] }], scope)[0]!, shape)
    })
    const index = createNode(
      'constant',
      [],
      { dtype: 'int32', shape: [], data: Int32Array.of(t) },
      [{ dtype: 'int32', shape: [] }],
      null,
    )[0]!
    const given = [...state, ...slices, index, ...inputs.slice(first)]
    const values = new Map<Tensor, Tensor>(parameters.map((parameter, k) => [parameter, given[k]!]))
    const now = (x: Tensor): Tensor => values.get(x) ?? x
    for (const node of nodes) {
      const made = withOrigin(node, () => rebuild(node, node.inputs.map(now)))
      node.outputs.forEach((output, k) => values.set(output, made[k]!))
    }
    state = results.slice(0, carries).map(now)
    results.slice(carries).forEach((y, k) => (stacks[k]![t] = reshape(now(y), [1, ...y.shape])))
  }
  return [
    ...state,
    ...stacks.map((steps, k) => createNode('concat', steps, { axis: 0 }, [outputs[carries + k]!], scope)[0]!),
  ]
}

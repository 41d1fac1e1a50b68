import { SnnError, isPrimitive, topological, type Graph, type Node, type Program } from '@snn/tensor'
import type { Target } from './target.js'

/** What a program computes, as one graph. */
export function wholeGraph(program: Program): Graph {
  return { parameters: program.parameters, results: [...program.results, ...program.assigns.map(({ value }) => value)] }
}

/** The program that computes `graph`, its whole graph anew. */
export function withGraph({ parameters, results, assigns }: Program, graph: Graph): Program {
  return { parameters, results: graph.results.slice(0, results.length), assigns: assigns.map(({ variable }, i) => ({ variable, value: graph.results[results.length + i]! })) }
}

/** Every node, those in the bodies of scans too. */
function* everyNode(graph: Graph): Generator<Node> {
  for (const node of topological(graph)) {
    yield node
    if (isPrimitive(node, 'scan')) yield* everyNode(node.attributes.body)
  }
}

/** Throws `UNSUPPORTED`, naming the place, for what the schedule and its kernels have no form for. */
export function checkSupported(program: Program, { name: backend }: Pick<Target, 'name'>): void {
  for (const node of everyNode(wholeGraph(program))) {
    if (isPrimitive(node, 'placeholder')) {
      throw new SnnError('UNBOUND', `[${backend}] the placeholder built at ${node.place} has no value, expected an argument. Use compile() or interpret().`, { place: node.place })
    }
    if ([...node.outputs, ...node.inputs].some(({ dtype }) => dtype === 'float64')) {
      throw new SnnError('UNSUPPORTED', `[${node.primitive}] float64 at ${node.place}, expected float32, int32, uint8 or bool on the ${backend} backend. Cast it, or use the reference backend.`, {
        primitive: node.primitive,
        backend,
      })
    }
  }
}

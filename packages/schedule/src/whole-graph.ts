import { SnnError, type Tensor } from '@snn/tensor'
import { isPrimitive, topological, type Graph, type Node, type Program } from '@snn/tensor/backend'
import type { Target } from './target.js'

/** What a program computes, as one graph. */
export function wholeGraph(program: Program): Graph {
  return { parameters: program.parameters, results: [...program.results, ...program.assigns.map(({ value }) => value)] }
}

/** The program that computes `graph`, its whole graph anew. */
export function withGraph({ parameters, results, assigns }: Program, graph: Graph): Program {
  return {
    parameters,
    results: graph.results.slice(0, results.length),
    assigns: assigns.map(({ variable }, i) => ({ variable, value: graph.results[results.length + i]! })),
  }
}

/**
 * Throws `UNSUPPORTED`, naming the place, for what the schedule and its kernels have no form for, in the bodies of
 * scans too.
 */
export function checkSupported(nodes: readonly Node[], target: Pick<Target, 'name'>): void {
  const { name: backend } = target
  for (const node of nodes) {
    if (isPrimitive(node, 'placeholder')) {
      throw new SnnError(
        'UNBOUND',
        `[${backend}] the placeholder built at ${node.place} has no value, expected an argument. Use compile() or interpret().`,
        { place: node.place },
      )
    }
    if (node.outputs.some(isDouble) || node.inputs.some(isDouble)) {
      throw new SnnError(
        'UNSUPPORTED',
        `[${node.primitive}] float64 at ${node.place}, expected float32, int32, uint8 or bool on the ${backend} backend. Cast it, or use the reference backend.`,
        { primitive: node.primitive, backend },
      )
    }
    if (isPrimitive(node, 'scan')) checkSupported(topological(node.attributes.body), target)
  }
}

function isDouble({ dtype }: Tensor): boolean {
  return dtype === 'float64'
}

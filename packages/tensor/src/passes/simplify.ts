import type { Program } from '../backend.js'
import { createNode, rebuild } from '../build.js'
import { isPrimitive, type Graph } from '../graph.js'
import { commonSubexpressions } from './common-subexpressions.js'
import { deadCode } from './dead-code.js'
import { fold } from './fold.js'
import { rewrite } from './rewrite.js'

const passes: readonly ((graph: Graph) => Graph)[] = [deadCode, fold, commonSubexpressions, deadCode]

/** All passes, over the program and the bodies of its scans. */
export function simplify(program: Program): Program {
  const { parameters, results, assigns } = program
  const graph = simplifyGraph({ parameters, results: [...results, ...assigns.map(({ value }) => value)] })
  return {
    parameters,
    results: graph.results.slice(0, results.length),
    assigns: assigns.map(({ variable }, i) => ({ variable, value: graph.results[results.length + i]! })),
  }
}

function simplifyGraph(graph: Graph): Graph {
  const simplified = passes.reduce((now, pass) => pass(now), graph)
  return rewrite(simplified, (node, inputs) => {
    if (!isPrimitive(node, 'scan')) return undefined
    const body = simplifyGraph(node.attributes.body)
    if (body === node.attributes.body) return rebuild(node, inputs)
    return createNode('scan', inputs, { ...node.attributes, body }, node.outputs, node.scope)
  })
}

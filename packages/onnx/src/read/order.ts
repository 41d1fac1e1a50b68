import { invalid } from '../errors.js'
import type { OnnxNode } from '../graph.js'

/** The nodes in topological order: the file's order where it is one. Throws ONNX_INVALID for a cycle. */
export function inOrder<T extends { readonly node: OnnxNode; readonly captures: readonly string[] }>(
  nodes: readonly T[],
): readonly T[] {
  const maker = new Map<string, number>()
  nodes.forEach(({ node }, i) => node.outputs.forEach((name) => name !== '' && maker.set(name, i)))
  const needs = nodes.map(
    ({ node, captures }) => new Set([...node.inputs, ...captures].flatMap((name) => maker.get(name) ?? [])),
  )
  if (needs.every((need, i) => [...need].every((j) => j < i))) return nodes
  const readers = nodes.map((): number[] => [])
  needs.forEach((need, i) => need.forEach((j) => readers[j]!.push(i)))
  const open = needs.map((need) => need.size)
  const ready = open.flatMap((count, i) => (count === 0 ? [i] : []))
  for (let at = 0; at < ready.length; at++) for (const i of readers[ready[at]!]!) if (--open[i]! === 0) ready.push(i)
  if (ready.length < nodes.length) {
    const stuck = nodes[open.findIndex((count) => count > 0)]!.node
    throw invalid(`${stuck.op} "${stuck.name}"`, 'it depends on its own result: the graph has a cycle')
  }
  return ready.map((i) => nodes[i]!)
}

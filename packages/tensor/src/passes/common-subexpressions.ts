import { rebuild } from '../build.js'
import type { Graph, Node } from '../graph.js'
import type { Tensor } from '../tensor.js'
import { rewrite } from './rewrite.js'

/** Constants with more elements than this are compared by identity only. */
const comparedElements = 64

/** Computes equal expressions once. */
export function commonSubexpressions(graph: Graph): Graph {
  const known = new Map<string, readonly Tensor[]>()
  const identities = new Map<unknown, number>()
  const identity = (value: unknown): number => {
    if (!identities.has(value)) identities.set(value, identities.size)
    return identities.get(value)!
  }
  return rewrite(graph, (node, inputs) => {
    if (node.primitive === 'placeholder') return undefined
    const key = `${node.primitive}(${inputs.map((t) => identity(t)).join()})${attributesKey(node, identity)}`
    const first = known.get(key)
    if (first) return first
    const outputs = rebuild(node, inputs)
    known.set(key, outputs)
    return outputs
  })
}

function attributesKey(node: Node, identity: (value: unknown) => number): string {
  if (Object.keys(node.attributes).length === 0) return ''
  return JSON.stringify(node.attributes, (_, value: unknown) => {
    if (ArrayBuffer.isView(value)) {
      const data = value as Float32Array
      return data.length <= comparedElements
        ? Array.from(data, (x) => (Object.is(x, -0) ? '-0' : String(x)))
        : `#${identity(value)}`
    }
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
      return `#${Object.is(value, -0) ? '-0' : value}`
    const opaque =
      typeof value === 'function' ||
      (typeof value === 'object' && value !== null && ('contract' in value || 'results' in value))
    return opaque ? `#${identity(value)}` : value
  })
}

import { invalid } from '../errors.js'
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto } from '../proto/onnx_pb.js'

/** A node of the file, and the version of the standard operator set it is written in, where that is not the model's. */
export interface Placed {
  readonly proto: NodeProto
  readonly opset?: number
}

/** More nodes than any model has: bounds what functions that call functions can ask for. */
const maxNodes = 2 ** 20

/**
 * The nodes of a graph, each call of a function of the model replaced by the nodes of the function under names of their
 * own.
 */
export function withoutFunctions(model: ModelProto, graph: GraphProto): readonly Placed[] {
  const functions = new Map(model.functions.map((f) => [keyOf(f.domain, f.name, f.overload), f]))
  if (functions.size === 0) return graph.node.map((proto) => ({ proto }))
  const placed: Placed[] = []
  const place = (proto: NodeProto, opset: number | undefined, callers: readonly FunctionProto[], at: string): void => {
    const found = functions.get(keyOf(proto.domain, proto.opType, proto.overload))
    if (!found) {
      if (placed.push({ proto, ...(opset !== undefined && { opset }) }) > maxNodes)
        throw invalid('the graph', `its functions make more than ${maxNodes} nodes`)
      return
    }
    if (callers.includes(found)) throw invalid(`function "${found.name}"`, 'it calls itself')
    const version = found.opsetImport.find(({ domain }) => !domain || domain === 'ai.onnx')?.version
    const body = bodyOf(found, proto, at)
    body.forEach((inner, i) =>
      place(inner, version === undefined ? opset : Number(version), [...callers, found], `${at}.${i}`),
    )
  }
  graph.node.forEach((proto, i) => place(proto, undefined, [], `${i}`))
  return placed
}

function keyOf(...parts: readonly (string | undefined)[]): string {
  return parts.map((part) => part ?? '').join('\n')
}

/**
 * The nodes of a function for one call: its inputs and outputs have the names of the call's, everything else one that
 * holds `at`.
 */
function bodyOf(found: FunctionProto, call: NodeProto, at: string): NodeProto[] {
  const formal = new Map<string, string>()
  found.input.forEach((name, i) => formal.set(name, call.input[i] ?? ''))
  const own = (name: string): string => `${call.name || found.name}.${at}/${name}`
  found.output.forEach((name, i) => formal.set(name, call.output[i] || own(name)))
  const rename = (name: string): string => (name === '' ? '' : (formal.get(name) ?? own(name)))
  const given = new Map(
    [...found.attributeProto, ...call.attribute].map((attribute) => [attribute.name ?? '', attribute]),
  )
  return found.node.map((node) => renamedNode(node, rename, given))
}

type Attributes = ReadonlyMap<string, AttributeProto>

function renamedNode(node: NodeProto, rename: (name: string) => string, given: Attributes): NodeProto {
  const attribute = node.attribute.flatMap((own): AttributeProto[] => {
    if (own.refAttrName) {
      const value = given.get(own.refAttrName)
      return value ? [{ ...value, name: own.name ?? '' }] : []
    }
    return [
      {
        ...own,
        ...(own.g && { g: renamedGraph(own.g, rename, given) }),
        graphs: own.graphs.map((graph) => renamedGraph(graph, rename, given)),
      },
    ]
  })
  return {
    ...node,
    name: rename(node.name || node.opType || 'node'),
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute,
  }
}

function renamedGraph(graph: GraphProto, rename: (name: string) => string, given: Attributes): GraphProto {
  const named = <T extends { readonly name?: string }>(value: T): T => ({ ...value, name: rename(value.name ?? '') })
  return {
    ...graph,
    node: graph.node.map((node) => renamedNode(node, rename, given)),
    initializer: graph.initializer.map(named),
    input: graph.input.map(named),
    output: graph.output.map(named),
  }
}

import { checkBytes, checkObject } from '@snn/tensor/library'
import { fromBinary } from '@bufbuild/protobuf'
import { dataType, dataTypeName, graphDType } from '../dtype.js'
import { symbolName } from '../dim.js'
import { invalid, noModel, NotUnderstood, unsupportedError } from '../errors.js'
import type { Dim, OnnxNode, OnnxTensor, OnnxValue, ReadOptions } from '../graph.js'
import {
  ModelProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from '../proto/onnx_pb.js'
import { readAttributes } from './attributes.js'
import { externalData, type ExternalData } from './external.js'
import { withoutFunctions, type Placed } from './functions.js'
import { Names } from './names.js'
import { inOrder } from './order.js'
import { maxRank, newestOpset } from './limits.js'
import { readTensor, type Note } from './tensor.js'

/** An input or output as the file declares it; `dtype` undefined for a type that graphs do not have. */
export interface Declared {
  readonly name: string
  readonly dtype: OnnxValue['dtype'] | undefined
  readonly typeName: string
  readonly shape: readonly Dim[] | undefined
}

/** A node of a file. */
export interface ParsedNode {
  readonly node: OnnxNode
  /** Why it is not understood, if so. */
  readonly why: NotUnderstood | undefined
  /** The standard operator set it is written in, where that is not the model's. */
  readonly opset?: number
  /** Of an If: what it does where the condition is true, and where it is false. */
  readonly branches?: readonly [Branch, Branch]
  /** Names from outside that its branches read. */
  readonly captures: readonly string[]
}

/** A graph inside of a node. It sees the values around it. */
export interface Branch {
  readonly nodes: readonly ParsedNode[]
  readonly constants: Parsed['constants']
  readonly outputs: readonly string[]
}

/** A file with its parts checked one by one, in the forms of the file's own opset. */
export interface Parsed {
  readonly model: ModelProto
  readonly graph: GraphProto
  readonly opset: number
  readonly domains: ReadonlyMap<string, number>
  readonly inputs: readonly Declared[]
  readonly outputs: readonly Declared[]
  /** A constant, or why it is not understood. */
  readonly constants: ReadonlyMap<string, OnnxTensor | NotUnderstood>
  /** In topological order. */
  readonly nodes: readonly ParsedNode[]
  readonly notes: ReadonlySet<string>
  /** Every name of a value. */
  readonly valueNames: ReadonlySet<string>
  /** Values that the file stores in 4 bits. */
  readonly fourBit: ReadonlySet<string>
  /** Names that something reads. */
  readonly used: ReadonlySet<string>
}

export function parse(file: Uint8Array, options: ReadOptions): Parsed {
  checkObject('readOnnx', options)
  const bytes = checkBytes(
    'readOnnx',
    file,
    'bytes',
    'Read the file first: await readFile(path), or readOnnxFile(path) of @snn/onnx/node.',
  )
  let model: ModelProto
  try {
    model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false })
  } catch (cause) {
    throw noModel(bytes, cause)
  }
  const graph = model.graph
  if (!graph) throw noModel(bytes)
  const domains = readDomains(model)
  const opset = domains.get('')!
  const notes = new Set<string>()
  const note: Note = (text) => notes.add(text)
  const external = externalData(options.externalData)
  const constants = readConstants(graph, external, note)
  const inputs = graph.input.filter((v) => !constants.has(v.name ?? '')).map((v) => declared(v, 'input'))
  const outputs = graph.output.map((v) => declared(v, 'output'))
  if (outputs.length === 0) throw invalid('the graph', 'it has no outputs')
  const nodes = readNodes(withoutFunctions(model, graph), external, note)
  const made = definedOnce(inputs, constants, nodes)
  const used = new Set([...nodes.flatMap(readBy), ...outputs.map((o) => o.name)])
  for (const entry of nodes)
    for (const name of readBy(entry))
      if (name !== '' && !made.has(name))
        throw invalid(`${entry.node.op} "${entry.node.name}"`, `its input "${name}" is made by no node`)
  for (const { name } of outputs) if (!made.has(name)) throw invalid(`output "${name}"`, 'it is made by no node')
  if (new Set(outputs.map((o) => o.name)).size !== outputs.length)
    throw invalid('the graph', 'an output is listed twice')
  return {
    model,
    graph,
    opset,
    domains,
    inputs,
    outputs,
    constants,
    nodes: inOrder(nodes),
    notes,
    valueNames: made,
    fourBit: fourBitValues(graph),
    used,
  }
}

function readDomains(model: ModelProto): ReadonlyMap<string, number> {
  const domains = new Map(
    model.opsetImport.map(({ domain, version }) => [
      !domain || domain === 'ai.onnx' ? '' : domain,
      Number(version ?? 0),
    ]),
  )
  const opset = domains.get('')
  if (opset === undefined)
    throw invalid('the file', 'it does not say which version of the ONNX operators it uses (opset_import)')
  if (opset < 1) throw invalid('the file', `its opset is ${opset}`)
  if (opset < 7 || opset > newestOpset) {
    const fix =
      opset < 7 ? 'Convert it with onnx.version_converter to opset 13.' : 'Export it with an older opset, such as 21.'
    throw unsupportedError([
      {
        op: 'Model',
        name: model.graph?.name ?? '',
        domain: '',
        opset,
        reason: `opset ${opset} is outside of 7 to ${newestOpset}`,
        fix,
      },
    ])
  }
  return domains
}

function readConstants(graph: GraphProto, external: ExternalData, note: Note): Map<string, OnnxTensor | NotUnderstood> {
  const constants = new Map<string, OnnxTensor | NotUnderstood>()
  const define = (name: string, read: () => OnnxTensor | NotUnderstood): void => {
    if (name === '' || constants.has(name))
      throw invalid('the graph', name === '' ? 'a constant has no name' : `the constant "${name}" is there twice`)
    constants.set(name, attempt(read))
  }
  for (const proto of graph.initializer)
    define(proto.name ?? '', () => readTensor(proto, `constant "${proto.name}"`, external, note))
  for (const proto of graph.sparseInitializer) {
    define(
      proto.values?.name ?? '',
      () => new NotUnderstood('it is stored as a sparse tensor', 'Export the model with dense weights.'),
    )
  }
  return constants
}

/** The constants and inputs that are 4-bit integers. */
function fourBitValues(graph: GraphProto): Set<string> {
  const narrow = (type: number | undefined): boolean => type === dataType.int4 || type === dataType.uint4
  return new Set([
    ...graph.initializer.filter((tensor) => narrow(tensor.dataType)).map(({ name }) => name ?? ''),
    ...graph.input
      .filter(({ type }) => type?.value.case === 'tensorType' && narrow(type.value.value.elemType))
      .map(({ name }) => name ?? ''),
    ...graph.node
      .filter(({ opType, attribute }) => opType === 'Constant' && attribute.some(({ t }) => narrow(t?.dataType)))
      .flatMap(({ output }) => output),
  ])
}

function attempt<T>(read: () => T): T | NotUnderstood {
  try {
    return read()
  } catch (error) {
    if (error instanceof NotUnderstood) return error
    throw error
  }
}

function declared({ name, type }: ValueInfoProto, what: string): Declared {
  if (name === '') throw invalid('the graph', `an ${what} has no name`)
  if (type?.value.case !== 'tensorType')
    return { name, dtype: undefined, typeName: type?.value.case ?? 'undefined', shape: undefined }
  const { elemType, shape } = type.value.value
  if (shape && shape.dim.length > maxRank)
    throw invalid(`${what} "${name}"`, `it has ${shape.dim.length} axes, expected at most ${maxRank}`)
  const dims = shape?.dim.map((d, i): Dim => {
    if (d.value.case === 'dimParam' && d.value.value !== '') return symbolName(d.value.value)
    const size = d.value.case === 'dimValue' ? Number(d.value.value) : 0
    if (size > 2 ** 31) throw invalid(`${what} "${name}"`, `size ${size} of axis ${i} is above 2^31`)
    // Exporters write 0, -1 or nothing for a size that is free.
    return size > 0 ? size : symbolName(`${name}_dim${i}`)
  })
  return { name, dtype: graphDType(elemType), typeName: dataTypeName(elemType), shape: dims }
}

/** The names that a node reads, in itself or in its branches. */
export function readBy({ node, captures }: ParsedNode): readonly string[] {
  return captures.length > 0 ? [...node.inputs, ...captures] : node.inputs
}

function readNodes(placed: readonly Placed[], external: ExternalData, note: Note): ParsedNode[] {
  const names = new Names(new Set())
  return placed.map(({ proto, opset }, i) => {
    const op = proto.opType ?? ''
    if (op === '') throw invalid(`node ${i}`, 'it names no operation')
    const name = names.fresh(proto.name || `${op}_${i}`)
    const domain = !proto.domain || proto.domain === 'ai.onnx' ? '' : proto.domain
    const branches = domain === '' && op === 'If' ? readBranches(proto, `If "${name}"`, external, note) : undefined
    const attributes = branches ? {} : attempt(() => readAttributes(proto.attribute, `${op} "${name}"`, external, note))
    const why = attributes instanceof NotUnderstood ? attributes : undefined
    const node = {
      op,
      name,
      domain,
      inputs: proto.input,
      outputs: proto.output,
      attributes: why ? {} : (attributes as OnnxNode['attributes']),
    }
    return {
      node,
      why,
      ...(opset !== undefined && { opset }),
      ...(branches && { branches }),
      captures: branches?.flatMap(capturesOf) ?? [],
    }
  })
}

function readBranches(
  { attribute }: NodeProto,
  where: string,
  external: ExternalData,
  note: Note,
): readonly [Branch, Branch] {
  const branch = (name: string): Branch => {
    const graph = attribute.find((a) => a.name === name)?.g
    if (!graph) throw invalid(where, `its ${name} is missing`)
    const nodes = inOrder(
      readNodes(
        graph.node.map((proto) => ({ proto })),
        external,
        note,
      ),
    )
    return { nodes, constants: readConstants(graph, external, note), outputs: graph.output.map((o) => o.name ?? '') }
  }
  return [branch('then_branch'), branch('else_branch')]
}

function capturesOf({ nodes, constants, outputs }: Branch): string[] {
  const made = new Set([...constants.keys(), ...nodes.flatMap(({ node }) => node.outputs)])
  return [...nodes.flatMap(readBy), ...outputs].filter((name) => name !== '' && !made.has(name))
}

/** Every name that is defined. Throws when one is defined twice. */
function definedOnce(
  inputs: readonly Declared[],
  constants: ReadonlyMap<string, unknown>,
  nodes: readonly { readonly node: OnnxNode }[],
): Set<string> {
  const made = new Set(constants.keys())
  const define = (name: string, where: string): void => {
    if (made.has(name)) throw invalid(where, `the name "${name}" is defined twice`)
    made.add(name)
  }
  for (const { name } of inputs) define(name, `input "${name}"`)
  for (const { node } of nodes) {
    if (node.outputs.every((name) => name === '')) throw invalid(`${node.op} "${node.name}"`, 'it has no outputs')
    for (const name of node.outputs) if (name !== '') define(name, `${node.op} "${node.name}"`)
  }
  return made
}

import { checkBytes, checkObject } from '@snn/tensor'
import { fromBinary } from '@bufbuild/protobuf'
import { dataTypeName, graphDType } from '../dtype.js'
import { symbolName } from '../dim.js'
import { invalid, noModel, NotUnderstood, unsupportedError } from '../errors.js'
import type { Dim, OnnxNode, OnnxTensor, OnnxValue, ReadOptions } from '../graph.js'
import { ModelProtoSchema, type GraphProto, type ModelProto, type ValueInfoProto } from '../proto/onnx_pb.js'
import { readAttributes } from './attributes.js'
import { externalData, type ExternalData } from './external.js'
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
  /** In topological order, each with why it is not understood, if so. */
  readonly nodes: readonly { readonly node: OnnxNode; readonly why: NotUnderstood | undefined }[]
  readonly notes: ReadonlySet<string>
  /** Every name of a value. */
  readonly valueNames: ReadonlySet<string>
  /** Names that something reads. */
  readonly used: ReadonlySet<string>
}

export function parse(file: Uint8Array, options: ReadOptions): Parsed {
  checkObject('readOnnx', options)
  const bytes = checkBytes('readOnnx', file, 'bytes', 'Read the file first: await readFile(path), or readOnnxFile(path) of @snn/onnx/node.')
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
  const nodes = readNodes(graph, external, note)
  const made = definedOnce(inputs, constants, nodes)
  const used = new Set([...nodes.flatMap(({ node }) => node.inputs), ...outputs.map((o) => o.name)])
  for (const { node } of nodes) for (const name of node.inputs) if (name !== '' && !made.has(name)) throw invalid(`${node.op} "${node.name}"`, `its input "${name}" is made by no node`)
  for (const { name } of outputs) if (!made.has(name)) throw invalid(`output "${name}"`, 'it is made by no node')
  if (new Set(outputs.map((o) => o.name)).size !== outputs.length) throw invalid('the graph', 'an output is listed twice')
  return { model, graph, opset, domains, inputs, outputs, constants, nodes: inOrder(nodes), notes, valueNames: made, used }
}

function readDomains(model: ModelProto): ReadonlyMap<string, number> {
  const domains = new Map(model.opsetImport.map(({ domain, version }) => [!domain || domain === 'ai.onnx' ? '' : domain, Number(version ?? 0)]))
  const opset = domains.get('')
  if (opset === undefined) throw invalid('the file', 'it does not say which version of the ONNX operators it uses (opset_import)')
  if (opset < 1) throw invalid('the file', `its opset is ${opset}`)
  if (opset < 7 || opset > newestOpset) {
    const fix = opset < 7 ? 'Convert it with onnx.version_converter to opset 13.' : 'Export it with an older opset, such as 21.'
    throw unsupportedError([{ op: 'Model', name: model.graph?.name ?? '', domain: '', opset, reason: `opset ${opset} is outside of 7 to ${newestOpset}`, fix }])
  }
  return domains
}

function readConstants(graph: GraphProto, external: ExternalData, note: Note): Map<string, OnnxTensor | NotUnderstood> {
  const constants = new Map<string, OnnxTensor | NotUnderstood>()
  const define = (name: string, read: () => OnnxTensor | NotUnderstood): void => {
    if (name === '' || constants.has(name)) throw invalid('the graph', name === '' ? 'a constant has no name' : `the constant "${name}" is there twice`)
    constants.set(name, attempt(read))
  }
  for (const proto of graph.initializer) define(proto.name ?? '', () => readTensor(proto, `constant "${proto.name}"`, external, note))
  for (const proto of graph.sparseInitializer) {
    define(proto.values?.name ?? '', () => new NotUnderstood('it is stored as a sparse tensor', 'Export the model with dense weights.'))
  }
  return constants
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
  if (type?.value.case !== 'tensorType') return { name, dtype: undefined, typeName: type?.value.case ?? 'undefined', shape: undefined }
  const { elemType, shape } = type.value.value
  if (shape && shape.dim.length > maxRank) throw invalid(`${what} "${name}"`, `it has ${shape.dim.length} axes, expected at most ${maxRank}`)
  const dims = shape?.dim.map((d, i): Dim => {
    if (d.value.case === 'dimParam' && d.value.value !== '') return symbolName(d.value.value)
    const size = d.value.case === 'dimValue' ? Number(d.value.value) : 0
    if (size > 2 ** 31) throw invalid(`${what} "${name}"`, `size ${size} of axis ${i} is above 2^31`)
    // Exporters write 0, -1 or nothing for a size that is free.
    return size > 0 ? size : symbolName(`${name}_dim${i}`)
  })
  return { name, dtype: graphDType(elemType), typeName: dataTypeName(elemType), shape: dims }
}

function readNodes(graph: GraphProto, external: ExternalData, note: Note): { node: OnnxNode; why: NotUnderstood | undefined }[] {
  const names = new Names(new Set())
  return graph.node.map((proto, i) => {
    const op = proto.opType ?? ''
    if (op === '') throw invalid(`node ${i}`, 'it names no operation')
    const name = names.fresh(proto.name || `${op}_${i}`)
    const attributes = attempt(() => readAttributes(proto.attribute, `${op} "${name}"`, external, note))
    const why = attributes instanceof NotUnderstood ? attributes : undefined
    const domain = !proto.domain || proto.domain === 'ai.onnx' ? '' : proto.domain
    return { node: { op, name, domain, inputs: proto.input, outputs: proto.output, attributes: why ? {} : (attributes as OnnxNode['attributes']) }, why }
  })
}

/** Every name that is defined. Throws when one is defined twice. */
function definedOnce(inputs: readonly Declared[], constants: ReadonlyMap<string, unknown>, nodes: readonly { readonly node: OnnxNode }[]): Set<string> {
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

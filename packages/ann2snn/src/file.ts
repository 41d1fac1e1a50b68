import { initialState, Network, sampleShapes, type NetworkState } from '@snn/nn'
import { freeSize, lowerGraph, readContents, writeOnnx, type OnnxTensor } from '@snn/onnx'
import { isPrimitive, isSnnError, sameShape, SnnError, topological, traceFunction, variable, type Tensor, type TensorLike, type Variable } from '@snn/tensor'
import { layerFrom } from './layer-from.js'

/** Version of the form of `.snn.onnx` files. */
const formatVersion = 1

/** What a `.snn.onnx` file says beside the network. */
export interface SnnMetadata {
  /** How pictures become inputs. */
  readonly preprocess?: unknown
  /** Names of the classes, by index. */
  readonly classNames?: readonly string[]
  /** Recommended number of time steps. */
  readonly T?: number
}

/** A prime that divides no size of any network, to stand for the batch. */
const batchMarker = 1_000_003

/**
 * A converted network as a standard ONNX model of ONE time step, which any ONNX runtime can run:
 *
 * - inputs: the network's own, and `layer.state` for each state, [N, ..]
 * - outputs: `logits` (the readout after this step), and `layer.state.next` for each state
 * - metadata: `snn.version`, `snn.initial` (initial value of each state: a number, or an array that broadcasts over a sample),
 *   `snn.T`, `snn.preprocess`, `snn.class_names`, and `snn.network`, from which `readSnn` makes the Network again
 *
 * Writing what was read gives the same bytes.
 */
export async function writeSnn(snn: Network, metadata: SnnMetadata = {}): Promise<Uint8Array> {
  const values = new Map<Variable, TensorLike>()
  for (const v of Object.values(snn.variables())) values.set(v, { data: await v.data(), shape: v.shape, dtype: v.dtype })
  const state = stateSignature(snn)
  const inputs = inputSignatures(snn)
  const { program } = traceFunction(
    (...parameters) => {
      const named = Object.fromEntries(inputs.map(({ name }, i) => [name, parameters[i]!]))
      const before = nest(state.map(({ name }, i) => [name, parameters[inputs.length + i]!]))
      const result = snn.run('step', named, { state: before })
      return [snn.single(result), ...state.map(({ node, key }) => result.state[node]![key]!)]
    },
    [...inputs, ...state],
  )
  const reads = topological(program).filter((node) => isPrimitive(node, 'read'))
  const lowered = lowerGraph(program, {
    inputNames: [...inputs, ...state].map(({ name }) => name),
    outputNames: ['logits', ...state.map(({ name }) => `${name}.next`)],
    constants: new Map(reads.map((node) => [node.outputs[0]!, values.get(node.attributes.variable)!])),
  })
  const named = nameConstants(freeSize(lowered, batchMarker, 'N'), snn, values)
  return writeOnnx({
    ...named.model,
    producer: '@snn/ann2snn',
    metadata: {
      'snn.version': String(formatVersion),
      'snn.network': JSON.stringify(describeNetwork(snn, named.names)),
      'snn.initial': JSON.stringify(initialValues(snn, values)),
      ...(metadata.T === undefined ? {} : { 'snn.T': String(metadata.T) }),
      ...(metadata.preprocess === undefined ? {} : { 'snn.preprocess': JSON.stringify(metadata.preprocess) }),
      ...(metadata.classNames === undefined ? {} : { 'snn.class_names': JSON.stringify(metadata.classNames) }),
    },
  })
}

interface StateEntry {
  readonly name: string
  readonly node: string
  readonly key: string
  readonly shape: readonly number[]
  readonly dtype: Tensor['dtype']
}

/** Every state of the network, with the marker as its batch size. */
function stateSignature(snn: Network): StateEntry[] {
  let entries: StateEntry[] = []
  traceFunction(
    (...parameters) => {
      const start = initialState(snn, Object.fromEntries(snn.inputs.map(({ name }, i) => [name, parameters[i]!])))
      entries = Object.entries(start).flatMap(([node, values]) =>
        Object.entries(values).map(([key, { shape, dtype }]) => ({ name: `${node}.${key}`, node, key, shape, dtype })),
      )
      return []
    },
    inputSignatures(snn),
  )
  return entries
}

function inputSignatures(snn: Network) {
  const shapes = sampleShapes(snn)
  return snn.inputs.map(({ name }) => ({ name, shape: [batchMarker, ...shapes.get(name)!], dtype: 'float32' as const }))
}

function nest(values: readonly (readonly [string, Tensor])[]): NetworkState {
  const state: Record<string, Record<string, Tensor>> = {}
  for (const [name, value] of values) {
    const dot = name.lastIndexOf('.')
    ;(state[name.slice(0, dot)] ??= {})[name.slice(dot + 1)] = value
  }
  return state
}

type Model = ReturnType<typeof lowerGraph>

/** Initial states stand in the metadata, not among the arrays. */
const isInitial = (path: string): boolean => path.includes('.initial.')

/** Calls the constants that hold Variables by their dotted names; equal small ones share one. */
function nameConstants(model: Model, snn: Network, values: ReadonlyMap<Variable, TensorLike>): { readonly model: Model; readonly names: ReadonlyMap<Variable, string> } {
  const constants = model.constants as ReadonlyMap<string, OnnxTensor>
  const renamed = new Map<string, string>()
  const names = new Map<Variable, string>()
  for (const [path, v] of Object.entries(snn.variables())) {
    if (isInitial(path)) continue
    const { data, shape } = values.get(v)!
    const found = [...constants].find(([, constant]) => constant.data === data) ?? [...constants].find(([, constant]) => constant.dtype === v.dtype && sameShape(constant.shape, shape) && data.every((x, i) => Object.is(x, constant.data[i])))
    if (!found) throw new SnnError('UNSUPPORTED', `[writeSnn] the step does not use '${path}', expected every array to be used.`, { primitive: 'read', backend: 'onnx' })
    if (!renamed.has(found[0])) renamed.set(found[0], path)
    names.set(v, renamed.get(found[0])!)
  }
  const now = (name: string): string => renamed.get(name) ?? name
  return {
    names,
    model: {
      ...model,
      nodes: model.nodes.map((node) => ({ ...node, inputs: node.inputs.map(now) })),
      constants: new Map([...constants].map(([name, constant]) => [now(name), constant])),
    },
  }
}

interface NodeDescription {
  readonly name: string
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  readonly inputs: readonly string[]
  /** Names of the file's constants, by name in the layer. */
  readonly variables: Readonly<Record<string, string>>
}

interface NetworkDescription {
  readonly inputs: Network['inputs']
  readonly nodes: readonly NodeDescription[]
  readonly outputs: readonly string[]
}

function describeNetwork({ inputs, nodes, outputs }: Network, names: ReadonlyMap<Variable, string>): NetworkDescription {
  return {
    inputs,
    nodes: nodes.map(({ name, layer, inputs: from }) => ({
      name,
      kind: layer.kind,
      config: layer.config,
      inputs: from,
      variables: Object.fromEntries(Object.entries(layer.variables).flatMap(([key, v]) => (names.has(v) ? [[key, names.get(v)!] as const] : []))),
    })),
    outputs,
  }
}

/** The initial value of a state: one number, or an array that broadcasts over a sample. */
type InitialValue = number | { readonly shape: readonly number[]; readonly data: readonly number[] }

function initialValues(snn: Network, values: ReadonlyMap<Variable, TensorLike>): Record<string, InitialValue> {
  const initial: Record<string, InitialValue> = {}
  for (const { name, node, key } of stateSignature(snn)) {
    const { layer } = snn.node(node)
    const own = layer.variables[`initial.${key}`]
    const config = layer.config as { readonly initial?: Readonly<Record<string, number>>; readonly delay?: number }
    if (own) initial[name] = { shape: own.shape, data: Array.from(values.get(own)!.data) }
    else initial[name] = config.initial?.[key] ?? (key === 'steps' ? -(config.delay ?? 0) : 0)
  }
  return initial
}

/** Reads what `writeSnn` wrote. Throws `SNN_FILE` for an ONNX model that is no `.snn.onnx`, or of a newer version. */
export function readSnn(bytes: Uint8Array): { readonly snn: Network; readonly metadata: SnnMetadata } {
  const { constants, metadata } = readContents(bytes)
  const version = Number(metadata['snn.version'])
  if (!(version >= 1 && version <= formatVersion)) {
    const got = metadata['snn.version'] === undefined ? 'no snn.version in its metadata' : `version ${metadata['snn.version']}`
    throw wrongFile(`it has ${got}, expected ${formatVersion}`, metadata['snn.version'] === undefined ? 'Convert the model first: snn convert.' : 'Update @snn/ann2snn.')
  }
  const { inputs, nodes, outputs } = parseJson(metadata, 'snn.network') as NetworkDescription
  const initial = parseJson(metadata, 'snn.initial') as Readonly<Record<string, InitialValue>>
  const variableOf = (name: string): Variable => {
    const constant = constants.get(name)
    if (constant?.dtype !== 'float32') throw wrongFile(`its array '${name}' is ${constant ? constant.dtype : 'missing'}, expected float32`, 'Write it again.')
    return variable({ data: constant.data, shape: constant.shape }, { name })
  }
  try {
    const snn = new Network({
      inputs,
      nodes: nodes.map(({ name, kind, config, inputs: from, variables }) => {
        const arrays = Object.entries(variables).map(([key, constant]) => [key, variableOf(constant)] as const)
        const layer = layerFrom(kind, config, Object.fromEntries([...arrays, ...initialVariables(name, initial)]))
        if (!layer) throw wrongFile(`its layer '${name}' is of the unknown kind '${kind}'`, 'Update @snn/ann2snn.')
        return { name, layer, inputs: from }
      }),
      outputs,
    })
    // a step that is only traced shows what else does not fit
    stateSignature(snn)
    const T = metadata['snn.T'] === undefined ? undefined : Number(metadata['snn.T'])
    return {
      snn,
      metadata: {
        ...(T === undefined ? {} : { T }),
        ...(metadata['snn.preprocess'] === undefined ? {} : { preprocess: parseJson(metadata, 'snn.preprocess') }),
        ...(metadata['snn.class_names'] === undefined ? {} : { classNames: parseJson(metadata, 'snn.class_names') as readonly string[] }),
      },
    }
  } catch (error) {
    if (isSnnError(error)) throw error
    throw wrongFile('its metadata snn.network is not of the right form', 'Write it again.', error)
  }
}

function initialVariables(node: string, initial: Readonly<Record<string, InitialValue>>): [string, Variable][] {
  return Object.entries(initial).flatMap(([path, value]): [string, Variable][] => {
    if (typeof value === 'number' || !path.startsWith(`${node}.`)) return []
    return [[`initial.${path.slice(node.length + 1)}`, variable({ data: Float32Array.from(value.data), shape: value.shape }, { name: `${node}.initial` })]]
  })
}

/** Whether an ONNX file's metadata say that it is a converted network. */
export function isSnnFile(bytes: Uint8Array): boolean {
  return 'snn.version' in readContents(bytes).metadata
}

function parseJson(metadata: Readonly<Record<string, string>>, key: string): unknown {
  try {
    return JSON.parse(metadata[key] ?? '')
  } catch (cause) {
    throw wrongFile(`its metadata ${key} is no JSON`, 'Write it again.', cause)
  }
}

function wrongFile(what: string, fix: string, cause?: unknown): SnnError {
  return new SnnError('SNN_FILE', `[readSnn] the file cannot be read: ${what}. ${fix}`, { reason: what }, { cause })
}

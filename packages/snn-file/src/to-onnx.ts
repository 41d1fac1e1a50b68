import { checkSteps, needsSequence, sampleShapes, type Network, type NetworkMetadata } from '@snn/nn'
import { freeSize, lowerGraph, writeOnnx, type OnnxTensor } from '@snn/onnx'
import { sameShape, SnnError, type Shape, type TensorLike, type Variable } from '@snn/tensor'
import { traceFunction, unrollScans } from '@snn/tensor/backend'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { initialValues } from './initial-values.js'
import { readValues } from './read-values.js'
import { formatVersion, type NetworkDescription, type SnnMetadata } from './snn-form.js'
import { json, said } from './texts.js'
import { batchMarker, byNode, stateSignature, withBatch } from './states.js'
import { usageOf, usageTexts } from './usage.js'

export interface ToOnnxOptions extends SnnMetadata {
  /** Shapes of one sample by input, where the network does not know them. */
  readonly inputShapes?: Readonly<Record<string, Shape>>
}

/**
 * A trained or converted network as a standard ONNX model of ONE time step, in inference form, which any ONNX runtime
 * can run:
 *
 * - inputs: the network's own, and `layer.state` (a membrane potential, say) for each state, [N, ..]
 * - outputs: `logits` (the output after this step; of a network with several outputs, their names), and
 *   `layer.state.next` for each state
 * - metadata: `snn.version`, `snn.initial` (initial value of each state: a number, or an array that broadcasts over a
 *   sample), `snn.T`, `snn.readout` (how the outputs of all steps are read; the last one where it is not there),
 *   `snn.encoding`, `snn.code`, `snn.dt`, `snn.output_scale`, `snn.preprocess`, `snn.label_offset`, `snn.class_names`,
 *   `snn.calibration`, `snn.source`, and `snn.network`, from which `readSnn` makes the Network again
 *
 * T, read-out, encoding, code, dt and the scale of the output are those that training or conversion left in
 * `net.metadata`, unless options say others.
 *
 * A network with a layer that looks at steps to come has no single step. Its model is one of the whole sequence of T
 * steps, the metadata
 * `snn.form` being `sequence`: inputs and outputs [T, N, ..], no states; `T` has to be given.
 *
 * Writing what was read gives the same bytes.
 *
 * @throws `SHAPE` when the shape of an input is neither known nor given, or a layer is for another number of steps;
 * `NEEDS_SEQUENCE` for a layer that needs all steps at once without `T`; `ARGUMENT` for a network whose predictions no
 * read-out stands for; `UNSUPPORTED` for an operation that has no ONNX form
 */
export async function toOnnx(net: Network, options: ToOnnxOptions = {}): Promise<Uint8Array> {
  checkMembers(
    'toOnnx',
    net,
    'net',
    ['nodes', 'run()'],
    'a Network',
    'Give sequential(..), or .snn of convert(..) or readSnn(bytes).',
  )
  checkObject('toOnnx', options)
  // parameters that get their size from the input come into being here
  const shapes = sampleShapes(net, options.inputShapes)
  const use = usageOf(net, options)
  const T = stepsOfModel(net, { ...options, ...use })
  const inputs = net.inputs.map(({ name }) => ({ name, shape: shapes.get(name)! }))
  const values = new Map<Variable, TensorLike>()
  for (const v of Object.values(net.variables()))
    values.set(v, { data: await v.data(), shape: v.shape, dtype: v.dtype })
  const signatures = withBatch(inputs, batchMarker, T)
  const states = stateSignature(net, signatures, T === undefined ? 'step' : 'sequence')
  const state = T === undefined ? states : []
  const { program: traced } = traceFunction(
    (...parameters) => {
      const named = Object.fromEntries(inputs.map(({ name }, i) => [name, parameters[i]!]))
      const before = byNode(state, parameters.slice(inputs.length))
      const result = net.run(T === undefined ? 'step' : 'sequence', named, { state: before })
      return [
        ...net.outputs.map((name) => result.outputs[name]!),
        ...state.map(({ node, key }) => result.state[node]![key]!),
      ]
    },
    [...signatures, ...state],
  )
  const program = unrollScans(traced)
  const lowered = lowerGraph(program, {
    inputNames: [...inputs, ...state].map(({ name }) => name),
    outputNames: [...(net.outputs.length === 1 ? ['logits'] : net.outputs), ...state.map(({ name }) => `${name}.next`)],
    constants: readValues(program, values),
  })
  const named = nameConstants(freeSize(lowered, batchMarker, 'N'), net, values)
  return writeOnnx({
    ...named.model,
    // as it was called at first, so that the same network gives the same bytes
    producer: 'snn',
    metadata: said({
      'snn.version': json(versionOf(net, use)),
      'snn.network': json({ inputs, ...describeNetwork(net, named.names) }),
      'snn.initial': json(initialValues(net, inputs, states, values, T)),
      'snn.form': T === undefined ? undefined : 'sequence',
      ...usageTexts(use),
      'snn.preprocess': json(options.preprocess),
      'snn.label_offset': json(options.labelOffset),
      'snn.class_names': json(options.classNames),
      'snn.calibration': json(options.calibration),
      'snn.source': options.source,
    }),
  })
}

/** The oldest version that says all. */
function versionOf({ feedback }: Network, { readout, encoding }: NetworkMetadata): number {
  return feedback.length > 0 ? formatVersion : readout || encoding ? 2 : 1
}

/** The steps of a model of a whole sequence; undefined for a model of one step. */
function stepsOfModel(net: Network, { inputShapes, T }: ToOnnxOptions): number | undefined {
  const layer = needsSequence(net, inputShapes)
  if (layer === undefined) return undefined
  if (T !== undefined) return checkSteps(T, 'toOnnx')
  throw new SnnError(
    'NEEDS_SEQUENCE',
    `[toOnnx] '${layer}' needs all steps at once, expected their number, for a model of the whole sequence. Give it, toOnnx(net, { T }), or use layers that go step by step.`,
    { layer },
  )
}

type Model = ReturnType<typeof lowerGraph>

/** Initial states stand in the metadata, not among the arrays. */
const isInitial = (path: string): boolean => path.includes('.initial.')

/**
 * Calls the constants that hold Variables by their dotted names, adding those that the step does not use; equal small
 * ones share one.
 */
function nameConstants(
  model: Model,
  snn: Network,
  values: ReadonlyMap<Variable, TensorLike>,
): { readonly model: Model; readonly names: ReadonlyMap<Variable, string> } {
  const constants = new Map(model.constants as ReadonlyMap<string, OnnxTensor>)
  const renamed = new Map<string, string>()
  const names = new Map<Variable, string>()
  for (const [path, v] of Object.entries(snn.variables())) {
    if (isInitial(path)) continue
    const { data, shape } = values.get(v)!
    const used =
      [...constants].find(([, constant]) => constant.data === data) ??
      [...constants].find(
        ([, constant]) =>
          constant.dtype === v.dtype &&
          sameShape(constant.shape, shape) &&
          data.every((x, i) => Object.is(x, constant.data[i])),
      )
    const name = used?.[0] ?? path
    if (!used) constants.set(path, { dtype: v.dtype, shape, data } as OnnxTensor)
    if (!renamed.has(name)) renamed.set(name, path)
    names.set(v, renamed.get(name)!)
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

function describeNetwork(
  { nodes, outputs, feedback }: Network,
  names: ReadonlyMap<Variable, string>,
): Omit<NetworkDescription, 'inputs'> {
  return {
    nodes: nodes.map(({ name, layer, inputs: from }) => ({
      name,
      kind: layer.kind,
      config: layer.config,
      inputs: from,
      variables: Object.fromEntries(
        Object.entries(layer.variables).flatMap(([key, v]) => (names.has(v) ? [[key, names.get(v)!] as const] : [])),
      ),
    })),
    outputs,
    ...(feedback.length > 0 && { feedback }),
  }
}

import type { Network } from '@snn/nn'
import {
  assertSupported,
  readOnnx,
  type OnnxGraph,
  type OnnxNode,
  type ReadOptions,
  type UnsupportedNode,
} from '@snn/onnx'
import { SnnError } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { assemble } from './assemble.js'
import { classNamesOf } from './class-names.js'
import { classOutput } from './class-output.js'
import { draftsOf, isDraft, type Origin } from './draft.js'
import { simplify } from './simplify.js'
import { walk, type NamedInput } from './walk.js'

export interface ImportOptions {
  /**
   * Which value of the model is the output, by its name in the file. Default: the one with the scores of the classes
   * (see `classOutput`).
   */
  readonly output?: string
}

export interface Imported {
  readonly network: Network
  /** What was changed or left out, as sentences for a report. */
  readonly notes: readonly string[]
  /** Names of the classes, where the file gives one for each output. */
  readonly classNames?: readonly string[]
  /** The ONNX node that each layer comes from, by layer name. */
  readonly origins: Readonly<Record<string, Origin>>
}

/**
 * Reads an ONNX file into a `Network`. Options are those of `readOnnx` (sizes, external data) and of `importOnnx`.
 *
 * Throws `ONNX_INVALID` for a malformed file and what `importOnnx` throws.
 */
export function importModel(bytes: Uint8Array, options: ImportOptions & ReadOptions = {}): Imported {
  checkObject('importModel', options)
  return importOnnx(readOnnx(bytes, options), options)
}

/**
 * The network that an ONNX graph is: layers named by kind and order (`conv1`, `relu1`, `pool1`, `fc1`, ...) with the
 * weights of the file. Axes are those of one sample; the batch, the leading axis of every input, stays outside. Layers
 * that do nothing are left out, a constant added behind a convolution or matrix product becomes its bias, reshapes are
 * joined.
 *
 * Throws `ONNX_UNSUPPORTED` listing every node that is not understood or that mixes the samples of a batch, `ARGUMENT`
 * for an unknown output, and `SNN_FILE` for a network that is converted already.
 */
export function importOnnx(graph: OnnxGraph, options: ImportOptions = {}): Imported {
  checkMembers(
    'importOnnx',
    graph,
    'graph',
    ['nodes', 'inputs', 'outputs', 'constants', 'metadata'],
    'a graph of readOnnx',
    'For the bytes of a file there is importModel(bytes).',
  )
  checkObject('importOnnx', options)
  const notes = new Set(graph.notes)
  const { scores: output, note } = classOutput(graph, options.output)
  if (note !== undefined) notes.add(note)
  const nodes = liveNodes(graph, output)
  const inputs = liveInputs(graph, nodes, output, notes)
  const unsupported = unsupportedAmong(graph, nodes)
  const { activations, refused } = walk(graph, nodes, inputs, unsupported, notes)
  const made = activations.get(output)
  assertSupported(
    { ...graph, unsupported },
    made && made.layout.inner > 1 ? [...refused, joined(graph, output)] : refused,
    'importOnnx',
  )
  if (!made)
    throw new SnnError(
      'ARGUMENT',
      `[importOnnx] output "${output}" is not computed from the inputs. Choose another with the option output.`,
      { name: 'output', value: output },
    )
  const {
    layout: { shape, axis },
    quantization,
  } = made
  if (quantization)
    notes.add(
      `The output "${output}" holds whole numbers q in the file: here it is what they stand for, ${quantization.scale} (q - ${quantization.zero}).`,
    )
  if (axis > 0) notes.add(`The file has the batch as axis ${axis} of the output "${output}"; here it is in front.`)
  const source = simplify(made.source)
  const read = new Set(
    [source, ...draftsOf(source).flatMap((draft) => draft.inputs)].map((from) => (isDraft(from) ? '' : from.input)),
  )
  const networkInputs = inputs
    .filter(({ name }) => read.has(name))
    .map(({ name, value }) => ({ name, shape: activations.get(value.name)!.layout.shape }))
  const classNames = shape.length === 1 ? classNamesOf(graph.metadata, shape[0]!) : undefined
  return { ...assemble(source, networkInputs), notes: [...notes], ...(classNames && { classNames }) }
}

/** The nodes that the output needs. */
function liveNodes(graph: OnnxGraph, output: string): OnnxNode[] {
  const wanted = new Set([output])
  const live = [...graph.nodes].reverse().filter((node) => {
    const needed = node.outputs.some((name) => name !== '' && wanted.has(name))
    if (needed) for (const name of node.inputs) wanted.add(name)
    return needed
  })
  return live.reverse()
}

function unsupportedAmong(graph: OnnxGraph, nodes: readonly OnnxNode[]): UnsupportedNode[] {
  const names = new Set(nodes.flatMap((node) => [node.name, ...node.inputs]))
  return graph.unsupported.filter(({ name }) => names.has(name))
}

function liveInputs(graph: OnnxGraph, nodes: readonly OnnxNode[], output: string, notes: Set<string>): NamedInput[] {
  const read = new Set([output, ...nodes.flatMap((node) => node.inputs)])
  const names = new Set<string>()
  return graph.inputs.flatMap((value) => {
    if (!read.has(value.name)) {
      notes.add(`The input "${value.name}" does not matter for the output and was left out.`)
      return []
    }
    const wish = value.name.replace(/[.*]/g, '_')
    let name = wish
    for (let i = 2; names.has(name); i++) name = `${wish}_${i}`
    names.add(name)
    return [{ name, value }]
  })
}

function joined(graph: OnnxGraph, output: string): UnsupportedNode {
  const fix = 'Choose a value before it with the option output.'
  return {
    op: 'Output',
    name: output,
    domain: '',
    opset: graph.source.opset,
    reason: 'it joins the samples of a batch in one axis',
    fix,
  }
}

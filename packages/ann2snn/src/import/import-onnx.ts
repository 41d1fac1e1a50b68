import type { Network, NetworkInput } from '@snn/nn'
import { assertSupported, readOnnx, type OnnxGraph, type OnnxNode, type OnnxValue, type ReadOptions, type UnsupportedNode } from '@snn/onnx'
import { SnnError } from '@snn/tensor'
import { assemble } from './assemble.js'
import { Call, Refusal, type Activation } from './call.js'
import { classNamesOf } from './class-names.js'
import { draftsOf, isDraft, type Origin, type Source } from './draft.js'
import { layoutOf } from './layout.js'
import { rules } from './rules/table.js'
import { simplify } from './simplify.js'

export interface ImportOptions {
  /** Which value of the model is the output, by its name in the file. Default: the first output. */
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
  return importOnnx(readOnnx(bytes, options), options)
}

/**
 * The network that an ONNX graph is: layers named by kind and order (`conv1`, `relu1`, `pool1`, `fc1`, ...) with the weights of
 * the file. Axes are those of one sample; the batch, the leading axis of every input, stays outside. Layers that do nothing
 * are left out, a constant added behind a convolution or matrix product becomes its bias, reshapes are joined.
 *
 * Throws `ONNX_UNSUPPORTED` listing every node that is not understood or that mixes the samples of a batch, and `ARGUMENT` for
 * an unknown output.
 */
export function importOnnx(graph: OnnxGraph, options: ImportOptions = {}): Imported {
  const notes = new Set(graph.notes)
  const output = chosenOutput(graph, options.output, notes)
  const nodes = liveNodes(graph, output)
  const inputs = liveInputs(graph, nodes, output, notes)
  const { activations, refused } = walk(graph, nodes, inputs, output, notes)
  assertSupported({ ...graph, unsupported: unsupportedAmong(graph, nodes) }, refused, 'importOnnx')
  const source = simplify(activations.get(output)!.source)
  const used = new Set(draftsOf(source).flatMap((draft) => draft.inputs.map((input) => (isDraft(input) ? '' : input.input))))
  const networkInputs = inputs.map(({ name, value }) => ({ name, shape: (activations.get(value.name) as Activation).layout.shape })).filter(({ name }) => used.has(name) || (!isDraft(source) && source.input === name))
  const { shape, axis } = activations.get(output)!.layout
  if (axis > 0) notes.add(`The file has the batch as axis ${axis} of the output "${output}"; here it is in front.`)
  const classNames = shape.length === 1 ? classNamesOf(graph.metadata, shape[0]!) : undefined
  return { ...assemble(source, networkInputs), notes: [...notes], ...(classNames && { classNames }) }
}

function chosenOutput(graph: OnnxGraph, wanted: string | undefined, notes: Set<string>): string {
  const names = graph.outputs.map(({ name }) => name)
  if (wanted === undefined) {
    const [first, ...others] = names
    if (first === undefined) throw new SnnError('ARGUMENT', '[importOnnx] the model has no outputs, expected at least one. Export it again.', { name: 'graph', value: graph.name })
    if (others.length > 0) notes.add(`The model has the outputs ${names.join(', ')}; "${first}" is used. Choose another with the option output.`)
    return first
  }
  if (!names.includes(wanted) && !graph.nodes.some((node) => node.outputs.includes(wanted))) {
    throw new SnnError('ARGUMENT', `[importOnnx] output "${wanted}" is not in the model, expected one of ${names.join(', ')}, or the name of a value inside.`, { name: 'output', value: wanted })
  }
  return wanted
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

interface NamedInput {
  readonly name: string
  readonly value: OnnxValue
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

/** Turns node after node into layers, and collects what cannot be. */
function walk(graph: OnnxGraph, nodes: readonly OnnxNode[], inputs: readonly NamedInput[], output: string, notes: Set<string>) {
  const refused: UnsupportedNode[] = []
  const refuse = ({ op, name, domain }: Pick<UnsupportedNode, 'op' | 'name' | 'domain'>, { reason, fix }: Pick<UnsupportedNode, 'reason' | 'fix'>): void => {
    refused.push({ op, name, domain, opset: domain === '' ? graph.source.opset : (graph.domains[domain] ?? 1), reason, fix })
  }
  const activations = new Map<string, Activation>()
  /** Values of which nothing is known, because what makes them was refused. */
  const missing = new Set(graph.unsupported.map(({ name }) => name))
  const batch = inputs.map(({ value }) => value.shape?.[0]).find((dim) => typeof dim === 'string') ?? ''
  for (const { name, value } of inputs) {
    if (missing.has(value.name)) continue
    const layout = layoutOf(value.shape ?? [], batch)
    if (typeof layout !== 'string' && layout.axis === 0 && layout.inner === 1) activations.set(value.name, { source: { input: name }, layout })
    else {
      missing.add(value.name)
      refuse({ op: 'Input', name: value.name, domain: '' }, inputProblem(value, batch))
    }
  }
  const unsupported = new Set(graph.unsupported.map(({ name }) => name))
  const progress = { graph, batch, activations, notes, anyInput: { input: inputs[0]?.name ?? '' } }
  for (const node of nodes) {
    const outputs = node.outputs.filter((name) => name !== '')
    if (unsupported.has(node.name) || node.inputs.some((name) => missing.has(name))) {
      for (const name of outputs) missing.add(name)
      continue
    }
    if (isShapeArithmetic(graph, node, activations) && !outputs.includes(output)) continue
    try {
      const made = sourcesOf(new Call(node, progress))
      node.outputs.forEach((name, i) => {
        if (name !== '') activations.set(name, { source: made[i]!, layout: new Call(node, progress).output(i) })
      })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refuse(node, error)
      for (const name of outputs) missing.add(name)
    }
  }
  if (!activations.has(output) && refused.length === 0 && graph.unsupported.length === 0) {
    refuse({ op: 'Output', name: output, domain: '' }, { reason: 'it does not depend on the inputs', fix: 'Choose another with the option output.' })
  }
  return { activations, refused }
}

function sourcesOf(call: Call): readonly Source[] {
  const { op, domain } = call.node
  const rule = domain === '' ? rules.get(op) : undefined
  if (!rule) throw new Refusal('networks have no such layer', 'Replace it in the source model with layers such as Conv, Gemm, Relu, MaxPool, AveragePool, or choose an output before it with the option output.')
  const made = rule(call)
  return Array.isArray(made) ? (made as readonly Source[]) : [made as Source]
}

/** Whole numbers that are sizes and not computed from the inputs' values. */
function isShapeArithmetic(graph: OnnxGraph, node: OnnxNode, activations: ReadonlyMap<string, Activation>): boolean {
  const whole = (name: string): boolean => name === '' || ['int64', 'int32'].includes(graph.values.get(name)?.dtype ?? '')
  return node.outputs.every(whole) && (node.op === 'Shape' || node.op === 'Size' || !node.inputs.some((name) => activations.has(name)))
}

function inputProblem({ shape }: OnnxValue, batch: string): Pick<UnsupportedNode, 'reason' | 'fix'> {
  const free = (shape ?? []).slice(1).filter((dim) => typeof dim === 'string')
  if (free.length > 0) {
    return { reason: `its shape [${shape!.join(',')}] has free sizes beside the batch`, fix: `Give the sizes: { sizes: { ${free.map((dim) => `${dim}: ...`).join(', ')} } }.` }
  }
  if (batch === '') return { reason: `its leading size is fixed ([${(shape ?? []).join(',')}])`, fix: 'Export the model with a free batch size.' }
  return { reason: `its leading size is not the batch size ${batch} of the other inputs ([${(shape ?? []).join(',')}])`, fix: 'Export the model with the same free batch size for every input.' }
}

import type { OnnxGraph, OnnxNode, OnnxValue, UnsupportedNode } from '@snn/onnx'
import { Call, Refusal, type Activation, type RunTimeScale } from './call.js'
import type { Source } from './draft.js'
import { layoutOf } from './layout.js'
import { ruleOf } from './rules/table.js'

/** A graph input under the name it has in the network. */
export interface NamedInput {
  readonly name: string
  readonly value: OnnxValue
}

export interface Walked {
  readonly activations: ReadonlyMap<string, Activation>
  /** What cannot be imported, in the order of the file. */
  readonly refused: readonly UnsupportedNode[]
}

type Problem = Pick<UnsupportedNode, 'reason' | 'fix'>

/**
 * Turns node after node into layers, and collects what cannot be; `unsupported` is known from reading not to be
 * understood.
 */
export function walk(
  graph: OnnxGraph,
  nodes: readonly OnnxNode[],
  inputs: readonly NamedInput[],
  unsupported: readonly UnsupportedNode[],
  notes: Set<string>,
): Walked {
  const refused: UnsupportedNode[] = []
  const refuse = (
    { op, name, domain }: Pick<UnsupportedNode, 'op' | 'name' | 'domain'>,
    { reason, fix }: Problem,
  ): void => {
    refused.push({
      op,
      name,
      domain,
      opset: domain === '' ? graph.source.opset : (graph.domains[domain] ?? 1),
      reason,
      fix,
    })
  }
  /** Values of which nothing is known, because what makes them is not understood. */
  const missing = new Set(unsupported.map(({ name }) => name))
  const skipped = new Set(missing)
  const activations = new Map<string, Activation>()
  const batch = inputs.map(({ value }) => value.shape?.[0]).find((dim) => typeof dim === 'string') ?? ''
  for (const { name, value } of inputs) {
    if (missing.has(value.name)) continue
    const layout = layoutOf(value.shape ?? [], batch)
    if (typeof layout !== 'string' && layout.axis === 0 && layout.inner === 1)
      activations.set(value.name, {
        source: { input: name },
        layout,
        ...(value.dtype !== 'float32' && { quantization: { scale: 1, zero: 0 } }),
      })
    else {
      missing.add(value.name)
      refuse({ op: 'Input', name: value.name, domain: '' }, inputProblem(value, batch))
    }
  }
  const progress = {
    graph,
    batch,
    activations,
    notes,
    scales: new Map<string, RunTimeScale>(),
    anyInput: { input: inputs[0]?.name ?? '' },
  }
  for (const node of nodes) {
    if (isShapeArithmetic(graph, node, activations)) continue
    try {
      if (skipped.has(node.name) || node.inputs.some((name) => missing.has(name))) throw undefined
      const call = new Call(node, progress)
      const made = sourcesOf(call)
      node.outputs.forEach((name, i) => {
        if (name === '' || progress.scales.has(name)) return
        const source = made[i] ?? call.refuse(`its output ${i} is used`, 'Export the model for inference.')
        activations.set(name, { source, layout: call.output(i), ...call.meaning(name) })
      })
    } catch (error) {
      if (error !== undefined && !(error instanceof Refusal)) throw error
      if (error) refuse(node, error)
      for (const name of node.outputs) if (name !== '') missing.add(name)
    }
  }
  return { activations, refused }
}

function sourcesOf(call: Call): readonly Source[] {
  const rule = ruleOf(call.node)
  if (!rule)
    return call.refuse(
      'networks have no such layer',
      'Replace it in the source model with layers such as Conv, Gemm, Relu, MaxPool, AveragePool, or choose an output before it with the option output.',
    )
  const made = rule(call)
  return Array.isArray(made) ? (made as readonly Source[]) : [made as Source]
}

/** Whole numbers that are sizes, not computed from the values of the inputs. */
function isShapeArithmetic(graph: OnnxGraph, node: OnnxNode, activations: ReadonlyMap<string, Activation>): boolean {
  const whole = (name: string): boolean =>
    name === '' || ['int64', 'int32'].includes(graph.values.get(name)?.dtype ?? '')
  return (
    node.outputs.every(whole) &&
    (node.op === 'Shape' || node.op === 'Size' || !node.inputs.some((name) => activations.has(name)))
  )
}

function inputProblem({ shape = [] }: OnnxValue, batch: string): Problem {
  const text = `[${shape.join(',')}]`
  const free = shape.slice(1).filter((dim) => typeof dim === 'string')
  if (free.length > 0)
    return {
      reason: `its shape ${text} has free sizes beside the batch`,
      fix: `Give the sizes: { sizes: { ${free.map((dim) => `${dim}: ...`).join(', ')} } } (--sizes ${free.map((dim) => `${dim}=...`).join(',')}).`,
    }
  if (batch === '')
    return {
      reason: `its shape ${text} has no free batch size in front, and none could be made`,
      fix: 'Export the model with a free batch size (dynamic_axes or dynamic_shapes in PyTorch).',
    }
  return {
    reason: `its shape ${text} does not begin with the batch size ${batch} of the other inputs`,
    fix: 'Export the model with the same free batch size for every input.',
  }
}

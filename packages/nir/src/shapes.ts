import { sameShape, sizeOf, type Shape } from '@snn/tensor'
import { indexOfNotFinite } from '@snn/tensor/library'
import { checkGraph } from './check-graph.js'
import type { NirArray } from './array.js'
import { paddingPerAxis, perAxis } from './axes.js'
import { nodeFields } from './fields.js'
import type { NirConv1d, NirConv2d, NirGraph, NirNode, NirNodeOf, NirNodeType, Integers } from './graph.js'

/** Shapes of one sample before and behind a node. */
export interface NodeShapes {
  readonly input: Shape
  readonly output: Shape
}

/** Something that is wrong in a graph. */
export interface NirFault {
  /** Path of the node: `lif`, or `outer/inner` inside of another graph. */
  readonly node: string
  readonly what: string
  readonly fix: string
}

/** The shapes of a graph as far as they can be known. */
export interface InferredShapes {
  /**
   * By the path of the node. Those that have no input from anywhere, or whose input is not known, are not among them.
   */
  readonly shapes: ReadonlyMap<string, NodeShapes>
  readonly faults: readonly NirFault[]
}

/**
 * The shapes of all nodes, from those that nodes have by themselves, along the edges, and every place where they do not
 * fit.
 */
export function inferShapes(graph: NirGraph, path = ''): InferredShapes {
  checkGraph('inferShapes', graph)
  return shapesIn(graph, path)
}

/** The same for a graph inside of one that has been checked. */
function shapesIn(graph: NirGraph, path: string): InferredShapes {
  const shapes = new Map<string, NodeShapes>()
  const faults: NirFault[] = []
  const failed = new Set<string>()
  const at = (name: string): string => (path === '' ? name : `${path}/${name}`)
  const fail = (name: string, { what, fix }: Omit<NirFault, 'node'>): void => {
    if (failed.has(name)) return
    failed.add(name)
    faults.push({ node: at(name), what, fix })
  }
  for (const [name, node] of Object.entries(graph.nodes)) {
    if (node.type !== 'NIRGraph') continue
    const inside = shapesIn(node, at(name))
    faults.push(...inside.faults)
    for (const [inner, value] of inside.shapes) shapes.set(inner, value)
  }
  const sources = sourcesOf(graph)
  const names = Object.keys(graph.nodes)
  for (let changed = true; changed;) {
    changed = false
    for (const name of names) {
      const incoming = (sources.get(name) ?? []).map((source) => [source, shapes.get(at(source))?.output] as const)
      const known = incoming.find(([, shape]) => shape !== undefined)
      if (!shapes.has(at(name)) && !failed.has(name)) {
        const own = ownShapes(graph.nodes[name]!, known?.[1])
        if (own && 'what' in own) fail(name, own)
        else if (own) {
          shapes.set(at(name), own)
          changed = true
        }
      }
      const expected = shapes.get(at(name))?.input
      for (const [source, shape] of incoming) {
        if (!expected || !shape || sameShape(shape, expected)) continue
        fail(name, {
          what: `takes [${expected.join(',')}], and gets [${shape.join(',')}] from '${source}'`,
          fix:
            graph.nodes[name]!.type === 'Output'
              ? 'Read it with { repair: true }, which gives the output the shape of what comes in.'
              : 'Correct the sizes of one of them.',
        })
      }
    }
  }
  for (const name of names)
    if (!shapes.has(at(name)))
      fail(name, { what: 'gets values of unknown shape', fix: 'Put an Input before it that states the shape.' })
  return { shapes, faults }
}

/** The names of the nodes before each node, each once. Names of no node are left out. */
export function sourcesOf({ nodes, edges }: NirGraph): Map<string, string[]> {
  const sources = new Map<string, string[]>()
  for (const [from, to] of edges) {
    if (!Object.hasOwn(nodes, from) || !Object.hasOwn(nodes, to)) continue
    const list = sources.get(to) ?? []
    if (!list.includes(from)) list.push(from)
    sources.set(to, list)
  }
  return sources
}

type Wrong = Omit<NirFault, 'node'>
type Own = NodeShapes | Wrong | undefined
type Rules = { readonly [T in NirNodeType]: (node: NirNodeOf<T>, incoming: Shape | undefined) => Own }

function ownShapes(node: NirNode, incoming: Shape | undefined): Own {
  return valueFault(node) ?? (rules[node.type] as (node: NirNode, incoming: Shape | undefined) => Own)(node, incoming)
}

const elementwise = (node: NirNode, incoming: Shape | undefined): Own => {
  const arrays = Object.entries(node).filter((entry): entry is [string, NirArray] => isArray(entry[1]))
  const [[, first]] = arrays as [[string, NirArray]]
  const other = arrays.find(
    ([name, { shape }]) => !sameShape(shape, first.shape) && !(name === 'w_in' && shape.length === 0),
  )
  if (other)
    return {
      what: `has ${other[0]} of shape [${other[1].shape.join(',')}] beside ${arrays[0]![0]} of shape [${first.shape.join(',')}]`,
      fix: 'Give all parameters of a node one shape.',
    }
  const shape = first.shape.length === 0 ? incoming : first.shape
  return shape && { input: shape, output: shape }
}

const weighted = (weight: NirArray, bias?: NirArray): Own => {
  const { shape } = weight
  if (shape.length < 2)
    return { what: `has a weight of shape [${shape.join(',')}]`, fix: 'Give it the shape [.., out, in].' }
  const lead = shape.slice(0, -2)
  const output = [...lead, shape.at(-2)!]
  if (bias && !sameShape(bias.shape, output))
    return {
      what: `has a bias of shape [${bias.shape.join(',')}] for outputs [${output.join(',')}]`,
      fix: 'Give it one value an output.',
    }
  return { input: [...lead, shape.at(-1)!], output }
}

const convolution = (node: NirConv1d | NirConv2d, incoming: Shape | undefined): Own => {
  const axes = node.type === 'Conv1d' ? 1 : 2
  const { weight, bias, groups } = node
  if (weight.shape.length !== axes + 2)
    return {
      what: `has a weight of shape [${weight.shape.join(',')}]`,
      fix: `Give it the shape [out, in / groups${', kernel'.repeat(axes)}].`,
    }
  const [out, each, ...kernel] = weight.shape as [number, number, ...number[]]
  if (groups < 1 || out % groups !== 0)
    return {
      what: `has ${out} outputs in ${groups} groups`,
      fix: 'Give it a number of groups that divides its outputs.',
    }
  if (!sameShape(bias.shape, [out]))
    return {
      what: `has a bias of shape [${bias.shape.join(',')}] for ${out} outputs`,
      fix: 'Give it one value an output.',
    }
  const [stride, dilation] = [perAxis(node.stride, axes), perAxis(node.dilation, axes)]
  const padding = dilation && paddingPerAxis(node.padding, kernel, dilation)
  if (!stride || !dilation || !padding)
    return {
      what: `has a stride, dilation or padding that is not of ${axes} axes`,
      fix: 'Give one number, or one for each axis.',
    }
  if (node.padding === 'same' && stride.some((n) => n !== 1))
    return { what: `has the padding 'same' at a stride of [${stride.join(',')}]`, fix: 'Give the padding in numbers.' }
  const stated =
    node.input_shape === null
      ? incoming?.slice(1)
      : typeof node.input_shape === 'number'
        ? [node.input_shape]
        : node.input_shape
  if (!stated) return undefined
  return windows([each * groups, ...stated], out, { kernel, stride, dilation, padding })
}

const pooling = (
  node: { readonly kernel_size: Integers; readonly stride: Integers; readonly padding: Integers },
  incoming: Shape | undefined,
): Own => {
  const [kernel, stride, zeros] = [perAxis(node.kernel_size, 2), perAxis(node.stride, 2), perAxis(node.padding, 2)]
  if (!kernel || !stride || !zeros)
    return {
      what: 'has a kernel, stride or padding that is not of 2 axes',
      fix: 'Give one number, or one for each axis.',
    }
  return (
    incoming &&
    windows(incoming, incoming[0]!, { kernel, stride, dilation: [1, 1], padding: zeros.map((n) => [n, n] as const) })
  )
}

interface Windows {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
}

function windows(input: Shape, channels: number, { kernel, stride, dilation, padding }: Windows): Own {
  if (input.length !== kernel.length + 1)
    return { what: `gets [${input.join(',')}]`, fix: `Give it a channel axis and ${kernel.length} of space.` }
  const output = kernel.map(
    (size, i) =>
      Math.floor((input[i + 1]! + padding[i]![0] + padding[i]![1] - dilation[i]! * (size - 1) - 1) / stride[i]!) + 1,
  )
  if ([...kernel, ...stride, ...dilation].some((n) => n < 1) || output.some((n) => n < 1))
    return {
      what: `has windows of [${kernel.join(',')}] at stride [${stride.join(',')}] over [${input.join(',')}]`,
      fix: 'Give windows and strides of at least 1 that fit into what comes in.',
    }
  return { input, output: [channels, ...output] }
}

const ends = ({ shape }: { readonly shape: Shape }): Own => ({ input: shape, output: shape })

const rules: Rules = {
  Input: ends,
  Output: ends,
  Affine: ({ weight, bias }) => weighted(weight, bias),
  Linear: ({ weight }) => weighted(weight),
  Scale: elementwise,
  Conv1d: convolution,
  Conv2d: convolution,
  SumPool2d: pooling,
  AvgPool2d: pooling,
  Flatten({ input_type: stated, start_dim: start, end_dim: end }, incoming) {
    // sinabs states a shape of zeros where it does not know it
    const input = stated && !stated.includes(0) ? stated : incoming
    if (!input) return undefined
    const [from, to] = [start, end].map((axis) => (axis < 0 ? axis + input.length : axis)) as [number, number]
    if (from < 0 || to >= input.length || from > to)
      return {
        what: `merges axes ${start} to ${end} of [${input.join(',')}]`,
        fix: 'Count axes from 0, the batch left out, or from the back with -1.',
      }
    return { input, output: [...input.slice(0, from), sizeOf(input.slice(from, to + 1)), ...input.slice(to + 1)] }
  },
  Delay: elementwise,
  Threshold: elementwise,
  I: elementwise,
  IF: elementwise,
  LI: elementwise,
  LIF: elementwise,
  CubaLI: elementwise,
  CubaLIF: elementwise,
  NIRGraph({ nodes }) {
    const inner = Object.values(nodes)
    const inputs = inner.filter((node) => node.type === 'Input')
    const outputs = inner.filter((node) => node.type === 'Output')
    if (inputs.length !== 1 || outputs.length !== 1)
      return {
        what: `is a graph of ${inputs.length} inputs and ${outputs.length} outputs inside of another`,
        fix: 'Give it one of each, since edges cannot say which one they mean.',
      }
    return { input: inputs[0]!.shape, output: outputs[0]!.shape }
  },
}

/** Others may be infinite: a threshold that is never reached, a time constant without decay. */
const mustBeFinite: ReadonlySet<string> = new Set(['weight', 'bias', 'scale'])

/** A value that no equation of NIR takes. */
function valueFault(node: NirNode): Wrong | undefined {
  for (const name of node.type === 'NIRGraph' ? [] : Object.keys(nodeFields[node.type])) {
    const value = (node as unknown as Readonly<Record<string, unknown>>)[name]
    if (!isArray(value)) continue
    const wrong = mustBeFinite.has(name) ? indexOfNotFinite(value.data) : value.data.findIndex(Number.isNaN)
    if (wrong >= 0)
      return {
        what: `has ${name} with ${value.data[wrong]} at place ${wrong}`,
        fix: 'Give finite numbers: training has diverged, or the file is damaged.',
      }
    if (name.startsWith('tau') && !value.data.every((tau) => tau > 0))
      return { what: `has ${name} that is not above 0`, fix: 'Give time constants in seconds.' }
    if (name === 'delay' && !value.data.every((delay) => delay >= 0 && delay < Infinity))
      return { what: 'has a delay below 0', fix: 'Give delays in seconds.' }
  }
  return undefined
}

function isArray(value: unknown): value is NirArray {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'data' in value
}

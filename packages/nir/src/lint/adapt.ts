import { checkGraph } from '../check-graph.js'
import { nirArray, type NirArray } from '../array.js'
import { paddingPerAxis, perAxis } from '../axes.js'
import { checkNir } from '../check.js'
import type { NirGraph, NirNode } from '../graph.js'
import { inferShapes, type NodeShapes } from '../shapes.js'
import { dtOf, readerOf, type LintOptions } from './lint.js'
import type { Reader, ReaderName } from './readers.js'
import { takersBehind, withInput } from './takers.js'

/** The graph with one node in another form that does the same, or undefined where there is none. */
type Form = (graph: NirGraph, name: string, shapes: ReadonlyMap<string, NodeShapes>, dt: number) => NirGraph | undefined

/**
 * The same graph in nodes that a tool reads as they are meant, wherever there is an exact form: an AvgPool2d as a
 * SumPool2d before smaller weights or resistances, a Linear as an Affine without bias and the other way round, groups as one weight
 * with zeros, a kernel that is not square with zeros around it, a Flatten that counts from the back, and the r of an IF
 * for a tool that counts it in steps (r 1, with thresholds over r dt). What has no such form stays, and `lint` says so.
 * Graphs inside stay as they are.
 *
 * @throws `NIR_INVALID` for a graph that contradicts itself, `ARGUMENT` for a tool that is not known
 */
export function adaptNir(graph: NirGraph, reader: ReaderName, options: LintOptions = {}): NirGraph {
  checkGraph('adaptNir', graph)
  const [tool, dt] = [readerOf('adaptNir', reader), dtOf('adaptNir', options)]
  checkNir('adaptNir', graph)
  const { shapes } = inferShapes(graph)
  let now = graph
  // the form of one node may give another something to mend; each leaves less to mend
  for (let before: NirGraph | undefined; before !== now;) {
    before = now
    for (const name of Object.keys(graph.nodes)) {
      for (const form of forms) {
        const next = faults(tool, now.nodes[name]!, dt) > 0 ? form(now, name, shapes, dt) : undefined
        if (next && better(tool, now, next, dt)) now = next
      }
    }
  }
  return now
}

function better(tool: Reader, before: NirGraph, after: NirGraph, dt: number): boolean {
  return (
    Object.entries(after.nodes).reduce((all, [name, node]) => {
      const old = before.nodes[name]!
      return node === old ? all : all + faults(tool, node, dt) - faults(tool, old, dt)
    }, 0) < 0
  )
}

/** How much a tool has against a node: to be refused weighs more than to be changed. */
function faults(tool: Reader, node: NirNode, dt: number): number {
  const { reads, conditions } = tool.nodes[node.type]
  if (!reads) return 1e6
  return conditions.reduce((all, { effect, test }) => all + (test(node, dt) ? (effect === 'rejects' ? 1e3 : 1) : 0), 0)
}

const replaced = (graph: NirGraph, nodes: Readonly<Record<string, NirNode>>): NirGraph => ({
  ...graph,
  nodes: { ...graph.nodes, ...nodes },
})

/** A mean is a sum whose takers make less of it: n-th weights, n-th resistances. */
const asSums: Form = (graph, name) => {
  const node = graph.nodes[name]!
  if (node.type !== 'AvgPool2d') return undefined
  const takers = takersBehind(graph, name)
  if (!takers) return undefined
  const share = 1 / perAxis(node.kernel_size, 2)!.reduce((a, b) => a * b)
  const lighter = takers.map((taker) => [taker, withInput(graph.nodes[taker]!, share)!] as const)
  return replaced(graph, { [name]: { ...node, type: 'SumPool2d' }, ...Object.fromEntries(lighter) })
}

const asAffine: Form = (graph, name) => {
  const node = graph.nodes[name]!
  if (node.type === 'Linear')
    return replaced(graph, {
      [name]: {
        ...node,
        type: 'Affine',
        bias: nirArray(
          new Float32Array(node.weight.data.length / node.weight.shape.at(-1)!),
          node.weight.shape.slice(0, -1),
        ),
      },
    })
  if (node.type !== 'Affine' || node.bias.data.some((b) => b !== 0)) return undefined
  const { bias, ...rest } = node
  return replaced(graph, { [name]: { ...rest, type: 'Linear' } })
}

const asOneGroup: Form = (graph, name) => {
  const node = graph.nodes[name]!
  if ((node.type !== 'Conv1d' && node.type !== 'Conv2d') || node.groups === 1) return undefined
  const {
    weight: { shape, data, dtype },
    groups,
  } = node
  const [out, each, ...kernel] = shape as [number, number, ...number[]]
  const [taps, rows] = [kernel.reduce((a, b) => a * b, 1), out / groups]
  const whole =
    dtype === 'float32' ? new Float32Array(out * each * groups * taps) : new Float64Array(out * each * groups * taps)
  for (let o = 0; o < out; o++)
    whole.set(data.subarray(o * each * taps, (o + 1) * each * taps), (o * groups + Math.floor(o / rows)) * each * taps)
  return replaced(graph, {
    [name]: { ...node, groups: 1, weight: { dtype, shape: [out, each * groups, ...kernel], data: whole } },
  })
}

/** Zeros on both sides of the shorter axis, and as much more padding. */
const asSquare: Form = (graph, name) => {
  const node = graph.nodes[name]!
  if (node.type !== 'Conv2d') return undefined
  const [out, each, height, width] = node.weight.shape as [number, number, number, number]
  const side = Math.max(height, width)
  const more = [(side - height) / 2, (side - width) / 2] as const
  const dilation = perAxis(node.dilation, 2)!
  const padding = paddingPerAxis(node.padding, [height, width], dilation)!
  if (height === width || !more.every(Number.isInteger) || padding.some(([low, high]) => low !== high)) return undefined
  const { data, dtype } = node.weight
  const whole =
    dtype === 'float32' ? new Float32Array(out * each * side * side) : new Float64Array(out * each * side * side)
  for (let row = 0; row < out * each * height; row++) {
    const [kernel, y] = [Math.floor(row / height), row % height]
    whole.set(data.subarray(row * width, (row + 1) * width), (kernel * side + y + more[0]) * side + more[1])
  }
  return replaced(graph, {
    [name]: {
      ...node,
      weight: { dtype, shape: [out, each, side, side], data: whole },
      padding: padding.map(([low], axis) => low + more[axis]! * dilation[axis]!),
    },
  })
}

const fromTheBack: Form = (graph, name, shapes) => {
  const node = graph.nodes[name]!
  const axes = shapes.get(name)!.input.length
  if (node.type !== 'Flatten') return undefined
  const back = (axis: number): number => (axis < 0 ? axis : axis - axes)
  return replaced(graph, { [name]: { ...node, start_dim: back(node.start_dim), end_dim: back(node.end_dim) } })
}

/** v + r dt x over thresholds: v + x over thresholds by r dt, which is what a tool does that takes r as 1 of a step. */
const inSteps: Form = (graph, name, _, dt) => {
  const node = graph.nodes[name]!
  if (node.type !== 'IF') return undefined
  const over = ({ data, ...array }: NirArray): NirArray => ({
    ...array,
    data: data.map((value, i) => value / (node.r.data[i]! * dt)),
  })
  return replaced(graph, {
    [name]: {
      ...node,
      r: { ...node.r, data: node.r.data.map(() => 1) },
      v_threshold: over(node.v_threshold),
      v_reset: over(node.v_reset),
    },
  })
}

const forms: readonly Form[] = [asSums, asAffine, asOneGroup, asSquare, fromTheBack, inSteps]

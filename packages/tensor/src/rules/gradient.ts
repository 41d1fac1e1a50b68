import { build } from '../build.js'
import type { Node } from '../graph.js'
import { where } from '../ops/elementwise.js'
import { scalar } from '../ops/leaf.js'
import { broadcastTo, reshape, scatterAdd } from '../ops/movement.js'
import type { Primitive } from '../primitive.js'
import type { Tensor } from '../tensor.js'
import { scanGradient } from './scan-gradient.js'

/** What a primitive of several outputs, or with a body, has to know beside the cotangent of its result. */
export interface Flow {
  /** The cotangent of each output, where something flows. */
  readonly received: readonly (Tensor | null)[]
  /** Whether somebody asks for the cotangent of each input. */
  readonly needs: readonly boolean[]
  /** Differentiates a body: cotangents of `outputs` -> cotangents of `wrt`, looking at nothing behind `boundary`. */
  readonly vectorJacobian: (
    outputs: readonly Tensor[],
    cotangents: readonly (Tensor | null)[],
    wrt: readonly Tensor[],
    boundary: readonly Tensor[],
  ) => readonly (Tensor | null)[]
}

/**
 * The vector-Jacobian product of one primitive: cotangent of the result -> cotangent of each input, as new graph nodes.
 * null: nothing flows. The rule 'none': nothing flows to any input, because the result is constant almost everywhere or
 * not a float.
 */
export type GradientRule<P extends Primitive> =
  | 'none'
  | ((dy: Tensor, node: Node<P>, flow: Flow) => readonly (Tensor | null)[])

const x = (node: Node): Tensor => node.inputs[0]!
const y = (node: Node): Tensor => node.inputs[1]!
const out = (node: Node): Tensor => node.outputs[0]!

/** Sums `dy` over the axes that a broadcast from `shape` has added or repeated. */
function unbroadcast(dy: Tensor, shape: readonly number[]): Tensor {
  const lead = dy.shape.length - shape.length
  const axes = dy.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && dy.shape[axis] !== 1))
  return reshape(axes.length === 0 ? dy : dy.sum(axes), shape)
}

/** `t`, reduced over `axes`, back with those axes as size 1. */
function restore(t: Tensor, axes: readonly number[], shape: readonly number[]): Tensor {
  return reshape(
    t,
    shape.map((n, i) => (axes.includes(i) ? 1 : n)),
  )
}

/** dx where x is chosen by `minimum` or `maximum`; ties share equally. */
function chosen(dy: Tensor, node: Node, other: Tensor, self: Tensor): Tensor {
  const result = out(node)
  const share = where(
    self.eq(other),
    scalar(0.5, dy.dtype),
    where(self.eq(result), scalar(1, dy.dtype), scalar(0, dy.dtype)),
  )
  return dy.mul(share)
}

export const gradientRules: { readonly [P in Primitive]: GradientRule<P> } = {
  placeholder: 'none',
  constant: 'none',
  read: 'none',
  iota: 'none',
  random: 'none',

  neg: (dy) => [dy.neg()],
  abs: (dy, node) => [dy.mul(x(node).sign())],
  sign: 'none',
  floor: 'none',
  round: 'none',
  exp: (dy, node) => [dy.mul(out(node))],
  log: (dy, node) => [dy.div(x(node))],
  sqrt: (dy, node) => [dy.mul(0.5).div(out(node))],
  sin: (dy, node) => [dy.mul(x(node).cos())],
  cos: (dy, node) => [dy.mul(x(node).sin().neg())],
  tanh: (dy, node) => [dy.mul(out(node).square().neg().add(1))],
  atan: (dy, node) => [dy.div(x(node).square().add(1))],
  erf: (dy, node) => [dy.mul(x(node).square().neg().exp()).mul(2 / Math.sqrt(Math.PI))],

  add: (dy) => [dy, dy],
  sub: (dy) => [dy, dy.neg()],
  mul: (dy, node) => [dy.mul(y(node)), dy.mul(x(node))],
  div: (dy, node) => [dy.div(y(node)), dy.mul(out(node)).div(y(node)).neg()],
  // d(x^y)/dx = y x^(y-1);  d(x^y)/dy = x^y log x, taken as 0 where x <= 0
  pow: (dy, node) => [
    dy.mul(y(node)).mul(x(node).pow(y(node).sub(1))),
    dy.mul(out(node)).mul(where(x(node).gt(0), where(x(node).gt(0), x(node), 1).log(), 0)),
  ],
  // x - floor(x / y) y
  mod: (dy, node) => [dy, dy.mul(x(node).div(y(node)).floor().neg())],
  minimum: (dy, node) => [chosen(dy, node, y(node), x(node)), chosen(dy, node, x(node), y(node))],
  maximum: (dy, node) => [chosen(dy, node, y(node), x(node)), chosen(dy, node, x(node), y(node))],

  less: 'none',
  lessEqual: 'none',
  equal: 'none',
  and: 'none',
  or: 'none',
  not: 'none',
  select: (dy, node) => {
    const [condition] = node.inputs
    return [null, where(condition!, dy, 0), where(condition!, scalar(0, dy.dtype), dy)]
  },
  cast: (dy, node) => [dy.cast(x(node).dtype)],

  reduceSum: (dy, node) => [broadcastTo(restore(dy, node.attributes.axes, x(node).shape), x(node).shape)],
  // ties share equally
  reduceMax: (dy, node) => {
    const { axes } = node.attributes
    const won = x(node)
      .eq(restore(out(node), axes, x(node).shape))
      .cast(dy.dtype)
    return [won.mul(restore(dy.div(won.sum(axes)), axes, x(node).shape))]
  },
  argmax: 'none',

  reshape: (dy, node) => [reshape(dy, x(node).shape)],
  transpose: (dy, node) => {
    const inverse = new Array<number>(dy.shape.length)
    node.attributes.permutation.forEach((axis, i) => (inverse[axis] = i))
    return [dy.transpose(inverse)]
  },
  broadcast: (dy, node) => [unbroadcast(dy, x(node).shape)],
  slice: (dy, node) => {
    const { start, step } = node.attributes
    const padding = x(node).shape.map((n, i) => {
      const size = dy.shape[i]!
      const span = size === 0 ? 0 : (size - 1) * step[i]! + 1
      return [start[i]!, n - start[i]! - span] as const
    })
    return [build('pad', [dy], { padding, interior: step.map((n) => n - 1), value: 0 })]
  },
  pad: (dy, node) => {
    const { padding, interior } = node.attributes
    const { shape } = x(node)
    const start = padding.map(([low]) => low)
    const end = shape.map((n, i) => start[i]! + (n === 0 ? 0 : (n - 1) * (interior[i]! + 1) + 1))
    return [build('slice', [dy], { start, end, step: interior.map((n) => n + 1) })]
  },
  concat: (dy, node) => {
    let start = 0
    return node.inputs.map((input) => {
      const end = start + input.shape[node.attributes.axis]!
      const part = dy.slice(node.attributes.axis, start, end)
      start = end
      return part
    })
  },
  gather: (dy, node) => [scatterAdd(y(node), dy, node.attributes.axis, x(node).shape[node.attributes.axis]!), null],
  scatterAdd: (dy, node) => [null, dy.gather(x(node), node.attributes.axis)],

  matmul: (dy, node) => {
    const a = x(node)
    const b = y(node)
    const da = unbroadcast(dy.matmul(b.transpose()), a.shape)
    if (b.shape.length > 2) return [da, unbroadcast(a.transpose().matmul(dy), b.shape)]
    // one matrix for all leading axes: they join the rows
    const rows = reshape(a, [-1, a.shape.at(-1)!])
    return [da, rows.transpose().matmul(reshape(dy, [-1, dy.shape.at(-1)!]))]
  },
  conv: (dy, node) => {
    const [input, weight] = node.inputs
    const spatial = input!.shape.slice(2 - weight!.shape.length)
    return [
      build('convInputGradient', [dy, weight!], { ...node.attributes, spatial }),
      build('convWeightGradient', [input!, dy], { ...node.attributes, kernel: weight!.shape.slice(2) }),
    ]
  },
  convInputGradient: (g, node) => {
    const [dy, weight] = node.inputs
    const { spatial: _, ...window } = node.attributes
    return [
      build('conv', [g, weight!], window),
      build('convWeightGradient', [g, dy!], { ...window, kernel: weight!.shape.slice(2) }),
    ]
  },
  convWeightGradient: (g, node) => {
    const [input, dy] = node.inputs
    const { kernel, ...window } = node.attributes
    return [
      build('convInputGradient', [dy!, g], { ...window, spatial: input!.shape.slice(-kernel.length) }),
      build('conv', [input!, g], window),
    ]
  },

  maxPool: (dy, node) => {
    const axes = node.attributes.kernel.length
    const { shape } = x(node)
    const lead = shape.slice(0, shape.length - axes)
    const plane = shape.slice(shape.length - axes).reduce((a, b) => a * b, 1)
    const indices = reshape(build('argmaxPool', [x(node)], node.attributes), [...lead, -1])
    return [reshape(scatterAdd(indices, reshape(dy, [...lead, -1]), lead.length, plane), shape)]
  },
  argmaxPool: 'none',
  averagePool: (dy, node) => [
    build('averagePoolGradient', [dy], {
      ...node.attributes,
      spatial: x(node).shape.slice(-node.attributes.kernel.length),
    }),
  ],
  averagePoolGradient: (g, node) => {
    const { spatial: _, ...attributes } = node.attributes
    return [build('averagePool', [g], attributes)]
  },

  customGradient: (dy, node) => {
    const inputs = node.inputs.slice(1)
    return [null, ...node.attributes.rule(dy, inputs)]
  },
  stopGradient: 'none',

  scan: (_, node, flow) => scanGradient(node, flow),
}

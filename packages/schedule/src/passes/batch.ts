import type { Tensor } from '@snn/tensor'
import { isPrimitive, type Node, type Primitive, type Primitives, createNode } from '@snn/tensor/backend'

/**
 * The attributes of a primitive when all its operands have one more axis in front, of size T; null: it has no such
 * form.
 */
type BatchedAttributes = { readonly [P in Primitive]?: (attributes: Primitives[P], T: number) => Primitives[P] | null }

const same = <A>(attributes: A): A => attributes
const nextAxis = <A extends { readonly axis: number }>(attributes: A): A => ({
  ...attributes,
  axis: attributes.axis + 1,
})
const nextAxes = <A extends { readonly axes: readonly number[] }>(attributes: A): A => ({
  ...attributes,
  axes: attributes.axes.map((axis) => axis + 1),
})

/** Operations on each element: they may stand in the body of a loop that is one kernel. */
export const elementwise: ReadonlySet<Primitive> = new Set<Primitive>([
  'neg',
  'abs',
  'sign',
  'floor',
  'round',
  'exp',
  'log',
  'sqrt',
  'sin',
  'cos',
  'tanh',
  'atan',
  'erf',
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'mod',
  'minimum',
  'maximum',
  'less',
  'lessEqual',
  'equal',
  'and',
  'or',
  'not',
  'select',
  'cast',
])

const others: BatchedAttributes = {
  reduceSum: nextAxes,
  reduceMax: nextAxes,
  argmax: nextAxis,
  reshape: ({ shape }, T) => ({ shape: [T, ...shape] }),
  transpose: ({ permutation }) => ({ permutation: [0, ...permutation.map((axis) => axis + 1)] }),
  broadcast: ({ shape }, T) => ({ shape: [T, ...shape] }),
  slice: ({ start, end, step }, T) => ({ start: [0, ...start], end: [T, ...end], step: [1, ...step] }),
  pad: ({ padding, interior, value }) => ({ padding: [[0, 0], ...padding], interior: [0, ...interior], value }),
  concat: nextAxis,
  gather: nextAxis,
  scatterAdd: nextAxis,
  matmul: same,
  conv: same,
  convInputGradient: same,
  maxPool: same,
  argmaxPool: same,
  averagePool: same,
  averagePoolGradient: same,
}

function attributesOf(node: Node, T: number): Primitives[Primitive] | null {
  if (elementwise.has(node.primitive)) return node.attributes
  const rule = others[node.primitive] as
    | ((attributes: Primitives[Primitive], T: number) => Primitives[Primitive] | null)
    | undefined
  return rule?.(node.attributes, T) ?? null
}

/** Whether `batch` can run `node` on all steps at once; `varies` says which of its inputs differ from step to step. */
export function isBatchable(node: Node, varies: (input: Tensor) => boolean): boolean {
  if (attributesOf(node, 1) === null) return false
  // a kernel is one for all steps
  return !(['conv', 'convInputGradient'].includes(node.primitive) && varies(node.inputs[1]!))
}

/** `x` [..] -> [1, .., 1, ..] with `rank` axes after the first, which stays when x already has one for the steps. */
function align(x: Tensor, hasSteps: boolean, rank: number): Tensor {
  const own = hasSteps ? x.shape.slice(1) : x.shape
  if (own.length === rank && hasSteps) return x
  const shape = [hasSteps ? x.shape[0]! : 1, ...Array<number>(rank - own.length).fill(1), ...own]
  return createNode('reshape', [x], { shape }, [{ dtype: x.dtype, shape }], x.node.scope)[0]!
}

/** `x`, the same in all steps, once for each of them. */
export function repeatSteps(x: Tensor, T: number): Tensor {
  const shape = [T, ...x.shape]
  return createNode('broadcast', [x], { shape }, [{ dtype: x.dtype, shape }], x.node.scope)[0]!
}

/**
 * What `node` gives in all T steps, stacked in front. `inputs`: its inputs, those that vary [T, ..]; the others are the
 * same in every step.
 */
export function batch(
  node: Node,
  inputs: readonly { readonly value: Tensor; readonly varies: boolean }[],
  T: number,
): Tensor {
  const output = node.outputs[0]!
  const rank = Math.max(...node.inputs.map(({ shape }) => shape.length))
  const operands = inputs.map(({ value, varies }, i) => {
    if (isPrimitive(node, 'broadcast')) return align(value, true, output.shape.length)
    if (isPrimitive(node, 'matmul')) return varies ? align(value, true, rank) : value
    // the weight
    if (i === 1 && (isPrimitive(node, 'conv') || isPrimitive(node, 'convInputGradient'))) return value
    return varies ? value : repeatSteps(value, T)
  })
  return createNode(
    node.primitive,
    operands,
    attributesOf(node, T)!,
    [{ dtype: output.dtype, shape: [T, ...output.shape] }],
    node.scope,
  )[0]!
}

import { createNode } from '../build.js'
import { allocate, isFloat } from '../dtype.js'
import { isPrimitive, type Graph, type Node } from '../graph.js'
import { interpret } from '../interpret.js'
import { constant } from '../ops/leaf.js'
import { referenceKernels } from '../reference/kernels.js'
import { sameShape, sizeOf } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { rewrite } from './rewrite.js'

/** Results with more elements than this are not folded: a large constant costs more than the operation. */
const foldedElements = 1 << 16

/** Computes what depends on constants only, and removes operations that change nothing. */
export function fold(graph: Graph): Graph {
  return rewrite(
    graph,
    (node, inputs) =>
      neutral(node, inputs) ??
      foldConstants(node, inputs) ??
      wholePower(node, inputs) ??
      exactReciprocal(node, inputs) ??
      sumOfRepeated(node, inputs) ??
      plainThreshold(node, inputs),
  )
}

/**
 * x^2, x^3 and their reciprocals as products, which are faster and as exact: whole powers are how derivatives are
 * written.
 */
function wholePower(node: Node, [x, y]: readonly Tensor[]): readonly Tensor[] | undefined {
  const power = node.primitive === 'pow' ? uniformValue(y!) : undefined
  if (power === undefined || ![-3, -2, -1, 2, 3].includes(power)) return undefined
  const output = node.outputs[0]!
  const operation = (primitive: 'mul' | 'div', a: Tensor, b: Tensor): Tensor =>
    createNode(primitive, [a, b], {}, [output], node.scope)[0]!
  let product = x!
  for (let i = 1; i < Math.abs(power); i++) product = operation('mul', product, x!)
  if (power > 0) return [product]
  const one = constant({ data: allocate(output.dtype, 1).fill(1), shape: [], dtype: output.dtype })
  return [operation('div', createNode('broadcast', [one], { shape: output.shape }, [output], null)[0]!, product)]
}

/** The input that the node merely passes on. */
function neutral(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  const [x, y] = inputs
  const output = node.outputs[0]!
  switch (node.primitive) {
    case 'customGradient':
    case 'stopGradient':
      return [x!]
    case 'reshape':
    case 'broadcast':
    case 'pad':
    case 'slice':
      return sameShape(x!.shape, output.shape) ? [x!] : undefined
    case 'cast':
      return x!.dtype === output.dtype ? [x!] : undefined
    case 'mul':
      return isUniform(y!, 1) ? [x!] : isUniform(x!, 1) ? [y!] : undefined
    case 'div':
      return isUniform(y!, 1) ? [x!] : undefined
    case 'sub':
      return isUniform(y!, 0) ? [x!] : undefined
    case 'transpose':
      return isPrimitive(node, 'transpose') && node.attributes.permutation.every((axis, i) => axis === i)
        ? [x!]
        : undefined
    default:
      return undefined
  }
}

/** The constant that every element is; undefined when there is none such. */
function uniformValue({ node }: Tensor): number | undefined {
  if (isPrimitive(node, 'broadcast')) return uniformValue(node.inputs[0]!)
  return isPrimitive(node, 'constant') && node.attributes.data.length === 1 ? node.attributes.data[0] : undefined
}

function isUniform(t: Tensor, value: number): boolean {
  return Object.is(uniformValue(t), value)
}

/** The sum of n equal values is n times the value: axes along which the input only repeats are not summed over. */
function sumOfRepeated(node: Node, [x]: readonly Tensor[]): readonly Tensor[] | undefined {
  if (!isPrimitive(node, 'reduceSum') || !isPrimitive(x!.node, 'broadcast') || !isFloat(x!.dtype)) return undefined
  const [from] = x!.node.inputs as readonly [Tensor]
  const { shape, dtype } = x!
  const lead = shape.length - from.shape.length
  const own = shape.map((_, axis) => (axis < lead ? 1 : from.shape[axis - lead]!))
  const repeated = node.attributes.axes.filter((axis) => own[axis] === 1 && shape[axis] !== 1)
  if (repeated.length === 0) return undefined
  const output = node.outputs[0]!
  const kept = shape.map((_, axis) => axis).filter((axis) => !repeated.includes(axis))
  const inner = kept.map((axis) => own[axis]!)
  const whole = kept.map((axis) => shape[axis]!)
  const axes = node.attributes.axes.filter((axis) => !repeated.includes(axis)).map((axis) => kept.indexOf(axis))
  const reshaped = createNode('reshape', [from], { shape: inner }, [{ dtype, shape: inner }], from.node.scope)[0]!
  const wide = sameShape(inner, whole)
    ? reshaped
    : createNode('broadcast', [reshaped], { shape: whole }, [{ dtype, shape: whole }], from.node.scope)[0]!
  const sum = axes.length === 0 ? wide : createNode('reduceSum', [wide], { axes }, [output], node.scope)[0]!
  const times = constant({
    data: allocate(dtype, 1).fill(repeated.reduce((n, axis) => n * shape[axis]!, 1)),
    shape: [],
    dtype,
  })
  return createNode(
    'mul',
    [sum, createNode('broadcast', [times], { shape: output.shape }, [output], null)[0]!],
    {},
    [output],
    node.scope,
  )
}

/** x / 2^k as x 2^-k, which is the same number. */
function exactReciprocal(node: Node, [x, y]: readonly Tensor[]): readonly Tensor[] | undefined {
  const output = node.outputs[0]!
  if (node.primitive !== 'div' || !isFloat(output.dtype)) return undefined
  const divisor = uniformValue(y!) ?? NaN
  const exponent = Math.round(Math.log2(divisor))
  if (2 ** exponent !== divisor || Math.abs(exponent) > 10) return undefined
  const factor = constant({ data: allocate(output.dtype, 1).fill(1 / divisor), shape: [], dtype: output.dtype })
  return createNode(
    'mul',
    [x!, createNode('broadcast', [factor], { shape: output.shape }, [output], null)[0]!],
    {},
    [output],
    node.scope,
  )
}

/**
 * 0 <= x - c as c <= x for a finite constant c, which is the same for all floating-point numbers: how a neuron fires.
 */
function plainThreshold(node: Node, [x, y]: readonly Tensor[]): readonly Tensor[] | undefined {
  if (
    (node.primitive !== 'less' && node.primitive !== 'lessEqual') ||
    !isUniform(x!, 0) ||
    !isPrimitive(y!.node, 'sub') ||
    !isFloat(y!.dtype)
  )
    return undefined
  const [from, threshold] = y!.node.inputs as readonly [Tensor, Tensor]
  return Number.isFinite(uniformValue(threshold))
    ? createNode(node.primitive, [threshold, from], {}, node.outputs, node.scope)
    : undefined
}

function foldConstants(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  const foldable = inputs.length > 0 && inputs.every((t) => t.node.primitive === 'constant')
  // a broadcast is a stride, random numbers and scans are work for the backend
  if (!foldable || ['broadcast', 'random', 'scan'].includes(node.primitive)) return undefined
  if (node.outputs.some((t) => sizeOf(t.shape) > foldedElements)) return undefined
  const bindings = new Map(node.inputs.map((t, i) => [t, (inputs[i]!.node as Node<'constant'>).attributes] as const))
  return interpret([...node.outputs], referenceKernels, bindings).map((value) =>
    constant({ data: value.data, shape: [...value.shape], dtype: value.dtype }),
  )
}

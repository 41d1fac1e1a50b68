import type { Node, Primitive, Tensor } from '@snn/tensor'

/** `float` is float32, `flag` is bool. */
export type Kind = 'float' | 'flag'

/** The elementwise primitives that a kernel computes, by the kind of their first input. */
const operations = {
  neg: 'float',
  abs: 'float',
  sign: 'float',
  floor: 'float',
  round: 'float',
  sqrt: 'float',
  add: 'float',
  sub: 'float',
  mul: 'float',
  div: 'float',
  minimum: 'float',
  maximum: 'float',
  less: 'float',
  lessEqual: 'float',
  equal: 'any',
  and: 'flag',
  or: 'flag',
  not: 'flag',
  select: 'flag',
  cast: 'any',
} as const satisfies { readonly [P in Primitive]?: Kind | 'any' }

export type ScalarPrimitive = keyof typeof operations

/** Which element of an input goes with element `(o count + c) inner + i` of the result. */
export type Access =
  /** The element at the same place. */
  | 'full'
  /** Element c. */
  | 'channel'
  /** Element i. */
  | 'last'
  /** The only one. */
  | 'scalar'

export interface ScalarInput {
  readonly kind: Kind
  readonly access: Access
}

/** One value of the scalar form; operands are numbers of earlier values. */
export type ScalarValue =
  | { readonly operation: 'input'; readonly kind: Kind; readonly input: number }
  | { readonly operation: 'number'; readonly kind: Kind; readonly number: number }
  | { readonly operation: ScalarPrimitive; readonly kind: Kind; readonly operands: readonly number[] }

/**
 * What a kernel computes for ONE element, without sizes or addresses: the form that every printer prints. Equal forms give
 * equal text, so that groups of different sizes share a kernel.
 */
export interface ScalarKernel {
  readonly inputs: readonly ScalarInput[]
  readonly values: readonly ScalarValue[]
  /** Numbers of the values that are written. */
  readonly outputs: readonly number[]
}

export function kindOf({ dtype }: Tensor): Kind | undefined {
  return dtype === 'float32' ? 'float' : dtype === 'bool' ? 'flag' : undefined
}

/** Whether a kernel can compute this node. */
export function isScalar(node: Node): node is Node<ScalarPrimitive> {
  if (!(node.primitive in operations)) return false
  return [...node.inputs, ...node.outputs].every((tensor) => kindOf(tensor) !== undefined)
}

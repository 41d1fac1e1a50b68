import type { DType, Tensor } from '@snn/tensor'
import type { Node, Primitive } from '@snn/tensor/backend'

/** The types that kernels compute with. */
export type Kind = Extract<DType, (typeof any)[number]>

const number = ['float32', 'int32'] as const
const any = ['float32', 'int32', 'uint8', 'bool'] as const

/** The elementwise primitives that a kernel computes, with the kinds that their first input may have. */
const operations = {
  neg: number,
  abs: number,
  sign: ['float32'],
  floor: ['float32'],
  round: ['float32'],
  sqrt: ['float32'],
  exp: ['float32'],
  log: ['float32'],
  sin: ['float32'],
  cos: ['float32'],
  tanh: ['float32'],
  atan: ['float32'],
  erf: ['float32'],
  pow: ['float32'],
  mod: ['float32'],
  add: number,
  sub: number,
  mul: number,
  div: ['float32'],
  minimum: number,
  maximum: number,
  less: ['float32', 'int32', 'uint8'],
  lessEqual: ['float32', 'int32', 'uint8'],
  equal: any,
  and: ['bool'],
  or: ['bool'],
  not: ['bool'],
  select: ['bool'],
  cast: any,
} as const satisfies { readonly [P in Primitive]?: readonly Kind[] }

/** Primitives that are an expression of their elements. */
export type ScalarPrimitive = keyof typeof operations

/** Which element of an operand goes with element `(o count + c) inner + i` of the kernel's space. */
export type Access =
  /** The element at the same place. */
  | 'full'
  /** Element c. */
  | 'channel'
  /** Element c, where inner is 1: it moves along with the elements. */
  | 'last'
  /** The only one. */
  | 'scalar'

/** One value of the scalar form; operands are numbers of earlier values of the same phase. */
export type ScalarValue =
  | { readonly operation: 'load'; readonly kind: Kind; readonly operand: number }
  | { readonly operation: 'scratch'; readonly kind: Kind; readonly slot: number }
  | { readonly operation: 'number'; readonly kind: Kind; readonly number: number }
  /** The index of the step. */
  | { readonly operation: 'step'; readonly kind: 'int32' }
  | { readonly operation: ScalarPrimitive; readonly kind: Kind; readonly operands: readonly number[] }

/** The type of a tensor, where kernels compute with it. */
export function kindOf({ dtype }: Pick<Tensor, 'dtype'>): Kind | undefined {
  return dtype === 'float64' ? undefined : dtype
}

/** Whether a kernel can compute this node. */
export function isScalar(node: Node): node is Node<ScalarPrimitive> {
  const kinds: readonly Kind[] | undefined = (operations as Partial<Record<Primitive, readonly Kind[]>>)[node.primitive]
  return (
    kinds !== undefined &&
    kinds.includes(kindOf(node.inputs[0]!)!) &&
    [...node.inputs, ...node.outputs].every((tensor) => kindOf(tensor) !== undefined)
  )
}

import type { Node, Primitive, Tensor } from '@snn/tensor'

/** What a value is in a register: float32, int32, or a mask. In memory a `byte` (uint8) and a `flag` (bool) take one byte. */
export type Kind = 'float' | 'int' | 'byte' | 'flag'

const number = ['float', 'int'] as const
const any = ['float', 'int', 'byte', 'flag'] as const

/** The elementwise primitives that a kernel computes, with the kinds that their first input may have. */
const operations = {
  neg: number,
  abs: number,
  sign: ['float'],
  floor: ['float'],
  round: ['float'],
  sqrt: ['float'],
  exp: ['float'],
  log: ['float'],
  sin: ['float'],
  cos: ['float'],
  tanh: ['float'],
  atan: ['float'],
  erf: ['float'],
  pow: ['float'],
  mod: ['float'],
  add: number,
  sub: number,
  mul: number,
  div: ['float'],
  minimum: number,
  maximum: number,
  less: ['float', 'int', 'byte'],
  lessEqual: ['float', 'int', 'byte'],
  equal: any,
  and: ['flag'],
  or: ['flag'],
  not: ['flag'],
  select: ['flag'],
  cast: any,
} as const satisfies { readonly [P in Primitive]?: readonly Kind[] }

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
  | { readonly operation: 'step'; readonly kind: 'int' }
  | { readonly operation: ScalarPrimitive; readonly kind: Kind; readonly operands: readonly number[] }

export function kindOf({ dtype }: { readonly dtype: Tensor['dtype'] }): Kind | undefined {
  switch (dtype) {
    case 'float32':
      return 'float'
    case 'int32':
      return 'int'
    case 'uint8':
      return 'byte'
    case 'bool':
      return 'flag'
    default:
      return undefined
  }
}

/** Bytes of one element in memory. */
export function bytesOf(kind: Kind): number {
  return kind === 'float' || kind === 'int' ? 4 : 1
}

/** Whether a kernel can compute this node. */
export function isScalar(node: Node): node is Node<ScalarPrimitive> {
  const kinds: readonly Kind[] | undefined = (operations as Partial<Record<Primitive, readonly Kind[]>>)[node.primitive]
  return kinds !== undefined && kinds.includes(kindOf(node.inputs[0]!)!) && [...node.inputs, ...node.outputs].every((tensor) => kindOf(tensor) !== undefined)
}

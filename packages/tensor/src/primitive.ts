import type { DType, TypedArray } from './dtype.js'
import type { Graph } from './graph.js'
import type { Shape } from './shape.js'
import type { Tensor } from './tensor.js'
import type { Variable } from './variable.js'

/** No attributes. */
export type None = Record<never, never>

/** Low and high padding of one axis. */
export type Padding = readonly [low: number, high: number]

/** A window sliding over the spatial axes (the trailing ones), one entry per spatial axis. */
export interface Window {
  readonly stride: readonly number[]
  readonly padding: readonly Padding[]
  readonly dilation: readonly number[]
}

export interface ConvAttributes extends Window {
  readonly groups: number
}

export interface MaxPoolAttributes extends Window {
  readonly kernel: readonly number[]
}

export interface AveragePoolAttributes {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Padding[]
  /** Whether padded zeros count in the divisor. */
  readonly countIncludePad: boolean
}

export interface ScanAttributes {
  /** Number of steps T, at least 1. */
  readonly length: number
  /** Runs from step T-1 to 0; sequences keep their order, so y[t] still belongs to x[t]. */
  readonly reverse: boolean
  /** How many of the inputs are carried state. */
  readonly carries: number
  /** How many of the inputs, after the carries, are sequences, sliced along axis 0. */
  readonly sequences: number
  /**
   * One step. Parameters: carries, one slice of each sequence, the step index t (int32 scalar), captured tensors.
   * Results: the next carries, then the values to stack along axis 0.
   */
  readonly body: Graph
}

/** The gradient a user supplies: cotangent of the value, the inputs -> cotangent of each input (null: none). */
export type CustomGradientRule = (cotangent: Tensor, inputs: readonly Tensor[]) => readonly (Tensor | null)[]

/**
 * Every primitive operation with its attributes. Inputs are in the order of the comment. All floating-point inputs of
 * one operation have the same dtype and, for elementwise ones, the same shape: broadcasting is explicit.
 *
 * To add a primitive: a row here, then the compiler names each table that lacks it.
 */
export interface Primitives {
  // leaves
  /** A value bound from outside: an argument of a compiled function, or a parameter of a scan body. */
  placeholder: { readonly dtype: DType; readonly shape: Shape }
  constant: { readonly dtype: DType; readonly shape: Shape; readonly data: TypedArray }
  /** The value a Variable had when the run began. */
  read: { readonly variable: Variable }
  /** out[.., i, ..] = i along `axis`. */
  iota: { readonly dtype: DType; readonly shape: Shape; readonly axis: number }
  /** (offset int32 scalar). Philox4x32-10, float32 uniform in [0, 1): see random.ts. */
  random: { readonly shape: Shape; readonly key: readonly [number, number] }

  // elementwise (x) -> same dtype; float only from `exp` on
  neg: None
  abs: None
  sign: None
  floor: None
  /** To the nearest whole number, ties to even. */
  round: None
  exp: None
  log: None
  sqrt: None
  sin: None
  cos: None
  tanh: None
  atan: None
  erf: None

  // elementwise (x, y) -> same dtype
  add: None
  sub: None
  mul: None
  /** int32 division truncates towards zero. */
  div: None
  /** Float only. */
  pow: None
  /** x - floor(x / y) y: the sign follows the divisor. */
  mod: None
  minimum: None
  maximum: None

  // compare (x, y) -> bool, and logic on bool
  less: None
  lessEqual: None
  equal: None
  and: None
  or: None
  not: None

  /** (condition bool, x, y): x where condition holds, else y. */
  select: None
  /** Float to integer truncates towards zero; to bool: x != 0. */
  cast: { readonly dtype: DType }

  // reduce: the axes disappear
  reduceSum: { readonly axes: readonly number[] }
  reduceMax: { readonly axes: readonly number[] }
  /** (x) -> int32, the first index of the maximum. */
  argmax: { readonly axis: number }

  // movement
  reshape: { readonly shape: Shape }
  transpose: { readonly permutation: readonly number[] }
  /** Sizes of 1 and missing leading axes are repeated. */
  broadcast: { readonly shape: Shape }
  slice: { readonly start: readonly number[]; readonly end: readonly number[]; readonly step: readonly number[] }
  /** `interior` values are put between neighbours. */
  pad: { readonly padding: readonly Padding[]; readonly interior: readonly number[]; readonly value: number }
  concat: { readonly axis: number }
  /**
   * (x, indices int32): out[.., i, ..] = x[.., indices[.., i, ..], ..]; shapes agree off the axis. Indices lie in
   * range.
   */
  gather: { readonly axis: number }
  /**
   * (indices int32, updates): zeros with `size` along the axis, plus each update at its index. The transpose of gather.
   */
  scatterAdd: { readonly axis: number; readonly size: number }

  // linear algebra; any leading axes
  /** (a [.., M, K], b [.., K, N]) -> [.., M, N]; leading axes broadcast. */
  matmul: None
  /** (x [.., C, spatial], weight [O, C / groups, kernel]) -> [.., O, spatial']. Cross-correlation. */
  conv: ConvAttributes
  /** (dy [.., O, spatial'], weight) -> [.., C, spatial]. */
  convInputGradient: ConvAttributes & { readonly spatial: readonly number[] }
  /** (x, dy) -> [O, C / groups, kernel]; sums over all leading axes. */
  convWeightGradient: ConvAttributes & { readonly kernel: readonly number[] }

  // pooling over the trailing spatial axes; any leading axes (one is the channel, though pooling does not care)
  /** Padding never wins; a window that lies in the padding alone gives -Infinity. */
  maxPool: MaxPoolAttributes
  /**
   * (x) -> int32: where in the flattened spatial plane the first maximum of each window lies; 0 when it lies in the
   * padding alone.
   */
  argmaxPool: MaxPoolAttributes
  averagePool: AveragePoolAttributes
  /** (dy) -> x's shape. The transpose of averagePool. */
  averagePoolGradient: AveragePoolAttributes & { readonly spatial: readonly number[] }

  // time and gradients
  scan: ScanAttributes
  /**
   * (value, ...inputs): forward `value`; backward `rule` says what flows to the inputs, and nothing flows to the value.
   */
  customGradient: { readonly rule: CustomGradientRule }
  /** (x): forward x, no gradient. */
  stopGradient: None
}

/** Names of the operations that graphs are made of; a backend refuses what it cannot run (`UNSUPPORTED`). */
export type Primitive = keyof Primitives

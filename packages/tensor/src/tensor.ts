import type { DType, TypedArray } from './dtype.js'
import { SnnError } from './error.js'
import { evaluate } from './evaluate.js'
import type { Node } from './graph.js'
import * as elementwise from './ops/elementwise.js'
import * as movement from './ops/movement.js'
import * as reduce from './ops/reduce.js'
import { matmul } from './ops/linear.js'
import type { Shape } from './shape.js'
import type { Padding } from './primitive.js'

/** A tensor, or a number that takes the dtype of the other operand. */
export type Operand = Tensor | number

/** Which axes to reduce; all when left out. `keepDims` leaves them in with size 1. */
export type ReduceArguments = [axes?: number | readonly number[], options?: { readonly keepDims?: boolean }]

/**
 * An immutable value that is described, not computed: dtype, shape, and the operation that will make it. Building is
 * cheap; `data()` or a compiled function computes. Elementwise operations broadcast like NumPy (aligned at the back),
 * and never convert dtypes by themselves: `cast` does.
 */
export interface Tensor {
  readonly contract: 1
  readonly dtype: DType
  readonly shape: Shape
  readonly node: Node
  /** Which output of the node. */
  readonly index: number

  add(y: Operand): Tensor
  sub(y: Operand): Tensor
  mul(y: Operand): Tensor
  /** int32 division truncates towards zero. */
  div(y: Operand): Tensor
  pow(y: Operand): Tensor
  /** x - floor(x / y) y. */
  mod(y: Operand): Tensor
  minimum(y: Operand): Tensor
  maximum(y: Operand): Tensor
  neg(): Tensor
  abs(): Tensor
  sign(): Tensor
  floor(): Tensor
  /** Ties to even. */
  round(): Tensor
  exp(): Tensor
  log(): Tensor
  sqrt(): Tensor
  sin(): Tensor
  cos(): Tensor
  tanh(): Tensor
  atan(): Tensor
  erf(): Tensor
  /** 1 / (1 + exp(-x)), as (1 + tanh(x / 2)) / 2, which cannot overflow. */
  sigmoid(): Tensor
  /** max(x, 0) */
  relu(): Tensor
  square(): Tensor
  /** min(max(x, low), high) */
  clip(low: number, high: number): Tensor

  lt(y: Operand): Tensor
  le(y: Operand): Tensor
  gt(y: Operand): Tensor
  ge(y: Operand): Tensor
  eq(y: Operand): Tensor
  ne(y: Operand): Tensor
  and(y: Tensor): Tensor
  or(y: Tensor): Tensor
  not(): Tensor
  cast(dtype: DType): Tensor

  sum(...reduce: ReduceArguments): Tensor
  mean(...reduce: ReduceArguments): Tensor
  max(...reduce: ReduceArguments): Tensor
  min(...reduce: ReduceArguments): Tensor
  /** Index of the first maximum along `axis` (default: the last), int32. */
  argmax(axis?: number): Tensor

  /** One size may be -1: it follows from the others. */
  reshape(shape: Shape): Tensor
  /** Merges the axes from `from` (default 1) on. */
  flatten(from?: number): Tensor
  /** Reorders axes; without `permutation` the last two are swapped. */
  transpose(permutation?: readonly number[]): Tensor
  /** Repeats sizes of 1 and missing leading axes. */
  broadcastTo(shape: Shape): Tensor
  /** `[start, end)` along `axis`; negative positions count from the back. */
  slice(axis: number, start: number, end?: number, step?: number): Tensor
  /** The entry `index` along `axis`, which disappears. */
  at(axis: number, index: number): Tensor
  pad(padding: readonly Padding[], value?: number): Tensor
  expandDims(axis: number): Tensor
  squeeze(axis: number): Tensor
  /** out[.., i, ..] = x[.., indices[.., i, ..], ..] along `axis`; other axes agree. Indices are int32. */
  gather(indices: Tensor, axis: number): Tensor

  /** [.., M, K] x [.., K, N] -> [.., M, N] */
  matmul(b: Tensor): Tensor
  stopGradient(): Tensor

  /**
   * Computes the value: on the default backend, or on the reference backend when none is set and the graph is small.
   */
  data(): Promise<TypedArray>
}

export class TensorImplementation implements Tensor {
  readonly contract = 1
  constructor(
    readonly node: Node,
    readonly index: number,
    readonly dtype: DType,
    readonly shape: Shape,
  ) {}

  add(y: Operand): Tensor {
    return elementwise.binary('add', this, y)
  }
  sub(y: Operand): Tensor {
    return elementwise.binary('sub', this, y)
  }
  mul(y: Operand): Tensor {
    return elementwise.binary('mul', this, y)
  }
  div(y: Operand): Tensor {
    return elementwise.binary('div', this, y)
  }
  pow(y: Operand): Tensor {
    return elementwise.binary('pow', this, y)
  }
  mod(y: Operand): Tensor {
    return elementwise.binary('mod', this, y)
  }
  minimum(y: Operand): Tensor {
    return elementwise.binary('minimum', this, y)
  }
  maximum(y: Operand): Tensor {
    return elementwise.binary('maximum', this, y)
  }
  neg(): Tensor {
    return elementwise.unary('neg', this)
  }
  abs(): Tensor {
    return elementwise.unary('abs', this)
  }
  sign(): Tensor {
    return elementwise.unary('sign', this)
  }
  floor(): Tensor {
    return elementwise.unary('floor', this)
  }
  round(): Tensor {
    return elementwise.unary('round', this)
  }
  exp(): Tensor {
    return elementwise.unary('exp', this)
  }
  log(): Tensor {
    return elementwise.unary('log', this)
  }
  sqrt(): Tensor {
    return elementwise.unary('sqrt', this)
  }
  sin(): Tensor {
    return elementwise.unary('sin', this)
  }
  cos(): Tensor {
    return elementwise.unary('cos', this)
  }
  tanh(): Tensor {
    return elementwise.unary('tanh', this)
  }
  atan(): Tensor {
    return elementwise.unary('atan', this)
  }
  erf(): Tensor {
    return elementwise.unary('erf', this)
  }
  sigmoid(): Tensor {
    return this.mul(0.5).tanh().add(1).mul(0.5)
  }
  relu(): Tensor {
    return this.maximum(0)
  }
  square(): Tensor {
    return this.mul(this)
  }
  clip(low: number, high: number): Tensor {
    return this.maximum(low).minimum(high)
  }

  lt(y: Operand): Tensor {
    return elementwise.binary('less', this, y)
  }
  le(y: Operand): Tensor {
    return elementwise.binary('lessEqual', this, y)
  }
  gt(y: Operand): Tensor {
    return elementwise.binary('less', elementwise.toTensor(y, this), this)
  }
  ge(y: Operand): Tensor {
    return elementwise.binary('lessEqual', elementwise.toTensor(y, this), this)
  }
  eq(y: Operand): Tensor {
    return elementwise.binary('equal', this, y)
  }
  ne(y: Operand): Tensor {
    return this.eq(y).not()
  }
  and(y: Tensor): Tensor {
    return elementwise.binary('and', this, y)
  }
  or(y: Tensor): Tensor {
    return elementwise.binary('or', this, y)
  }
  not(): Tensor {
    return elementwise.unary('not', this)
  }
  cast(dtype: DType): Tensor {
    return elementwise.cast(this, dtype)
  }

  sum(...[axes, options]: ReduceArguments): Tensor {
    return reduce.sum(this, axes, options)
  }
  mean(...[axes, options]: ReduceArguments): Tensor {
    return reduce.mean(this, axes, options)
  }
  max(...[axes, options]: ReduceArguments): Tensor {
    return reduce.max(this, axes, options)
  }
  min(...[axes, options]: ReduceArguments): Tensor {
    return reduce.max(this.neg(), axes, options).neg()
  }
  argmax(axis = -1): Tensor {
    return reduce.argmax(this, axis)
  }

  reshape(shape: Shape): Tensor {
    return movement.reshape(this, shape)
  }
  flatten(from = 1): Tensor {
    return movement.flatten(this, from)
  }
  transpose(permutation?: readonly number[]): Tensor {
    return movement.transpose(this, permutation)
  }
  broadcastTo(shape: Shape): Tensor {
    return movement.broadcastTo(this, shape)
  }
  slice(axis: number, start: number, end?: number, step?: number): Tensor {
    return movement.slice(this, axis, start, end, step)
  }
  at(axis: number, index: number): Tensor {
    return movement.at(this, axis, index)
  }
  pad(padding: readonly Padding[], value?: number): Tensor {
    return movement.pad(this, padding, value)
  }
  expandDims(axis: number): Tensor {
    return movement.expandDims(this, axis)
  }
  squeeze(axis: number): Tensor {
    return movement.squeeze(this, axis)
  }
  gather(indices: Tensor, axis: number): Tensor {
    return movement.gather(this, indices, axis)
  }

  matmul(b: Tensor): Tensor {
    return matmul(this, b)
  }
  stopGradient(): Tensor {
    return elementwise.stopGradient(this)
  }

  data(): Promise<TypedArray> {
    return evaluate(this)
  }

  /** `x < y`, `x + y` and `${x}` have no value yet. */
  [Symbol.toPrimitive](): never {
    throw new SnnError(
      'TRACED_VALUE',
      `[${this.node.primitive}] the tensor built at ${this.node.place} was used as a JavaScript value (an operator or a template); it has no value while tracing. ` +
        `Use its methods (x.add(y), x.lt(y), where(c, x, y)), or await x.data() outside of compile().`,
      { place: this.node.place },
    )
  }
}

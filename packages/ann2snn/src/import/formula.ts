import type { BinaryFunction, UnaryFunction } from '@snn/nn'
import { prefixes, type Call, type Operand } from './call.js'
import type { Source } from './draft.js'

/** A value with what it is made of: the layers of a formula, one after the other. */
export class Formula {
  constructor(
    private readonly call: Call,
    readonly source: Source,
    /** Of one sample. */
    readonly shape: readonly number[],
  ) {}

  private with(source: Source, shape = this.shape): Formula {
    return new Formula(this.call, source, shape)
  }
  unary(name: UnaryFunction): Formula {
    return this.with(this.call.emit(name, 'unary', [this.source], { function: name }, { shape: this.shape }))
  }
  constant(name: BinaryFunction, value: number): Formula {
    return this.with(this.call.byConstant(name, this.source, this.shape, { data: Float32Array.of(value), shape: [] }))
  }
  reduce(name: 'sum' | 'mean', axes: readonly number[]): Formula {
    const shape = this.shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
    return this.with(
      this.call.emit(name, 'reduce', [this.source], { function: name, axes, keepDims: true }, { shape }),
      shape,
    )
  }
  binary(name: BinaryFunction, other: Formula): Formula {
    return this.with(
      this.call.emit(prefixes[name], 'binary', [this.source, other.source], { function: name }, { shape: this.shape }),
    )
  }
  /** The product with the transpose of `weight` [out, in]. */
  linear(weight: Operand, bias: Operand | undefined): Formula {
    const shape = [...this.shape.slice(0, -1), weight.shape[0]!]
    return this.with(
      this.call.emit('fc', 'linear', [this.source], {}, { arrays: { weight, ...(bias && { bias }) }, shape }),
      shape,
    )
  }
  matmul(right: Formula): Formula {
    const shape = [...this.shape.slice(0, -1), right.shape.at(-1)!]
    return this.with(this.call.emit('matmul', 'matmul', [this.source, right.source], {}, { shape }), shape)
  }
  /** Entries start .. end - 1 along an axis. */
  slice(axis: number, start: number, end: number): Formula {
    const shape = this.shape.map((n, i) => (i === axis ? end - start : n))
    return this.with(this.call.emit('slice', 'slice', [this.source], { axis, start, end, step: 1 }, { shape }), shape)
  }
  reshape(shape: readonly number[]): Formula {
    return this.with(this.call.reshape(this.source, shape), shape)
  }
  /** This and others, joined along an axis. */
  concat(others: readonly Formula[], axis: number): Formula {
    if (others.length === 0) return this
    const shape = this.shape.map((n, i) =>
      i === axis ? others.reduce((sum, other) => sum + other.shape[axis]!, n) : n,
    )
    return this.with(
      this.call.emit('concat', 'concat', [this.source, ...others.map(({ source }) => source)], { axis }, { shape }),
      shape,
    )
  }
  resample(axis: number, matrix: Float32Array): Formula {
    const size = this.shape[axis]!
    return this.with(
      this.call.emit(
        'resample',
        'resample',
        [this.source],
        { axis },
        { arrays: { matrix: { data: matrix, shape: [size, size] } }, shape: this.shape },
      ),
    )
  }
}

export function formulaOf(call: Call, i = 0): Formula {
  const x = call.activation(i)
  return new Formula(call, x.source, x.layout.shape)
}

/** The same array for every sample. */
export function parameterOf(call: Call, value: Operand): Formula {
  return new Formula(
    call,
    call.emit('parameter', 'parameter', [call.progress.anyInput], {}, { arrays: { value }, shape: value.shape }),
    value.shape,
  )
}

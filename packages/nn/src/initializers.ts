import { full, sizeOf, tensor, type Shape, type Tensor } from '@snn/tensor'
import { interpret, referenceKernels } from '@snn/tensor/backend'
import { checkArray, checkMembers, checkOptions, allocate, type Draws } from '@snn/tensor/library'
import { check } from './check.js'

/** How many inputs reach each output of a layer, and how many outputs each input reaches. */
export interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

/** The first values of a weight or bias, as a constant tensor. */
export type Initializer = (shape: Shape, fans: Fans, draws: Draws) => Tensor

/** The initializer, which looks at what it is given. */
function initializer(operation: string, draw: Initializer): Initializer {
  return (shape, fans, draws) => {
    checkArray(operation, shape, 'shape')
    checkMembers(operation, fans, 'fans', ['fanIn', 'fanOut'], '{ fanIn, fanOut }')
    checkMembers(
      operation,
      draws,
      'draws',
      ['uniform()', 'normal()'],
      'where random numbers come from: { uniform, normal }',
    )
    return draw(shape, fans, draws)
  }
}

function between(bound: number, shape: Shape, { uniform }: Draws): Tensor {
  return uniform(shape)
    .mul(2 * bound)
    .sub(bound)
}

/**
 * Uniform in [-1 / sqrt(fanIn), 1 / sqrt(fanIn)): Kaiming initialisation with the gain of a leaky ReLU of slope
 * sqrt(5), which is PyTorch's default for convolutions, linear layers and their biases, and ours.
 */
export const fanInUniform: Initializer = (...given) =>
  initializer('fanInUniform', (shape, { fanIn }, draws) => between(1 / Math.sqrt(fanIn), shape, draws))(...given)

export interface KaimingOptions {
  /** Slope of the leaky ReLU that follows; 0, a ReLU, by default. */
  readonly slope?: number
  /** 'in' keeps the variance in the forward pass, 'out' in the backward pass. Default 'in'. */
  readonly mode?: 'in' | 'out'
}

/** sqrt(2 / (1 + slope^2)) / sqrt(fan) */
function kaimingDeviation({ slope = 0, mode = 'in' }: KaimingOptions, { fanIn, fanOut }: Fans): number {
  return Math.sqrt(2 / (1 + slope ** 2) / (mode === 'in' ? fanIn : fanOut))
}

function checkKaiming(operation: string, { slope = 0, mode = 'in' }: KaimingOptions): void {
  check(operation, 'slope', slope, Number.isFinite(slope), 'a finite number')
  check(operation, 'mode', mode, mode === 'in' || mode === 'out', "'in' or 'out'")
}

/** Uniform with standard deviation sqrt(2 / (1 + slope^2) / fan) (He et al. 2015). */
export function kaimingUniform(options: KaimingOptions = {}): Initializer {
  checkOptions('kaimingUniform', options, ['slope', 'mode'])
  checkKaiming('kaimingUniform', options)
  return initializer('kaimingUniform', (shape, fans, draws) =>
    between(Math.sqrt(3) * kaimingDeviation(options, fans), shape, draws),
  )
}

/** Normal with standard deviation sqrt(2 / (1 + slope^2) / fan) (He et al. 2015). */
export function kaimingNormal(options: KaimingOptions = {}): Initializer {
  checkOptions('kaimingNormal', options, ['slope', 'mode'])
  checkKaiming('kaimingNormal', options)
  return initializer('kaimingNormal', (shape, fans, { normal }) => normal(shape).mul(kaimingDeviation(options, fans)))
}

export interface GainOptions {
  /** Factor of every value. Default 1. */
  readonly gain?: number
}

/** Uniform with standard deviation gain sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function xavierUniform(options: GainOptions = {}): Initializer {
  checkOptions('xavierUniform', options, ['gain'])
  const { gain = 1 } = options
  check('xavierUniform', 'gain', gain, Number.isFinite(gain), 'a finite number')
  return initializer('xavierUniform', (shape, { fanIn, fanOut }, draws) =>
    between(gain * Math.sqrt(6 / (fanIn + fanOut)), shape, draws),
  )
}

/** Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function xavierNormal(options: GainOptions = {}): Initializer {
  checkOptions('xavierNormal', options, ['gain'])
  const { gain = 1 } = options
  check('xavierNormal', 'gain', gain, Number.isFinite(gain), 'a finite number')
  return initializer('xavierNormal', (shape, { fanIn, fanOut }, { normal }) =>
    normal(shape).mul(gain * Math.sqrt(2 / (fanIn + fanOut))),
  )
}

/** One value everywhere. */
export function constant(value: number): Initializer {
  check('constant', 'value', value, Number.isFinite(value), 'a finite number')
  return (shape) => full(shape, value)
}

/**
 * A random orthogonal matrix (Saxe et al. 2014) times `gain`, of the first axis against all others: rows orthonormal
 * where there are no more of them than columns, else columns. By Gram-Schmidt, whose positive lengths make it uniform
 * over all rotations.
 */
export function orthogonal(options: GainOptions = {}): Initializer {
  checkOptions('orthogonal', options, ['gain'])
  const { gain = 1 } = options
  check('orthogonal', 'gain', gain, Number.isFinite(gain), 'a finite number')
  return initializer('orthogonal', (shape, _, { normal }) => {
    const rows = shape[0] ?? 1
    const columns = sizeOf(shape) / rows
    const [count, length] = rows <= columns ? [rows, columns] : [columns, rows]
    const random = interpret(normal([count, length]), referenceKernels).data
    const vectors = orthonormal(
      Array.from({ length: count }, (_, i) => Float64Array.from(random.subarray(i * length, (i + 1) * length))),
    )
    const data = allocate('float32', rows * columns)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++)
        data[r * columns + c] = gain * (rows <= columns ? vectors[r]![c]! : vectors[c]![r]!)
    return tensor({ data, shape })
  })
}

/** Gram-Schmidt, each projection taken from what is left of the vector. */
function orthonormal(vectors: readonly Float64Array[]): readonly Float64Array[] {
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
  vectors.forEach((vector, k) => {
    for (const before of vectors.slice(0, k)) {
      const along = dot(vector, before)
      before.forEach((x, i) => (vector[i] = vector[i]! - along * x))
    }
    const length = Math.sqrt(dot(vector, vector))
    vector.forEach((x, i) => (vector[i] = x / length))
  })
  return vectors
}

export { SnnError, isSnnError, type ErrorCode, type ErrorDetails } from './error.js'
export { type DType, type TypedArray, type TypedArrayOf } from './dtype.js'
export { type Shape, sizeOf, sameShape, formatShape } from './shape.js'
export { type TensorLike, type HostTensor, hostTensor } from './tensor-like.js'
export { type Tensor, type Operand } from './tensor.js'
export { type Variable } from './variable.js'
export { variable, zerosVariable } from './variable-cell.js'
export { type Padding, type CustomGradientRule } from './primitive.js'
export { tensor, scalar, full, zeros, ones, iota, placeholder, oneHot, uniform, normal } from './ops/leaf.js'
export { where, stopGradient, customGradient } from './ops/elementwise.js'
export { broadcastTo, repeat, concat, stack, gather, scatterAdd, take } from './ops/movement.js'
export {
  matmul,
  conv,
  convTranspose,
  type ConvOptions,
  type ConvTransposeOptions,
  type PaddingOption,
} from './ops/linear.js'
export { maxPool, argmaxPool, averagePool, type MaxPoolOptions, type AveragePoolOptions } from './ops/pool.js'
export { scan, type ScanOptions } from './scan.js'
export { grad, type Differentiable } from './grad.js'
export { compile, type Compiled, type CompileFunctionOptions, type Argument } from './compile.js'
export { setDefaultBackend, defaultBackend } from './backend-default.js'
export { type Backend } from './backend.js'
export { reference } from './reference/backend.js'

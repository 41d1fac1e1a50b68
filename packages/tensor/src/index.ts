export { SnnError, isSnnError, type ErrorCode, type ErrorDetails } from './error.js'
export { type DType, type TypedArray, type TypedArrayOf, bytesPerElement, allocate, isFloat } from './dtype.js'
export { type Shape, sizeOf, sameShape, formatShape, stridesOf, broadcastShapes } from './shape.js'
export { type TensorLike, type HostTensor, hostTensor } from './tensor-like.js'

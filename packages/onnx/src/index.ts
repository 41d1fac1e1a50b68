export { type OnnxErrorDetails } from './error-codes.js'
export type {
  Dim,
  OnnxAttribute,
  OnnxDataOf,
  OnnxDType,
  OnnxGraph,
  OnnxModelSpec,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
  ReadOptions,
  UnsupportedNode,
} from './graph.js'
export { batchSymbol } from './graph.js'
export { readOnnx } from './read/read.js'
export { writeOnnx } from './write.js'
export { assertSupported } from './assert-supported.js'
export { numbersOf, tensorOf } from './dtype.js'
export { fromFloat16, toFloat16 } from './read/half.js'
export {
  constantInput,
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  numbersInput,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
  valueOf,
} from './access.js'
export { lowerGraph, isLowered, type LowerOptions } from './lower/lower.js'
export { freeSize } from './lower/free-size.js'
export { readContents, type ModelContents } from './read/contents.js'

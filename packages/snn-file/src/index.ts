export { type SnnFileErrorDetails } from './error-codes.js'
export { toOnnx, type ToOnnxOptions } from './to-onnx.js'
export { readSnn, isSnnFile, type ReadOptions } from './read-snn.js'
export { type SnnMetadata } from './snn-form.js'

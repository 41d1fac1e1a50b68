export {
  type Assign,
  type Backend,
  type CompileOptions,
  type DeviceTensor,
  type Executable,
  type Program,
  type RunOptions,
  type Storage,
} from './backend.js'
export { createNode, rebuild } from './build.js'
export { type Signature } from './rules/shape.js'
export { withOrigin, type Scope } from './trace.js'
export { scanNode } from './scan.js'
export { rewrite } from './passes/rewrite.js'
export { deadCode } from './passes/dead-code.js'
export { bytesPerElement } from './dtype.js'
export { type Node, type Graph, isPrimitive, topological } from './graph.js'
export { type Primitive, type Primitives } from './primitive.js'
export { traceFunction, type Traced } from './trace-function.js'
export { interpret, type Kernels, type Kernel, type Inputs, type ScanKernel } from './interpret.js'
export { numberKernels } from './number-kernels.js'
export { referenceKernels } from './reference/kernels.js'
export { unrollScans } from './passes/unroll-scans.js'
export { type Value } from './reference/value.js'
export { fillUniform } from './reference/random.js'

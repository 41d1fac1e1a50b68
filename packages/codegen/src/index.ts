export { isScalar, kindOf, type ScalarValue, type ScalarPrimitive, type Access, type Kind } from './form/scalar.js'
export {
  keyOf,
  type Kernel,
  type Operand,
  type Phase,
  type Pool,
  type Slot,
  type Space,
  type Store,
} from './form/kernel.js'
export { mappingOf, sumMapping, lookThrough, type Mapping, type Mapped } from './form/mapping.js'
export { type Fused } from './form/kernel-builder.js'
export { fuse, type GroupOptions } from './form/fuse.js'
export { fuseScan, type ScanFusionOptions } from './form/fuse-scan.js'
export { narrow } from './form/narrow.js'
export { divide, type Blocks, type SteppedKernel } from './layout/blocks.js'
export { argumentArray, createMemory, mostPages, type ArgumentArray, type MemoryType } from './layout/memory-type.js'
export { argumentWords, operandWord, randomBlock, randomWords } from './layout/arguments.js'
export { kernelFunction, printKernel } from './wasm/kernel.js'
export { type FusedNest, type Loops, type NestAccess, type NestKernel, type NestValue } from './form/nest.js'
export { fuseColumns, fuseNest } from './form/fuse-nest.js'
export { nestFunction } from './wasm/nest.js'
export { fusePlanes, type FusedPlanes, type PlaneKernel, type PlaneWindows } from './form/planes.js'
export { planesFunction } from './wasm/planes.js'
export { fuseDepthwise, type DepthwiseKernel, type FusedDepthwise } from './form/depthwise.js'
export { depthwiseFunction } from './wasm/depthwise.js'
export { randomFunction } from './wasm/random.js'
export { fuseEventConv, type EventConvKernel } from './form/event-conv.js'
export {
  eventConvPlan,
  eventConvUnits,
  eventConvWords,
  packEventWeights,
  type EventConvPlan,
} from './layout/event-conv-plan.js'
export { eventConvFunction, eventConvScratch } from './wasm/event-conv.js'
export { lineBytes, sampleNonZeroFunction, sampleWords, sampledValues } from './wasm/sample-nonzero.js'
export { kernelName, printUnit, unitFlags, type CKernel } from './c/unit.js'
export { eventConvC, eventConvScratchC } from './c/event-conv.js'
export { kernelC, printKernelC } from './c/kernel.js'
export { nestC } from './c/nest.js'
export { planesC } from './c/pooling.js'
export { depthwiseC } from './c/depthwise.js'
export { randomC } from './c/random.js'
export { type WasmFunction } from './wasm/instruction.js'
export { encodeModule } from './wasm/encode.js'

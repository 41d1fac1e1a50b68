export { isScalar, kindOf, type ScalarKernel, type ScalarInput, type ScalarValue, type ScalarPrimitive, type Access, type Kind } from './scalar.js'
export { viewOf, repeatedAlong, type View, type Space } from './view.js'
export { fuse, type Fused, type FuseOptions } from './fuse.js'
export { printElementwise } from './wat/elementwise.js'

export { allocate, isFloat } from './dtype.js'
export { stridesOf, broadcastShapes } from './shape.js'
export {
  checkArray,
  checkArrayLike,
  checkBytes,
  checkFunction,
  checkMembers,
  checkObject,
  checkOptions,
  checkString,
  checkTensor,
  describeValue,
  wrongArgument,
} from './check.js'
export {
  checkByRules,
  isList,
  isNumber,
  isObject,
  isText,
  oneOf,
  optionsBy,
  optionRule,
  type OptionRule,
  type OptionRules,
} from './option-rules.js'
export { fileKind, type FileKind } from './file-kind.js'
export { indexOfNotFinite } from './not-finite.js'
export { drawnVariables, type DrawnSpec, type DrawnVariables, type Draws } from './drawn-variables.js'
export { currentPath, withPath } from './trace.js'
export { perAxis, paddingPerAxis, type PerAxis } from './ops/linear.js'
export { gradientReach, type GradientReach } from './gradient-reach.js'
export { evaluateShapes } from './evaluate-shapes.js'
export { asOneOperation } from './build.js'
export { type Tree, type MapTensors, isTensor, flattenTensors } from './tree.js'

export { type NirErrorDetails } from './error-codes.js'
export { type NirArray, nirArray } from './array.js'
export {
  type Integers,
  type NirAffine,
  type NirAvgPool2d,
  type NirConv1d,
  type NirConv2d,
  type NirCubaLI,
  type NirCubaLIF,
  type NirDelay,
  type NirFlatten,
  type NirGraph,
  type NirI,
  type NirIF,
  type NirInput,
  type NirLI,
  type NirLIF,
  type NirLinear,
  type NirMetadata,
  type NirNeuron,
  type NirNode,
  type NirNodeOf,
  type NirNodeType,
  type NirOutput,
  type NirPadding,
  type NirScale,
  type NirSumPool2d,
  type NirThreshold,
} from './graph.js'
export { readNir, type ReadNirOptions } from './read-nir.js'
export { writeNir, type WriteNirOptions } from './write-nir.js'
export { nirFromJson, nirToJson } from './json.js'
export { inferShapes, type InferredShapes, type NirFault, type NodeShapes } from './shapes.js'
export { repairNir, type Repaired } from './repair.js'
export { fromNir, type FromNirOptions } from './from-nir.js'
export { discretisations, type Discretisation, type DiscretisationName } from './discretisations.js'
export { nirNeurons } from './neurons.js'
export { toNir, type ToNirOptions } from './to-nir.js'
export {
  type EventData,
  type NirGraphData,
  type NirNodeData,
  type NirObservable,
  type TimeGriddedData,
  type ValuedEventData,
} from './data/data.js'
export { readNirData } from './data/read-nir-data.js'
export { writeNirData } from './data/write-nir-data.js'
export { toEvents, toTimeGrid } from './data/events.js'
export { checkNirData, compareNirData, fromNirData, toNirData, type NirDifference } from './data/recorded.js'
export { lint, type LintOptions, type NirLint } from './lint/lint.js'
export { adaptNir } from './lint/adapt.js'
export { readers, type Capability, type GraphLimits, type Reader, type ReaderName } from './lint/readers.js'
export { type Condition } from './lint/condition.js'
export { capabilityTable } from './lint/capability-table.js'
export { resources, type NirResources } from './resources/resources.js'
export {
  type ChipProblem,
  type ChipResources,
  type LayerResources,
  type Resources,
} from './resources/chip-resources.js'
export { matrixConnections, windowConnections, type Connections, type Windows } from './resources/connections.js'
export { onSpeck, speckCores, type SpeckLayer } from './resources/speck.js'

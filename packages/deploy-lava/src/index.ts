export { readNet } from './net/read-net.js'
export { writeNet } from './net/write-net.js'
export { type NetFile, type NetLayer } from './net/net-file.js'
export {
  netTensor,
  netScalar,
  layerKindText,
  neuronKindText,
  type NetDType,
  type NetTensor,
  type NetText,
  type NetValue,
} from './net/net-value.js'
export {
  exportNet,
  checkExportable,
  hasBranches,
  type ExportNetOptions,
  type ExportReport,
  type ExportedLayer,
  type ExportedNet,
} from './export/export-net.js'
export { exportProcesses, type ExportedProcesses } from './export/export-processes.js'
export { splitEncoder, type SplitNetwork } from './export/split-encoder.js'
export { chipNetwork, type ChipNetwork, type ChipNetworkOptions } from './train/chip-network.js'
export { approximations, type Approximation } from './export/neuron-form.js'
export { type ChipProblem, type ChipResources, type LayerResources, type Resources } from '@snn/nir'
export { resources } from './resources/resources.js'
export { loihi1, loihi2, type ChipLimits } from './resources/limits.js'

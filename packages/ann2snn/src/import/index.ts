export { importModel, importOnnx, type Imported, type ImportOptions } from './import-onnx.js'
export type { Origin } from './draft.js'

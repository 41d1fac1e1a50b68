import * as file from '@snn/snn-file'

// Names that have moved. They stay for two minor versions.

/** @deprecated Import it from `@snn/snn-file`. */
export const toOnnx: typeof file.toOnnx = file.toOnnx

/** @deprecated Import it from `@snn/snn-file`. */
export const readSnn: typeof file.readSnn = file.readSnn

/** @deprecated Import it from `@snn/snn-file`. */
export const isSnnFile: typeof file.isSnnFile = file.isSnnFile

/** @deprecated Import it from `@snn/snn-file`. */
export type ToOnnxOptions = file.ToOnnxOptions

/** @deprecated Import it from `@snn/snn-file`. */
export type ReadOptions = file.ReadOptions

/** @deprecated Import it from `@snn/snn-file`. */
export type SnnMetadata = file.SnnMetadata

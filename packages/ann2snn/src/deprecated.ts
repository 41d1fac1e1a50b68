import * as file from '@snn/snn-file'
import type { ThresholdMode } from './calibrate/thresholds.js'

// Names that have moved. They stay for two minor versions.

/** @deprecated Import it from `@snn/snn-file`. */
/**
 * A network as a `.snn.onnx` file.
 * @deprecated Use that of `@snn/snn-file`, which saves and reads networks without converting any.
 */
export const toOnnx: typeof file.toOnnx = file.toOnnx

/** @deprecated Import it from `@snn/snn-file`. */
/**
 * A network from a `.snn.onnx` file.
 * @deprecated Use that of `@snn/snn-file`, which saves and reads networks without converting any.
 */
export const readSnn: typeof file.readSnn = file.readSnn

/** @deprecated Import it from `@snn/snn-file`. */
/**
 * Whether bytes are a `.snn.onnx` file.
 * @deprecated Use that of `@snn/snn-file`, which saves and reads networks without converting any.
 */
export const isSnnFile: typeof file.isSnnFile = file.isSnnFile

/** @deprecated Import it from `@snn/snn-file`. */
/**
 * Options of `toOnnx`.
 * @deprecated Use that of `@snn/snn-file`, which saves and reads networks without converting any.
 */
export type ToOnnxOptions = file.ToOnnxOptions

/** @deprecated Import it from `@snn/snn-file`. */
/**
 * Options of `readSnn`.
 * @deprecated Use that of `@snn/snn-file`, which saves and reads networks without converting any.
 */
export type ReadOptions = file.ReadOptions

/** @deprecated Import it from `@snn/snn-file`. */
/**
 * What a `.snn.onnx` file says of its network.
 * @deprecated Use that of `@snn/snn-file`, which saves and reads networks without converting any.
 */
export type SnnMetadata = file.SnnMetadata

/**
 * How thresholds are chosen.
 *
 * @deprecated Its name is `ThresholdMode`.
 */
export type Mode = ThresholdMode

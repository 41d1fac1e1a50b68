import type { Network } from '@snn/nn'

/** Version of the form of `.snn.onnx` files. */
export const formatVersion = 1

/** What a `.snn.onnx` file says beside the network. */
export interface SnnMetadata {
  /** How pictures become inputs. */
  readonly preprocess?: unknown
  /** What is added to a label of the data that it was converted with to give the index of its class. */
  readonly labelOffset?: number
  /** Names of the classes, by index. */
  readonly classNames?: readonly string[]
  /** Recommended number of time steps. */
  readonly T?: number
  /** Digests of the images that it was calibrated with, so that nobody measures on them: `imageDigest` of @snn/datasets, say. */
  readonly calibration?: readonly string[]
}

/** A node as JSON. */
export interface NodeDescription {
  readonly name: string
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  readonly inputs: readonly string[]
  /** Names of the file's constants, by name in the layer. */
  readonly variables: Readonly<Record<string, string>>
}

/** A network as JSON: the metadata `snn.network`. */
export interface NetworkDescription {
  readonly inputs: Network['inputs']
  readonly nodes: readonly NodeDescription[]
  readonly outputs: readonly string[]
}

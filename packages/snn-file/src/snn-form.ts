import type { Network, NetworkMetadata, ReadoutOption } from '@snn/nn'

/**
 * Version of the form of `.snn.onnx` files. 1: the output of the last step counts. 2: the metadata `snn.readout` and
 * `snn.encoding` say more. A file is written as 1 or 2 where that says all, so that older readers take it. 3: the
 * network has connections backwards.
 */
export const formatVersion = 3

/**
 * What a `.snn.onnx` file says beside the network; what is said of how the network runs is in `Network.metadata`, too.
 */
export interface SnnMetadata extends Omit<NetworkMetadata, 'readout'> {
  /** How the outputs of all steps are read. */
  readonly readout?: ReadoutOption
  /** How pictures become inputs. */
  readonly preprocess?: unknown
  /** What is added to a label of the data that it was converted with to give the index of its class. */
  readonly labelOffset?: number
  /** Names of the classes, by index. */
  readonly classNames?: readonly string[]
  /**
   * Digests of the images that it was calibrated with, so that nobody measures on them: `imageDigest` of @snn/datasets,
   * say.
   */
  readonly calibration?: readonly string[]
  /** Digest of the file that it was converted from: `sha256:` and 64 hexadecimal digits of its bytes. */
  readonly source?: string
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
  /** Connections backwards, where there are some. */
  readonly feedback?: Network['feedback']
}

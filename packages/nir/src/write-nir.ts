import { packedChunks, writeTree } from '@snn/hdf5'
import { checkByRules } from '@snn/tensor/library'
import { checkGraph } from './check-graph.js'
import { checkNir } from './check.js'
import { completed } from './complete.js'
import type { NirGraph } from './graph.js'
import { treeFromGraph } from './to-tree.js'
import { writeNirRules } from './option-rules.js'

/** The version of `nir` whose form is written, unless the graph names one. */
export const nirVersion = '1.0.8'

export interface WriteNirOptions {
  /** Whether arrays are packed by gzip, as `nir.write` does. Default true. */
  readonly compression?: boolean
  /** Whether edges and shapes are checked first. Default true. */
  readonly check?: boolean
}

/**
 * A graph as the bytes of a `.nir` file that `nir` 1.0.7 and newer read. Convolutions that do not state the size of
 * their input get it from what comes in.
 *
 * @throws `NIR_INVALID` for a graph that contradicts itself
 */
export async function writeNir(graph: NirGraph, options: WriteNirOptions = {}): Promise<Uint8Array> {
  checkGraph('writeNir', graph)
  checkByRules('writeNir', options, writeNirRules)
  const { compression = true, check = true } = options
  if (check) checkNir('writeNir', graph)
  const tree = treeFromGraph(completed(graph), graph.version ?? nirVersion, compression)
  return writeTree(tree, await packedChunks(tree))
}

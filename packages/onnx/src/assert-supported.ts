import { checkMembers } from '@snn/tensor/library'
import { unsupportedError } from './errors.js'
import type { OnnxGraph, UnsupportedNode } from './graph.js'

/**
 * Throws `ONNX_UNSUPPORTED` listing all nodes that are not understood, with `more` that the caller cannot use, if there
 * are any.
 */
export function assertSupported(graph: OnnxGraph, more: readonly UnsupportedNode[] = [], operation = 'readOnnx'): void {
  checkMembers('assertSupported', graph, 'graph', ['nodes', 'inputs', 'outputs', 'constants'], 'a graph of readOnnx')
  const nodes = [...graph.unsupported, ...more]
  if (nodes.length > 0) throw unsupportedError(nodes, operation)
}

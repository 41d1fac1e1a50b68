import type { Network } from '@snn/nn'
import type { OnnxGraph } from '@snn/onnx'
import { checkBytes, checkMembers, wrongArgument } from '@snn/tensor/library'

/** Throws `ARGUMENT` unless `net` is a Network. */
export function checkNetwork(operation: string, net: unknown, name = 'network'): asserts net is Network {
  checkMembers(
    operation,
    net,
    name,
    ['nodes', 'run()'],
    'a Network',
    'Take .network of importModel(bytes), or .snn of convert(..) or readSnn(bytes).',
  )
}

/** Throws `ARGUMENT` unless `graph` has these parts of an OnnxGraph. */
export function checkGraph(
  operation: string,
  graph: unknown,
  parts: readonly (keyof OnnxGraph)[] = ['nodes', 'inputs', 'outputs', 'constants', 'values'],
): void {
  checkMembers(operation, graph, 'graph', parts, 'a graph of readOnnx', 'Give readOnnx(bytes).')
}

/** A Network, or the bytes of an ONNX file. Throws `ARGUMENT` for anything else, with what makes one of it. */
export function checkSource(operation: string, source: unknown): Network | Uint8Array {
  if (typeof source === 'object' && source !== null) {
    if ('nodes' in source && 'run' in source) return source as Network
    if ('nodes' in source && 'opset' in source)
      throw wrongArgument(
        operation,
        'source',
        source,
        'the bytes of an ONNX file or a Network',
        'Give importOnnx(graph).network.',
      )
    if ('network' in source)
      throw wrongArgument(operation, 'source', source, 'the bytes of an ONNX file or a Network', 'Give its .network.')
  }
  return checkBytes(
    operation,
    source,
    'source',
    'Read the file first: await readFile(path); where weights lie in files beside it, importOnnx(await readOnnxFile(path)).network with readOnnxFile of @snn/onnx/node.',
  )
}

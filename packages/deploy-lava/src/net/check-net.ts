import { checkArray, checkMembers } from '@snn/tensor/library'
import type { NetFile } from './net-file.js'

/** Throws `ARGUMENT` unless `net` holds layers as `readNet` gives them. */
export function checkNet(operation: string, net: unknown): asserts net is NetFile {
  checkMembers(
    operation,
    net,
    'net',
    ['layers', 'other'],
    'a NetFile',
    'Give what readNet(bytes) gives, or .net of exportNet(network).',
  )
  checkArray(operation, (net as NetFile).layers, 'net.layers')
  for (const [i, layer] of (net as NetFile).layers.entries())
    checkMembers(operation, layer, `net.layers[${i}]`, ['kind', 'values'], '{ kind, values }')
}

import { checkArray, checkMembers } from '@snn/tensor/library'
import type { NetFile } from './net/net-file.js'
import type { ProcessGraph } from './sim/process-graph.js'

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

/** Throws `ARGUMENT` unless `graph` holds named processes and connections. */
export function checkProcesses(operation: string, graph: unknown): asserts graph is ProcessGraph {
  checkMembers(
    operation,
    graph,
    'graph',
    ['inputShape', 'processes', 'connections'],
    'a ProcessGraph',
    'Give what loadNetwork(net) gives.',
  )
  for (const name of ['inputShape', 'processes', 'connections'] as const)
    checkArray(operation, (graph as ProcessGraph)[name], `graph.${name}`)
  for (const [i, named] of (graph as ProcessGraph).processes.entries())
    checkMembers(operation, named, `graph.processes[${i}]`, ['name', 'process'], '{ name, process }')
}

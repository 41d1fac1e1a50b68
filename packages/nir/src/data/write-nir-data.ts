import { sizeOf, SnnError } from '@snn/tensor'
import { checkRecorded } from '../arguments.js'
import { group, numbers, strings, type Hdf5Dataset, type Hdf5Group } from '../hdf5/tree.js'
import { writeTree } from '../hdf5/write-tree.js'
import { observablesOf, type NirGraphData, type NirNodeData, type NirObservable } from './data.js'

/**
 * Recorded data as bytes that `nir.read_data` reads.
 *
 * @throws `SHAPE` for arrays that do not fit their shape
 */
export async function writeNirData(data: NirGraphData): Promise<Uint8Array> {
  checkRecorded('writeNirData', data)
  for (const [path, observable] of observablesOf(data)) checkSizes(path, observable)
  return writeTree(graphTree(data))
}

const typed = (entries: Readonly<Record<string, Hdf5Group | Hdf5Dataset>>, type: string, more: Readonly<Record<string, Hdf5Dataset>> = {}): Hdf5Group => group(entries, { __type__: strings(type), ...more })

function graphTree({ nodes, type }: NirGraphData): Hdf5Group {
  return typed({ nodes: group(Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, node.type === 'NIRGraphData' ? graphTree(node) : nodeTree(node)]))) }, type)
}

function nodeTree({ observables, type }: NirNodeData): Hdf5Group {
  return typed({ observables: group(Object.fromEntries(Object.entries(observables).map(([name, value]) => [name, observableTree(value)]))) }, type)
}

function observableTree(value: NirObservable): Hdf5Group {
  const packed = (type: 'float32' | 'float64' | 'int64' | 'bool', data: Float32Array | Float64Array): Hdf5Dataset => ({ ...numbers(type, data, value.shape), packed: true })
  if (value.type === 'TimeGriddedData') {
    const type = value.binary ? 'bool' : value.data instanceof Float32Array ? 'float32' : 'float64'
    return typed({ data: packed(type, value.data) }, value.type, { dt: numbers('float64', value.dt) })
  }
  const columns = { idx: packed('int64', value.idx), time: packed('float64', value.time), ...(value.type === 'ValuedEventData' && { value: packed('float64', value.value) }) }
  return typed(columns, value.type, { n_neurons: numbers('int64', value.n_neurons), t_max: numbers('float64', value.t_max) })
}

function checkSizes(path: string, value: NirObservable): void {
  const arrays = value.type === 'TimeGriddedData' ? [value.data] : value.type === 'EventData' ? [value.idx, value.time] : [value.idx, value.time, value.value]
  const wrong = arrays.find(({ length }) => length !== sizeOf(value.shape))
  if (wrong) throw new SnnError('SHAPE', `[writeNirData] '${path}' has ${wrong.length} values for the shape [${value.shape.join(',')}], expected ${sizeOf(value.shape)}. Correct one of them.`, { shapes: [value.shape, [wrong.length]] })
}

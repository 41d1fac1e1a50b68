import { group, numbers, packedChunks, strings, writeTree } from '@snn/hdf5'
import { sizeOf, SnnError } from '@snn/tensor'
import { checkRecorded } from '../arguments.js'
import { observablesOf, type NirGraphData, type NirNodeData, type NirObservable } from './data.js'
import type { NirTree, NirTreeDataset } from '../tree.js'

/**
 * Recorded data as bytes that `nir.read_data` reads.
 *
 * @throws `SHAPE` for arrays that do not fit their shape
 */
export async function writeNirData(data: NirGraphData): Promise<Uint8Array> {
  checkRecorded('writeNirData', data)
  for (const [path, observable] of observablesOf(data)) checkSizes(path, observable)
  const tree = graphTree(data)
  return writeTree(tree, await packedChunks(tree))
}

const typed = (
  entries: Readonly<Record<string, NirTree | NirTreeDataset>>,
  type: string,
  more: Readonly<Record<string, NirTreeDataset>> = {},
): NirTree => group(entries, { __type__: strings(type), ...more })

function graphTree({ nodes, type }: NirGraphData): NirTree {
  return typed(
    {
      nodes: group(
        Object.fromEntries(
          Object.entries(nodes).map(([name, node]) => [
            name,
            node.type === 'NIRGraphData' ? graphTree(node) : nodeTree(node),
          ]),
        ),
      ),
    },
    type,
  )
}

function nodeTree({ observables, type }: NirNodeData): NirTree {
  return typed(
    {
      observables: group(
        Object.fromEntries(Object.entries(observables).map(([name, value]) => [name, observableTree(value)])),
      ),
    },
    type,
  )
}

function observableTree(value: NirObservable): NirTree {
  const packed = (
    type: 'float32' | 'float64' | 'int64' | 'bool',
    data: Float32Array | Float64Array,
  ): NirTreeDataset => ({ ...numbers(type, data, value.shape), packed: true })
  if (value.type === 'TimeGriddedData') {
    const type = value.binary ? 'bool' : value.data instanceof Float32Array ? 'float32' : 'float64'
    return typed({ data: packed(type, value.data) }, value.type, { dt: numbers('float64', value.dt) })
  }
  const columns = {
    idx: packed('int64', value.idx),
    time: packed('float64', value.time),
    ...(value.type === 'ValuedEventData' && { value: packed('float64', value.value) }),
  }
  return typed(columns, value.type, {
    n_neurons: numbers('int64', value.n_neurons),
    t_max: numbers('float64', value.t_max),
  })
}

function checkSizes(path: string, value: NirObservable): void {
  const arrays =
    value.type === 'TimeGriddedData'
      ? [value.data]
      : value.type === 'EventData'
        ? [value.idx, value.time]
        : [value.idx, value.time, value.value]
  const wrong = arrays.find(({ length }) => length !== sizeOf(value.shape))
  if (wrong)
    throw new SnnError(
      'SHAPE',
      `[writeNirData] '${path}' has ${wrong.length} values for the shape [${value.shape.join(',')}], expected ${sizeOf(value.shape)}. Correct one of them.`,
      { shapes: [value.shape, [wrong.length]] },
    )
}

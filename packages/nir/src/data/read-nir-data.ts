import { invalidFile, isGroup } from '@snn/hdf5'
import { sizeOf } from '@snn/tensor'
import { checkByRules } from '@snn/tensor/library'
import type { NirGraphData, NirNodeData, NirObservable } from './data.js'
import { readNirTree, type NirTree, type NirTreeDataset, type NirTreeValues } from '../tree.js'
import { readNirDataRules } from '../option-rules.js'

/**
 * Reads recorded data, as `nir.write_data` writes them.
 *
 * @throws `DATA_INVALID` for a file that is damaged or holds something else
 */
export async function readNirData(bytes: Uint8Array, options: { readonly file?: string } = {}): Promise<NirGraphData> {
  checkByRules('readNirData', options, readNirDataRules)
  const { file = 'data.nir' } = options
  const root = await readNirTree('readNirData', bytes, file)
  return new DataReader(file).graph(root, '')
}

class DataReader {
  constructor(private readonly file: string) {}

  graph(from: NirTree, path: string): NirGraphData {
    if (this.typeOf(from) !== 'NIRGraphData')
      throw this.invalid(
        path,
        from.entries.has('node')
          ? 'is a graph, no recorded data. Read it by readNir.'
          : `is of the type '${this.typeOf(from)}', expected NIRGraphData.`,
      )
    const nodes = [...this.groupOf(from, 'nodes', path).entries].map(([name, entry]) => {
      const at = `${path}/${name}`
      if (!isGroup(entry)) throw this.invalid(at, 'is no group.')
      return [name, this.typeOf(entry) === 'NIRNodeData' ? this.node(entry, at) : this.graph(entry, at)] as const
    })
    return { type: 'NIRGraphData', nodes: Object.fromEntries(nodes) }
  }

  private node(from: NirTree, path: string): NirNodeData {
    const observables = [...this.groupOf(from, 'observables', path).entries].map(([name, entry]) => {
      const at = `${path}/${name}`
      if (!isGroup(entry)) throw this.invalid(at, 'is no group.')
      return [name, this.observable(entry, at)] as const
    })
    return { type: 'NIRNodeData', observables: Object.fromEntries(observables) }
  }

  private observable(from: NirTree, path: string): NirObservable {
    const type = this.typeOf(from)
    if (type === 'TimeGriddedData') {
      const { shape, data, type: stored } = this.numbers(from, 'data', 3, path)
      const dt = this.attribute(from, 'dt', path)
      if (!(dt > 0)) throw this.invalid(path, `has a dt of ${dt}.`)
      return {
        type,
        shape: shape as unknown as readonly [number, number, number],
        data: stored === 'float64' ? data : Float32Array.from(data),
        binary: stored === 'bool',
        dt,
      }
    }
    if (type !== 'EventData' && type !== 'ValuedEventData')
      throw this.invalid(path, `is of the type '${type}', expected TimeGriddedData, EventData or ValuedEventData.`)
    const { shape, data: idx } = this.numbers(from, 'idx', 2, path)
    const columns = (type === 'ValuedEventData' ? ['time', 'value'] : ['time']).map((name) => {
      const column = this.numbers(from, name, 2, path)
      if (column.data.length !== idx.length)
        throw this.invalid(path, `has ${idx.length} neurons and ${column.data.length} of ${name}.`)
      return Float64Array.from(column.data)
    })
    const neurons = this.attribute(from, 'n_neurons', path)
    const strange = idx.find((neuron) => !(Number.isInteger(neuron) && neuron >= -1 && neuron < neurons))
    if (strange !== undefined) throw this.invalid(path, `has an event of neuron ${strange} of ${neurons}.`)
    const shared = {
      shape: shape as unknown as readonly [number, number],
      idx: Float64Array.from(idx),
      time: columns[0]!,
      n_neurons: neurons,
      t_max: this.attribute(from, 't_max', path),
    }
    return type === 'EventData' ? { type, ...shared } : { type, ...shared, value: columns[1]! }
  }

  private typeOf({ attributes }: NirTree): string {
    const type = attributes.get('__type__')
    return type?.type === 'string' ? (type.data[0] ?? '') : ''
  }

  private groupOf({ entries }: NirTree, name: string, path: string): NirTree {
    const found = entries.get(name)
    if (!found || !isGroup(found)) throw this.invalid(path, `lacks the group ${name}.`)
    return found
  }

  private numbers(
    { entries }: NirTree,
    name: string,
    axes: number,
    path: string,
  ): Exclude<NirTreeValues, { type: 'string' }> {
    const found: NirTree | NirTreeDataset | undefined = entries.get(name)
    if (
      !found ||
      isGroup(found) ||
      found.type === 'string' ||
      found.shape.length !== axes ||
      sizeOf(found.shape) !== found.data.length
    )
      throw this.invalid(path, `lacks ${name}, numbers of ${axes} axes.`)
    return found
  }

  private attribute({ attributes }: NirTree, name: string, path: string): number {
    const value = attributes.get(name)?.data[0]
    if (typeof value !== 'number') throw this.invalid(path, `lacks the attribute ${name}, a number.`)
    return value
  }

  private invalid(path: string, what: string): Error {
    return invalidFile('readNirData', this.file, `${path === '' ? '/' : path} ${what}`)
  }
}

import { checkObject } from '@snn/tensor'
import { invalid } from '../hdf5/invalid.js'
import { readTree } from '../hdf5/read-tree.js'
import type { NetFile, NetLayer } from './net-file.js'
import { isText, type NetValue } from './net-value.js'

/**
 * Reads a `.net` file of lava-dl: every value, with its dtype and shape, as it is. What Lava makes of it, and whether it takes it at all,
 * says `loadNetwork` of `@snn/deploy-lava/sim`.
 *
 * @param options.file  names the file in errors
 * @throws `DATA_INVALID` for bytes that are not such a file
 */
export async function readNet(bytes: Uint8Array, options: { readonly file?: string } = {}): Promise<NetFile> {
  checkObject('readNet', options)
  const file = options.file ?? 'the .net file'
  const layers = new Map<number, Record<string, NetValue>>()
  const other: Record<string, NetValue> = {}
  for (const [path, value] of await readTree(bytes, file)) {
    const [, index, name] = /^layer\/(0|[1-9]\d{0,5})\/(.+)$/.exec(path) ?? []
    if (name === undefined) other[path] = value
    else {
      const values = layers.get(Number(index)) ?? {}
      layers.set(Number(index), values)
      values[name] = value
    }
  }
  if (layers.size === 0) throw invalid(file, 'no /layer/0 in it, expected groups of lava-dl.')
  return { layers: Array.from({ length: layers.size }, (_, i) => readLayer(layers.get(i), i, layers.size, file)), other }
}

function readLayer(values: Record<string, NetValue> | undefined, index: number, count: number, file: string): NetLayer {
  if (!values) throw invalid(file, `${count} layers, but no /layer/${index}, expected 0 to ${count - 1}.`)
  const kind = values['type']
  if (!kind || !isText(kind) || kind.text.length === 0) throw invalid(file, `/layer/${index}/type is ${kind ? 'no text' : 'not there'}, expected the name of a kind of layer.`)
  return { kind: kind.text[0]!, values }
}

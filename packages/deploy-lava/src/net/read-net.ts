import { invalidFile, isGroup, isText as isHdf5Text, readTree, type Hdf5Group } from '@snn/hdf5'
import { checkByRules, optionRule, type OptionRules } from '@snn/tensor/library'
import type { NetFile, NetLayer } from './net-file.js'
import { isText, type NetValue } from './net-value.js'

export const readNetRules: OptionRules<{ readonly file?: string }> = { file: optionRule.text }

/** `layer/0/neuron/type`, and one more. */
const deepest = 4

/**
 * Reads a `.net` file of lava-dl: every value, with its dtype and shape, as it is. What Lava makes of it, and whether
 * it takes it at all, says `loadNetwork` of `@snn/deploy-lava/sim`.
 *
 * @param options.file  names the file in errors
 * @throws `DATA_INVALID` for bytes that are not such a file
 */
export async function readNet(bytes: Uint8Array, options: { readonly file?: string } = {}): Promise<NetFile> {
  checkByRules('readNet', options, readNetRules)
  const file = options.file ?? 'the .net file'
  const layers = new Map<number, Record<string, NetValue>>()
  const other: Record<string, NetValue> = {}
  for (const [path, value] of valuesOf(
    await readTree('readNet', bytes, file, { deepest, attributes: false }),
    '',
    file,
  )) {
    const [, index, name] = /^layer\/(0|[1-9]\d{0,5})\/(.+)$/.exec(path) ?? []
    if (name === undefined) other[path] = value
    else {
      const values = layers.get(Number(index)) ?? {}
      layers.set(Number(index), values)
      values[name] = value
    }
  }
  if (layers.size === 0) throw invalid(file, 'no /layer/0 in it, expected groups of lava-dl.')
  return {
    layers: Array.from({ length: layers.size }, (_, i) => readLayer(layers.get(i), i, layers.size, file)),
    other,
  }
}

function readLayer(values: Record<string, NetValue> | undefined, index: number, count: number, file: string): NetLayer {
  if (!values) throw invalid(file, `${count} layers, but no /layer/${index}, expected 0 to ${count - 1}.`)
  const kind = values['type']
  if (!kind || !isText(kind) || kind.text.length === 0)
    throw invalid(
      file,
      `/layer/${index}/type is ${kind ? 'no text' : 'not there'}, expected the name of a kind of layer.`,
    )
  return { kind: kind.text[0]!, values }
}

/** Every data set by its path, without the first `/`. */
function valuesOf(
  { entries }: Hdf5Group,
  path: string,
  file: string,
): readonly (readonly [path: string, value: NetValue])[] {
  return [...entries].flatMap(([name, entry]): readonly (readonly [string, NetValue])[] => {
    const at = path === '' ? name : `${path}/${name}`
    if (isGroup(entry)) return valuesOf(entry, at, file)
    if (entry.type === 'float16')
      throw invalid(file, `/${at} holds half-precision numbers, expected those of 32 or 64 bits.`)
    const { shape } = entry
    return [
      [
        at,
        isHdf5Text(entry)
          ? { dtype: entry.type, shape, text: entry.data }
          : { dtype: entry.type, shape, data: entry.data as Float64Array },
      ],
    ]
  })
}

const invalid = (file: string, what: string): Error => invalidFile('readNet', file, what)

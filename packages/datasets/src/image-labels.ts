import type { SnnError } from '@snn/tensor'
import { invalid } from './invalid.js'

/** Files of pictures with their labels, in the order in which they are listed. */
export interface ImageLabels {
  readonly entries: readonly { readonly file: string; readonly label: number }[]
  readonly classes?: readonly string[]
}

/**
 * The text of a labels.json: an object from file name to its class, which is an index, an object `{ "index": 3, "name":
 * "shark" }`, or in every entry a class name (then the index is that in the sorted list of names). Throws
 * `DATA_INVALID`.
 */
export function parseImageLabels(text: string, file = 'labels.json'): ImageLabels {
  const fail = (what: string): SnnError =>
    invalid(
      'labels',
      file,
      `${what}, expected { "picture.jpg": 3 } or { "picture.jpg": { "index": 3, "name": "shark" } } or { "picture.jpg": "shark" }.`,
    )
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw invalid('labels', file, `no JSON (${(error as Error).message}).`, undefined, error)
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw fail('no object')
  const given = Object.entries(json as Record<string, unknown>)
  if (given.length > 0 && given.every(([, value]) => typeof value === 'string')) {
    const classes = [...new Set(given.map(([, value]) => value as string))].sort()
    const indexOf = new Map(classes.map((name, index) => [name, index]))
    return { entries: given.map(([name, value]) => ({ file: name, label: indexOf.get(value as string)! })), classes }
  }
  const names = new Map<number, string>()
  const entries = given.map(([name, value]) => {
    const entry = (typeof value === 'object' && value !== null ? value : { index: value }) as {
      index?: unknown
      name?: unknown
    }
    const { index } = entry
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > 1e6)
      throw fail(`${JSON.stringify(name)} has the label ${JSON.stringify(value)}`)
    if (typeof entry.name === 'string') names.set(index, entry.name)
    return { file: name, label: index }
  })
  if (names.size === 0) return { entries }
  const count = Math.max(...names.keys()) + 1
  return { entries, classes: Array.from({ length: count }, (_, index) => names.get(index) ?? String(index)) }
}

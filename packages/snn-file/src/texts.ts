import { SnnError } from '@snn/tensor'

/** The metadata of an ONNX file: texts by name. */
export type Texts = Readonly<Record<string, string>>

/** JSON of what there is. */
export const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value))

/** The entries that have a text. */
export function said(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** Throws `SNN_FILE` for a text that is no JSON. */
export function parseJson(texts: Texts, key: string): unknown {
  try {
    return JSON.parse(texts[key] ?? '')
  } catch (cause) {
    throw wrongFile(`its metadata ${key} is no JSON`, 'Write it again.', cause)
  }
}

/** Throws `SNN_FILE` for what is no list of texts. */
export function parseList(texts: Texts, key: string): readonly string[] {
  const list = parseJson(texts, key)
  if (Array.isArray(list) && list.every((text) => typeof text === 'string')) return list
  throw wrongFile(`its metadata ${key} is no list of texts`, 'Write it again.')
}

export function wrongFile(what: string, fix: string, cause?: unknown): SnnError {
  return new SnnError('SNN_FILE', `[readSnn] the file cannot be read: ${what}. ${fix}`, { reason: what }, { cause })
}

/** Keys under which exporters leave the names of classes in a model's metadata. */
const keys = ['classes', 'class_names', 'names', 'labels', 'id2label']

/** The names of `count` classes that a model's metadata give, as a list or as a dictionary from index to name. */
export function classNamesOf(metadata: Readonly<Record<string, string>>, count: number): readonly string[] | undefined {
  for (const [key, text] of Object.entries(metadata)) {
    const names = keys.includes(key.toLowerCase()) ? parse(text) : undefined
    if (names?.length === count) return names
  }
  return undefined
}

/** JSON, a Python literal such as `{0: 'cat', 1: 'dog'}`, or names between commas or line breaks. */
function parse(text: string): readonly string[] | undefined {
  for (const candidate of [text, jsonOf(text)]) {
    const names = listed(candidate)
    if (names) return names
  }
  const parts = text.split(text.includes('\n') ? '\n' : ',').map((part) => part.trim())
  return /[[{]/.test(text) ? undefined : parts.filter((part) => part !== '')
}

/** JSON for a Python list or dictionary of strings. */
function jsonOf(text: string): string {
  const quoted = text.replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner.replace(/\\'/g, "'")))
  return quoted.replace(/([{,]\s*)(\d+)\s*:/g, '$1"$2":')
}

function listed(json: string): readonly string[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const list = Array.isArray(value) ? value : Object.keys(value).map((_, i) => (value as Record<string, unknown>)[i])
  return list.every((name) => typeof name === 'string') ? list : undefined
}

/** A key that stands twice in the same object of a valid JSON text: `JSON.parse` would take the last without a word. */
export function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = []
  for (let at = 0; at < json.length; at++) {
    const char = json[at]
    if (char === '{') open.push(new Set())
    else if (char === '}') open.pop()
    else if (char === '"') {
      const start = at
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++
      if (!followedByColon(json, at + 1)) continue
      const key = JSON.parse(json.slice(start, at + 1)) as string
      if (open.at(-1)!.has(key)) return key
      open.at(-1)!.add(key)
    }
  }
  return undefined
}

function followedByColon(json: string, from: number): boolean {
  let at = from
  while (' \t\n\r'.includes(json[at] ?? ':')) at++
  return json[at] === ':'
}

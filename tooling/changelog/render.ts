import { areas, splitArea } from './areas.ts'

/** A changeset as it concerns one package. */
export interface Entry {
  readonly id: string
  readonly summary: string
  readonly level: 'major' | 'minor' | 'patch'
  /** Its place among others in time. */
  readonly age: number
}

/**
 * What stands in the changelog of one package, by the changeset in whose place it stands: all of a level in the place of
 * its first. In a first release there was nothing to be fixed: its entries are one story, in the place of the largest.
 */
export function render(entries: readonly Entry[], isFirst: boolean): Map<string, string> {
  if (!isFirst) {
    const byLevel = Map.groupBy(entries, ({ level }) => level)
    return new Map([...byLevel.values()].map((list) => [list[0]!.id, grouped(list)]))
  }
  const place = ['major', 'minor', 'patch'].map((level) => entries.find((entry) => entry.level === level))
  const first = place.find((entry) => entry !== undefined)
  return new Map(first ? [[first.id, `The first release.\n\n${grouped(entries)}`]] : [])
}

/** Entries under the heading of their area, larger levels first, older ones before newer; without an area at the end. */
function grouped(entries: readonly Entry[]): string {
  const parts = entries.map((entry) => ({ ...entry, ...splitArea(entry.summary) }))
  const groups = [...areas, undefined].map((area) => {
    const list = parts
      .filter((part) => part.area === area)
      .sort((a, b) => rank[a.level] - rank[b.level] || a.age - b.age)
    return list.length === 0 ? '' : `#### ${area ?? 'Other'}\n\n${list.map(({ text }) => bullet(text)).join('\n')}`
  })
  return groups.filter((group) => group !== '').join('\n\n')
}

const rank = { major: 0, minor: 1, patch: 2 } as const

const bullet = (text: string): string =>
  `- ${text
    .trim()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n  ')}`.replace(/\n {2}(?=\n)/g, '\n')

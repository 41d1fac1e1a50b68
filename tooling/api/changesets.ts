import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.ts'

export const levels = ['patch', 'minor', 'major'] as const
export type Level = (typeof levels)[number]

/** A changeset in waiting. */
export interface Changeset {
  /** The name of its file, without the ending. */
  readonly id: string
  readonly levels: ReadonlyMap<string, Level>
  readonly summary: string
}

/** The changesets that the next release will take, in the order of their names. */
export function readChangesets(directory = root): Changeset[] {
  return globSync('.changeset/*.md', { cwd: directory })
    .filter((path) => !path.endsWith('README.md'))
    .sort()
    .map((path) => parseChangeset(path.replace(/^.*[\\/]|\.md$/g, ''), readFileSync(join(directory, path), 'utf8')))
}

export function parseChangeset(id: string, text: string): Changeset {
  const [, header = '', ...summary] = text.split(/^---\r?\n/m)
  const found = header.matchAll(/^['"]?([^'":]+)['"]?: (major|minor|patch)\r?$/gm)
  return {
    id,
    levels: new Map([...found].map(([, name, level]) => [name!, level as Level])),
    summary: summary.join('---\n').trim(),
  }
}

/** The largest level that changesets in waiting have for a package. */
export function levelOf(name: string, changesets: readonly Changeset[]): Level | undefined {
  const found = changesets.flatMap((changeset) => changeset.levels.get(name) ?? [])
  return levels.findLast((level) => found.includes(level))
}

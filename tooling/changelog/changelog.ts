import { execFileSync } from 'node:child_process'
import { readPackages, root } from '../workspace.ts'
import { render, type Entry } from './render.ts'

/** What changesets hands over, as far as it is used here. */
interface Changeset {
  readonly id: string
  readonly summary: string
  /** The commit that added it. */
  readonly commit?: string
}
interface Updated {
  readonly name: string
  readonly newVersion: string
}
type Level = Entry['level']

/** A line that has been asked for: what becomes of it is known when all lines of its package have been. */
interface Asked extends Entry {
  readonly answer: (line: string) => void
}

/**
 * Writes the entries of a release into the changelog of a package, grouped by area; `.changeset/config.json` names this
 * file. Changesets asks for one line after the other, without saying for which package, and at the end of each package
 * for that of its dependencies. The lines therefore wait for that end: the first of a level gets them all.
 */
function changelog(): {
  getReleaseLine(changeset: Changeset, level: Level): Promise<string>
  getDependencyReleaseLine(changesets: readonly Changeset[], updated: readonly Updated[]): string
} {
  let asked: Asked[] = []
  let order: ReadonlyMap<string, number> | undefined
  return {
    getReleaseLine: ({ id, summary, commit = '' }, level) =>
      new Promise((answer) => {
        order ??= commitsInOrder()
        asked.push({ id, summary, level, age: order.get(commit) ?? order.size, answer })
      }),
    getDependencyReleaseLine(_changesets, updated) {
      const entries = asked
      asked = []
      const isFirst = readPackages().every(({ manifest }) => manifest.private || manifest.version === '0.0.0')
      const lines = render(entries, isFirst)
      for (const entry of entries) entry.answer(lines.get(entry.id) ?? '')
      const together = updated.map(({ name, newVersion }) => `\`${name}\` ${newVersion}`)
      return isFirst || together.length === 0 ? '' : `- With ${together.join(', ')}.`
    },
  }
}

/** The place of each commit that touched changesets: what was there first is told first. */
function commitsInOrder(): Map<string, number> {
  const args = ['log', '--reverse', '--topo-order', '--format=%H', '--', '.changeset']
  const commits = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .trim()
    .split('\n')
  return new Map(commits.map((commit, index) => [commit, index]))
}

export default changelog()

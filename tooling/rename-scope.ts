// `npm run rename-scope -- @other` gives all packages another npm scope, everywhere in the repository.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readScope } from './workspace.ts'

/** The paths of all files in the repository at `directory` that git knows or would know. */
export function repositoryFiles(directory: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(directory, path)))
}

/** Replaces the scope in all text files of the repository at `directory`. Gives the number of changed files. */
export function renameScope(directory: string, to: string): number {
  if (!/^@[a-z0-9][a-z0-9._-]*$/.test(to))
    throw new Error(`[rename-scope] ${to} is no npm scope, expected @ and lower-case letters, digits, -, _ or dots.`)
  const whole = new RegExp(`${readScope(directory).replaceAll('.', '\\.')}(?![\\w-])`, 'g')
  let changed = 0
  for (const path of repositoryFiles(directory)) {
    const file = join(directory, path)
    const bytes = readFileSync(file)
    if (bytes.includes(0)) continue // not text
    const before = bytes.toString('utf8')
    const after = before.replace(whole, to)
    if (after === before) continue
    writeFileSync(file, after)
    changed++
  }
  return changed
}

if (import.meta.main) {
  const to = process.argv[2]
  if (to === undefined) throw new Error('[rename-scope] expected the new scope: npm run rename-scope -- @other')
  console.log(
    `${renameScope(process.cwd(), to)} files changed. Run npm test: it installs the packages under their new names first.`,
  )
}

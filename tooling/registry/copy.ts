import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execute } from '../execute.ts'
import { repositoryFiles } from '../rename-scope.ts'
import { readPackages, root, type Package } from '../workspace.ts'

/** A copy of this repository with a history of its own, in which releases are rehearsed: nothing here is changed. */
export interface Copy {
  readonly directory: string
  /** Runs a program in the copy. */
  run(command: string, ...args: string[]): Promise<string>
  /** The packages that are published, as they stand in the copy now. */
  published(): Package[]
  /** Writes a changeset for some packages, by their full names. */
  change(levels: Readonly<Record<string, 'patch' | 'minor' | 'major'>>, summary: string): void
  /** `changeset version`, and the commit of it. */
  version(): Promise<void>
  /** Packs what the registry does not have in its version, as one job of the workflow does, and gives the folder. */
  pack(): Promise<string>
  /** Publishes what was packed, as another does. */
  publish(packed: string): Promise<void>
}

/**
 * Copies what git tracks or would track into `directory`, with the dependencies installed. `npmrc` says where packages
 * are published.
 */
export async function copyWorkspace(directory: string, npmrc: string): Promise<Copy> {
  for (const file of repositoryFiles(root)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true })
    cpSync(join(root, file), join(directory, file))
  }
  writeFileSync(join(directory, '.npmrc'), npmrc)
  const manifest = join(directory, 'package.json')
  const named = {
    repository: 'https://example.org/repository',
    ...(JSON.parse(readFileSync(manifest, 'utf8')) as object),
  }
  writeFileSync(manifest, JSON.stringify(named))
  const run = (command: string, ...args: string[]): Promise<string> =>
    execute(command, args, { cwd: directory, env: { CI: 'true' } })
  const git = (...args: string[]): Promise<string> =>
    run('git', '-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@example.org', ...args)
  const commit = async (message: string): Promise<void> => {
    await git('add', '--all')
    await git('commit', '--quiet', '--no-gpg-sign', '--message', message)
  }
  await git('init', '--quiet', '--initial-branch=main')
  await git('config', 'user.name', 'rehearsal') // for the tags that changesets makes
  await git('config', 'user.email', 'rehearsal@example.org')
  await commit('start')
  await run('pnpm', 'install', '--frozen-lockfile', '--prefer-offline')
  let changes = 0
  let packs = 0
  return {
    directory,
    run,
    published: () => readPackages(directory).filter(({ manifest }) => !manifest.private),
    change(levels, summary) {
      const header = Object.entries(levels).map(([name, level]) => `'${name}': ${level}`)
      const path = join(directory, '.changeset', `rehearsal-${changes++}.md`)
      writeFileSync(path, ['---', ...header, '---', '', summary, ''].join('\n'))
    },
    async version() {
      await run('changeset', 'version')
      await commit('version')
    },
    async pack() {
      const packed = `${directory}-packed-${packs++}`
      const plan = `${packed}.json`
      await run('changeset', 'publish-plan', '--output', plan)
      await run('changeset', 'pack', '--from-publish-plan', plan, '--out-dir', packed)
      return packed
    },
    async publish(packed) {
      await run('changeset', 'publish', '--from-pack-dir', packed)
    },
  }
}

/** The first lines of a changelog, up to the second release. */
export function newestEntry(pkg: Package): string {
  const path = join(pkg.directory, 'CHANGELOG.md')
  return existsSync(path) ? (readFileSync(path, 'utf8').split(/^## /m)[1] ?? '') : ''
}

import { globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { execute } from '../execute.ts'
import { readPackages } from '../workspace.ts'

/** A package of others that an installation of ours brings, or asks for as a peer. */
export interface Needed {
  readonly name: string
  readonly versions: readonly string[]
  /** As its package.json says: an identifier or expression of SPDX; `Unknown` where that is none. */
  readonly licence: string
  readonly paths: readonly string[]
}

const published = readPackages().filter(({ manifest }) => !manifest.private)

/** Runs a command of pnpm on what the published packages need at run time. */
const ofPublished = (...args: string[]): Promise<string> =>
  execute('pnpm', [...published.flatMap(({ name }) => ['--filter', name]), ...args])

/** What the published packages need at run time, directly or not; peers at the versions that are tested. */
export async function needed(): Promise<Needed[]> {
  const found = new Map<string, Needed>()
  for (const output of [await ofPublished('licenses', 'list', '--prod', '--json'), await peers()])
    for (const [licence, list] of Object.entries(JSON.parse(output || '{}') as Record<string, Listed[]>))
      for (const { name, versions, paths } of list) found.set(name, { name, versions, licence, paths })
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

interface Listed {
  readonly name: string
  readonly versions: readonly string[]
  readonly paths: readonly string[]
}

/** Peers stand among the development dependencies of those that ask for them: the list of these, without the others. */
async function peers(): Promise<string> {
  const names = new Set(published.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {})))
  const all = JSON.parse(await ofPublished('licenses', 'list', '--dev', '--json')) as Record<string, Listed[]>
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(all).map(([licence, list]) => [licence, list.filter(({ name }) => names.has(name))]),
    ),
  )
}

/** Writes a bill of materials for each published package into `folder`, as CycloneDX. Gives their paths. */
export async function writeBills(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  await ofPublished('sbom', '--sbom-format', 'cyclonedx', '--prod', '--split', '--out', join(folder, '%s.cdx.json'))
  return globSync('*.cdx.json', { cwd: folder }).map((name) => join(folder, name))
}

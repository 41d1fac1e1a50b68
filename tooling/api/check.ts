import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readPackages, root, type Package } from '../workspace.ts'
import { levelOf, levels, readChangesets, type Changeset, type Level } from './changesets.ts'
import { compareReports, type Change } from './compare.ts'
import { fileAt, filesAt, pathOf, releaseOf } from './released.ts'
import { folder } from './report.ts'

/**
 * What a change of the public interface asks of the next release: below 1.0 a minor may break and a patch may add, from
 * 1.0 on a major and a minor.
 */
export function levelFor(kind: Change['kind'], version: string): Level {
  const isStable = Number(version.split('.')[0]) > 0
  if (kind === 'incompatible') return isStable ? 'major' : 'minor'
  return kind === 'added' && isStable ? 'minor' : 'patch'
}

/** Changes of the interface since a package's newest release for which no changeset is large enough, each as a sentence. */
export async function unannounced(directory = root): Promise<string[]> {
  const changesets = readChangesets(directory)
  const packages = readPackages(directory).filter(({ manifest }) => !manifest.private)
  return (await Promise.all(packages.map((pkg) => unannouncedOf(pkg, changesets, directory)))).flat()
}

async function unannouncedOf(pkg: Package, changesets: readonly Changeset[], directory: string): Promise<string[]> {
  const { version } = pkg.manifest
  const announced = levelOf(pkg.name, changesets)
  if (version === '0.0.0') return announced ? [] : [`${pkg.name} has no release yet and no changeset: npx changeset`]
  const release = await releaseOf(pkg, directory)
  if (!release) return []
  const changes = await changesSince(release, pkg, directory)
  return changes.flatMap(({ entry, name, kind, what }) => {
    const wanted = levelFor(kind, version)
    return announced && levels.indexOf(announced) >= levels.indexOf(wanted)
      ? []
      : [
          `${pkg.name} (${entry}): ${name} ${what}, which asks for a ${wanted} changeset and has ${announced ?? 'none'}: npx changeset`,
        ]
  })
}

async function changesSince(
  release: string,
  pkg: Package,
  directory: string,
): Promise<(Change & { readonly entry: string })[]> {
  const now = new Map(reportsOnDisk(pkg))
  const then = await filesAt(release, pathOf(pkg, folder, directory), directory)
  const entries = new Set([...then, ...now.keys()])
  const all = await Promise.all(
    [...entries].map(async (file) => {
      const before = await fileAt(release, pathOf(pkg, `${folder}/${file}`, directory), directory)
      const entry = file.replace('.api.md', '')
      return compareReports(before ?? '', now.get(file) ?? '').map((change) => ({ ...change, entry }))
    }),
  )
  return all.flat()
}

const reportsOnDisk = (pkg: Package): [file: string, text: string][] =>
  globSync(`${folder}/*.api.md`, { cwd: pkg.directory }).map((path) => [
    basename(path),
    readFileSync(join(pkg.directory, path), 'utf8'),
  ])

import { relative, sep } from 'node:path'
import { execute } from '../execute.ts'
import { root, type Package } from '../workspace.ts'

/**
 * The commit of a package's newest release, which is the last one that changed its version; undefined while that change
 * is not committed, and for a package that no release has had.
 */
export async function releaseOf(pkg: Package, directory = root): Promise<string | undefined> {
  if (pkg.manifest.version === '0.0.0') return undefined
  const manifest = pathOf(pkg, 'package.json', directory)
  const committed = await fileAt('HEAD', manifest, directory)
  const { version } = JSON.parse(committed ?? '{}') as { version?: string }
  if (version !== pkg.manifest.version) return undefined
  const hash = await git(directory, 'log', '-1', '--format=%H', '-G^ *"version":', '--', manifest)
  return hash.trim() || undefined
}

/** A file as it was in a commit; undefined where it was not there. */
export async function fileAt(commit: string, path: string, directory = root): Promise<string | undefined> {
  const listed = await git(directory, 'ls-tree', '--name-only', commit, '--', path)
  return listed.trim() === '' ? undefined : git(directory, 'show', `${commit}:${path}`)
}

/** Names of the files of a folder as it was in a commit. */
export async function filesAt(commit: string, folder: string, directory = root): Promise<string[]> {
  const listed = await git(directory, 'ls-tree', '--name-only', commit, '--', `${folder}/`)
  return listed.split('\n').flatMap((path) => path.split('/').at(-1) || [])
}

/** Whether the history goes back far enough for this; a clone without it knows nothing of a release. */
export async function hasHistory(directory = root): Promise<boolean> {
  const shallow = await git(directory, 'rev-parse', '--is-shallow-repository').catch(() => 'true')
  return shallow.trim() === 'false'
}

/** The path of a package's file as git writes it. */
export const pathOf = (pkg: Package, file: string, directory = root): string =>
  [...relative(directory, pkg.directory).split(sep), file].join('/')

const git = (directory: string, ...args: string[]): Promise<string> => execute('git', args, { cwd: directory })

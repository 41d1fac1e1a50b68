import { cpSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execute } from '../execute.ts'
import { otherRuntimes } from './runtimes.ts'
import { root, scope } from '../workspace.ts'

/**
 * Projects of others: each folder of `tooling/consumers` is one, written against a release and left as it is. A later release
 * must compile and run there unchanged; where a minor below 1.0 breaks one on purpose, its changeset says how to change
 * code, and the project is changed in that way.
 */
export const consumers: readonly string[] = globSync('tooling/consumers/*/package.json', { cwd: root })
  .map((path) => dirname(path).replace(/^.*[\\/]/, ''))
  .sort()

/** Where a consumer gets our packages from. */
export interface Source {
  /** What stands in its package.json for a package of ours. */
  readonly specifier: (name: string) => string
  /** The same for packages that ours need, where that is not for the registry to say. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly npmrc?: string
}

/** Copies a consumer to `directory` and installs what it needs. */
export async function installConsumer(
  name: string,
  directory: string,
  { specifier, overrides = {}, npmrc = '' }: Source,
): Promise<void> {
  cpSync(join(root, 'tooling', 'consumers', name), directory, { recursive: true })
  const path = join(directory, 'package.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { dependencies: Record<string, string> }
  for (const one of Object.keys(manifest.dependencies))
    if (one.startsWith(`${scope}/`)) manifest.dependencies[one] = specifier(one)
  writeFileSync(path, JSON.stringify({ ...manifest, overrides }))
  writeFileSync(join(directory, '.npmrc'), npmrc)
  await execute('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: directory,
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip', CI: 'true' },
  })
}

/** Compiles and runs a consumer as its own `check` script says; throws with what that printed where it fails. */
export async function checkConsumer(directory: string): Promise<void> {
  const commands = join(directory, 'node_modules', '.bin')
  mkdirSync(commands, { recursive: true })
  for (const { name, command } of otherRuntimes) {
    try {
      symlinkSync(command, join(commands, name.toLowerCase()))
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error
    }
  }
  await execute('npm', ['run', 'check'], { cwd: directory })
}

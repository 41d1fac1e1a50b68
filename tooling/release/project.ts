import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute } from '../execute.ts'
import type { Package } from '../workspace.ts'

export type Manager = 'npm' | 'pnpm'

/** An empty folder with nothing but a package.json, as a user of the packages starts. */
export interface Project {
  readonly directory: string
  write(name: string, text: string): void
  /** Packages with a script that would run at their installation. */
  withInstallScripts(): string[]
  remove(): void
}

/** Dependencies as package.json writes them: workspace packages by their tarballs, others by version. */
export type Dependencies = Readonly<Record<string, string>>

/** Makes a project and installs `dependencies`; workspace packages that those need come from `tarballs`, too. */
export async function createProject(
  manager: Manager,
  dependencies: Dependencies,
  tarballs: Dependencies,
): Promise<Project> {
  const directory = mkdtempSync(join(tmpdir(), 'project-'))
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)
  const overrides = Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]))
  write(
    'package.json',
    JSON.stringify({
      name: 'project',
      version: '1.0.0',
      private: true,
      type: 'module',
      dependencies,
      ...(manager === 'npm' ? { overrides } : {}),
    }),
  )
  if (manager === 'pnpm') write('pnpm-workspace.yaml', JSON.stringify({ overrides, strictDepBuilds: false }))
  const install =
    manager === 'npm' ? ['install', '--no-audit', '--no-fund', '--prefer-offline'] : ['install', '--prefer-offline']
  await execute(manager, install, { cwd: directory, env: { ONNXRUNTIME_NODE_INSTALL: 'skip', CI: 'true' } })
  return {
    directory,
    write,
    withInstallScripts() {
      const lock = JSON.parse(readFileSync(join(directory, 'node_modules', '.package-lock.json'), 'utf8')) as {
        packages: Record<string, { hasInstallScript?: boolean }>
      }
      return Object.entries(lock.packages).flatMap(([path, { hasInstallScript }]) =>
        hasInstallScript ? [path.replace('node_modules/', '')] : [],
      )
    },
    remove: () => rmSync(directory, { recursive: true }),
  }
}

/** A package and the workspace packages that it needs, directly or not. */
export function closureOf(pkg: Package, packages: readonly Package[]): Package[] {
  const reached = new Set([pkg])
  for (const { manifest } of reached) {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const dependency = packages.find((candidate) => candidate.name === name)
      if (dependency) reached.add(dependency)
    }
  }
  return [...reached]
}

/**
 * The peers (native libraries) that a set of packages asks its user to install, at the versions that the workspace
 * tests.
 */
export function peersOf(packages: readonly Package[]): Dependencies {
  return Object.fromEntries(
    packages.flatMap(({ manifest }) =>
      Object.keys(manifest.peerDependencies ?? {}).map((name) => [name, manifest.devDependencies?.[name] ?? '*']),
    ),
  )
}

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { execute } from '../execute.ts'
import { readPackages } from '../workspace.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of each package's tarball, by package name. */
    tarballs: Record<string, string>
  }
}

/** Builds and packs every public package, once for all test files. Vitest calls it, and what it returns at the end. */
export default async function pack(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'tarballs-'))
  await execute('turbo', ['run', 'build', '--output-logs=errors-only'])
  const tarballs: Record<string, string> = {}
  for (const { name, shortName, directory: cwd, manifest } of readPackages()) {
    if (manifest.private) continue
    const destination = join(directory, shortName)
    await execute('pnpm', ['pack', '--pack-destination', destination], { cwd })
    tarballs[name] = join(destination, readdirSync(destination)[0]!)
  }
  project.provide('tarballs', tarballs)
  return () => rmSync(directory, { recursive: true })
}

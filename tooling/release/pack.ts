import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { packAll } from '../pack.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of each package's tarball, by package name. */
    tarballs: Record<string, string>
  }
}

/** Packs every public package, once for all test files. Vitest calls it, and what it returns at the end. */
export default async function pack(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'tarballs-'))
  project.provide('tarballs', await packAll(directory))
  return () => rmSync(directory, { recursive: true })
}

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { inOrder, readReports } from '../api/report.ts'
import { readPackages } from '../workspace.ts'

const tarballs = inject('tarballs')
const published = readPackages().filter(({ name }) => name in tarballs)

describe('reports of the public interfaces', () => {
  it('are those of the packages as they are built: npm run api writes them anew', { timeout: 120_000 }, () => {
    const reports = readReports()
    const outdated = reports.filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    expect(outdated.map(({ path }) => path)).toEqual([])
    const kept = published.flatMap(({ directory }) =>
      globSync('api/*', { cwd: directory }).map((path) => join(directory, path)),
    )
    expect(kept.sort()).toEqual(reports.map(({ path }) => path).sort())
  })

  it('do not depend on the order in which a compiler met the names of a union', () => {
    const written = "type A = 'z' | 'b';"
    expect(inOrder(`f: X<"v" | "b 1" | "a", "w">; ${written}`)).toBe(`f: X<"a" | "b 1" | "v", "w">; ${written}`)
  })
})

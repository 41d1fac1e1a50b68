import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute } from './execute.ts'
import { closureOf } from './release/project.ts'
import { renameScope, repositoryFiles } from './rename-scope.ts'
import { readPackages, root, scope } from './workspace.ts'

describe('a renamed copy of the repository', () => {
  const to = '@renamed-scope'
  let copy: string
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'rename-'))
    for (const path of repositoryFiles(root)) cpSync(join(root, path), join(copy, path))
    execFileSync('git', ['init', '--quiet'], { cwd: copy })
    renameScope(copy, to)
  })
  afterAll(() => rmSync(copy, { recursive: true }))

  it('does not hold the old scope anywhere', () => {
    const old = new RegExp(`${scope}(?![\\w-])`)
    const files = repositoryFiles(copy)
    expect(files.length).toBeGreaterThan(50)
    expect(files.filter((path) => old.test(readFileSync(join(copy, path), 'latin1')))).toEqual([])
    for (const { name } of readPackages(copy)) expect(name.startsWith(`${to}/`), name).toBe(true)
  })

  it(
    'still resolves: a package type-checks against the sources of those it depends on',
    { timeout: 120_000 },
    async () => {
      const packages = readPackages(copy)
      const surrogate = packages.find(({ shortName }) => shortName === 'surrogate')!
      symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
      for (const pkg of closureOf(surrogate, packages)) {
        for (const dependency of closureOf(pkg, packages)) {
          const link = join(pkg.directory, 'node_modules', dependency.name)
          mkdirSync(dirname(link), { recursive: true })
          symlinkSync(dependency.directory, link)
        }
      }
      await execute('tsc', ['-p', surrogate.directory], { cwd: copy })
      const code = `import * as tensor from '${to}/tensor'; if (!tensor.SnnError) throw new Error('not resolved')`
      await execute('node', [`--conditions=${to}/source`, '--import', 'tsx', '--input-type=module', '-'], {
        cwd: surrogate.directory,
        input: code,
      })
    },
  )
})

it('refuses what is no scope, before any change', () => {
  expect(() => renameScope(root, 'Not A Scope')).toThrow('no npm scope')
})

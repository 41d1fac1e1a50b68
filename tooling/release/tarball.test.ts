import { checkPackage, createPackageFromTarballData, type CheckResult, type Problem } from '@arethetypeswrong/core'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { formatMessage } from 'publint/utils'
import { publint } from 'publint'
import { describe, expect, inject, it } from 'vitest'
import { execute } from '../execute.ts'
import { isEmpty, readPackages, root, scope, type Manifest } from '../workspace.ts'

/**
 * What is wrong with the types of a package that is ESM alone: as the ways of resolving modules that know of `exports`
 * see it, those of `import` and of bundlers.
 */
function problemsOf(checked: CheckResult): Problem[] {
  const seen = (problem: Problem): boolean =>
    !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind)
  return checked.types ? checked.problems.filter(seen) : []
}

const tarballs = inject('tarballs')
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { repository?: string }
const published = readPackages().filter(({ name }) => name in tarballs)

describe.each(published)('tarball of $name', (pkg) => {
  const tarball = tarballs[pkg.name]!

  it('passes publint', async () => {
    const packed = readFileSync(tarball)
    const { messages, pkg: manifest } = await publint({
      pack: { tarball: packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.length) },
      strict: true,
    })
    expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([])
  })

  if (pkg.entries.length > 0)
    it('has types that are right wherever modules are resolved', { timeout: 120_000 }, async () => {
      const checked = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
      expect(checked.types, `${pkg.name} has types`).not.toBe(false)
      expect(problemsOf(checked)).toEqual([])
    })

  it('holds what it should and nothing else', async () => {
    const files = (await execute('tar', ['tzf', tarball]))
      .trim()
      .split('\n')
      .map((path) => path.replace('package/', ''))
    for (const file of ['LICENSE', 'package.json', ...(isEmpty(pkg) ? [] : ['README.md'])])
      expect(files).toContain(file)
    expect(
      files.filter(
        (file) => !/^(LICENSE|README\.md|package\.json|CHANGELOG\.md|dist\/.*|docs\/[^/]*\.(md|svg))$/.test(file),
      ),
    ).toEqual([])
    expect(files.filter((file) => /\.test\.|\.spec\.|fixture/.test(file))).toEqual([])
    const manifest = JSON.parse(await execute('tar', ['xzOf', tarball, 'package/package.json'])) as Manifest
    expect(manifest.scripts).toBeUndefined()
    expect(manifest.devDependencies).toBeUndefined()
    // the address stands in the package.json of the root, once there is one
    const directory = relative(root, pkg.directory).split(sep).join('/')
    expect(manifest.repository).toEqual(repository && { type: 'git', url: repository, directory })
    expect(JSON.stringify(manifest)).not.toContain('workspace:')
    expect(JSON.stringify(manifest)).not.toContain(`${scope}/source`)
  })
})

it('the check of types notices declarations that Node does not find, and those of CommonJS', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'types-'))
  try {
    const exports = {
      '.': { types: './index.d.ts', default: './index.js' },
      './old': { types: './old.d.cts', default: './old.js' },
    }
    const files = {
      'package.json': JSON.stringify({ name: 'wrong', version: '1.0.0', type: 'module', exports }),
      'index.js': "export { a } from './a.js'",
      'index.d.ts': "export { a } from './a'",
      'a.js': 'export const a = 1',
      'a.d.ts': 'export declare const a: number',
      'old.js': 'export const b = 1',
      'old.d.cts': 'export declare const b: number',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
    await execute('npm', ['pack', '--pack-destination', directory], { cwd: directory })
    const checked = await checkPackage(createPackageFromTarballData(readFileSync(join(directory, 'wrong-1.0.0.tgz'))))
    expect(problemsOf(checked).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['InternalResolutionError', 'FalseCJS']),
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

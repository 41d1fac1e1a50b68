import { readFileSync } from 'node:fs'
import { formatMessage } from 'publint/utils'
import { publint } from 'publint'
import { describe, expect, inject, it } from 'vitest'
import { execute } from '../execute.ts'
import { isEmpty, readPackages, scope, type Manifest } from '../workspace.ts'

const tarballs = inject('tarballs')
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
    it('passes attw', { timeout: 120_000 }, async () => {
      await execute('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'])
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
    expect(JSON.stringify(manifest)).not.toContain('workspace:')
    expect(JSON.stringify(manifest)).not.toContain(`${scope}/source`)
  })
})

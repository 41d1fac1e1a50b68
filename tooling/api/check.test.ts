import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { execute } from '../execute.ts'
import { levelFor, unannounced } from './check.ts'
import { hasHistory } from './released.ts'

describe('every change of a public interface since its release', () => {
  it('has a changeset of the right size', { timeout: 60_000 }, async (context) => {
    if (!(await hasHistory())) {
      console.warn('SKIPPED: this clone has no history, so that nobody knows what was released')
      return context.skip()
    }
    expect(await unannounced()).toEqual([])
  })
})

describe('the check, in a repository made for it', () => {
  let directory: string
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'api-check-'))
    await git('init', '--quiet', '--initial-branch=main')
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const git = (...args: string[]): Promise<string> =>
    execute('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: directory })
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  const commit = async (): Promise<void> => {
    await git('add', '--all')
    await git('commit', '--quiet', '--no-gpg-sign', '--message', 'commit')
  }
  const manifest = (version: string): void =>
    write('packages/a/package.json', JSON.stringify({ name: '@x/a', version, exports: {} }, null, 2))
  const api = (code: string, entry = 'index'): void =>
    write(`packages/a/api/${entry}.api.md`, `# x\n\n\`\`\`ts\n${code}\n\`\`\`\n`)
  const changeset = (level: string): void => write('.changeset/one.md', `---\n'@x/a': ${level}\n---\n\nA change.\n`)

  /** A release of this version with one name, and commits behind it that are none of its business. */
  async function release(version: string): Promise<void> {
    manifest('0.0.0')
    await commit()
    manifest(version)
    api('export const one: number;')
    await commit()
    write('README.md', version)
    await commit()
  }

  const found = async (): Promise<string[]> =>
    (await unannounced(directory)).map((sentence) =>
      /: (.*), which asks for a (.*): npx/.exec(sentence)!.slice(1).join(': '),
    )

  it.each([
    ['0.1.0', 'minor'],
    ['1.2.0', 'major'],
  ])('refuses a removal from %s without a %s changeset', async (version, level) => {
    await release(version)
    expect(await found()).toEqual([])
    api('')
    expect(await found()).toEqual([`one is gone: ${level} changeset and has none`])
    changeset('patch')
    expect(await found()).toEqual([`one is gone: ${level} changeset and has patch`])
    changeset(level)
    expect(await found()).toEqual([])
    await commit()
    expect(await found()).toEqual([])
  })

  it('wants a changeset for what is new and for what is deprecated', async () => {
    await release('0.1.0')
    api('// @deprecated\nexport const one: number;\nexport const two: number;')
    await commit()
    expect(await found()).toEqual([
      'one is deprecated: patch changeset and has none',
      'two is new: patch changeset and has none',
    ])
    changeset('patch')
    expect(await found()).toEqual([])
  })

  it('looks at entries that come and go', async () => {
    await release('0.1.0')
    rmSync(join(directory, 'packages/a/api/index.api.md'))
    api('export const one: number;', 'node')
    changeset('patch')
    expect(await found()).toEqual(['one is gone: minor changeset and has patch'])
  })

  it('begins anew with each release, also before that is committed', async () => {
    await release('0.1.0')
    api('export const two: number;')
    manifest('0.2.0')
    expect(await found()).toEqual([])
    await commit()
    expect(await found()).toEqual([])
  })

  it('wants a changeset for a package without a release', async () => {
    manifest('0.0.0')
    await commit()
    expect(await unannounced(directory)).toEqual(['@x/a has no release yet and no changeset: npx changeset'])
    changeset('minor')
    expect(await unannounced(directory)).toEqual([])
  })
})

it('a minor may break below 1.0', () => {
  expect([levelFor('incompatible', '0.4.2'), levelFor('added', '0.4.2'), levelFor('added', '1.0.0')]).toEqual([
    'minor',
    'patch',
    'minor',
  ])
})

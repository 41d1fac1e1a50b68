import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { execute } from './execute.ts'
import { closureOf } from './release/project.ts'
import { readPackages, root, scope } from './workspace.ts'

type Level = 'major' | 'minor' | 'patch'
type Versions = Readonly<Record<string, string>>

const made: string[] = []
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true })
})

const packages = readPackages()
const tensor = packages.find(({ shortName }) => shortName === 'tensor')!
const dependents = packages.filter(
  (pkg) => !pkg.manifest.private && pkg !== tensor && closureOf(pkg, packages).includes(tensor),
)

/**
 * The versions after a release of tensor by `level`, from a copy of the manifests of this workspace that begins at
 * `versions`.
 */
async function release(level: Level, versions: Versions, changes: Record<string, unknown> = {}): Promise<Versions> {
  const directory = mkdtempSync(join(tmpdir(), 'changesets-'))
  made.push(directory)
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json'])
    cpSync(join(root, file), join(directory, file))
  const config = JSON.parse(readFileSync(join(root, '.changeset', 'config.json'), 'utf8')) as object
  writeFileSync(join(directory, '.changeset', 'config.json'), JSON.stringify({ ...config, ...changes }))
  writeFileSync(join(directory, '.changeset', 'change.md'), `---\n'${tensor.name}': ${level}\n---\n\nA change.\n`)
  writeFileSync(join(directory, '.gitignore'), 'node_modules\n')
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  for (const { name, directory: original, manifest } of packages) {
    const copy = join(directory, relative(root, original), 'package.json')
    mkdirSync(dirname(copy), { recursive: true })
    writeFileSync(copy, JSON.stringify({ ...manifest, version: versions[name] ?? manifest.version }))
  }
  const git = (...args: string[]): Promise<string> =>
    execute('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: directory })
  await git('init', '--initial-branch=main')
  await git('add', '.')
  await git('commit', '--message=start', '--no-gpg-sign')
  await execute('changeset', ['version'], { cwd: directory })
  return Object.fromEntries(readPackages(directory).map(({ name, manifest }) => [name, manifest.version]))
}

/** Different versions for all public packages within one major version. */
function independentVersions(major: number): Versions {
  return Object.fromEntries(
    packages
      .filter(({ manifest }) => !manifest.private)
      .map(({ name }, index) => [name, `${major}.${1 + (index % 3)}.${index % 4}`]),
  )
}

/** Whether a caret range of `before` leaves out `after`. */
function isBreaking(before: string, after: string): boolean {
  const [a, b] = [before, after].map((version) => version.split('.').map(Number))
  return a![0] !== b![0] || (a![0] === 0 && a![1] !== b![1])
}

describe('a breaking release of tensor', () => {
  it.each([
    { major: 0, level: 'minor' as const },
    { major: 1, level: 'major' as const },
  ])(
    'from $major.x is breaking for every package that depends on it',
    { timeout: 60_000 },
    async ({ major, level }) => {
      const before = independentVersions(major)
      const after = await release(level, before)
      expect(isBreaking(before[tensor.name]!, after[tensor.name]!)).toBe(true)
      expect(dependents.length).toBeGreaterThanOrEqual(7)
      const tame = dependents
        .filter(({ name }) => !isBreaking(before[name]!, after[name]!))
        .map(({ name }) => `${name} ${before[name]} -> ${after[name]}`)
      expect(tame).toEqual([])
    },
  )

  it('would only patch dependents if the packages were not linked', { timeout: 60_000 }, async () => {
    const before = independentVersions(0)
    const after = await release('minor', before, { linked: [] })
    expect(
      dependents.some(({ name }) => after[name] !== before[name] && !isBreaking(before[name]!, after[name]!)),
    ).toBe(true)
  })
})

it('a patch of tensor leaves its dependents alone', { timeout: 60_000 }, async () => {
  const before = independentVersions(0)
  const after = await release('patch', before)
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual([tensor.name])
})

it('links all packages, and the changesets in waiting name packages of this workspace', () => {
  const { linked } = JSON.parse(readFileSync(join(root, '.changeset', 'config.json'), 'utf8')) as { linked: string[][] }
  expect(linked).toEqual([[`${scope}/*`]])
  for (const path of globSync('.changeset/*.md', { cwd: root })) {
    const [, header] = readFileSync(join(root, path), 'utf8').split('---\n')
    for (const [, name] of header!.matchAll(/^['"]?([^'":]+)['"]?: (?:major|minor|patch)$/gm)) {
      expect(
        packages.map((pkg) => pkg.name),
        path,
      ).toContain(name)
    }
  }
})

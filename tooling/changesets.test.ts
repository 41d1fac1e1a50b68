import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readChangesets, type Level } from './api/changesets.ts'
import { execute } from './execute.ts'
import { closureOf } from './release/project.ts'
import { readPackages, root, scope } from './workspace.ts'

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
  const directory = await released(level, versions, changes)
  return Object.fromEntries(readPackages(directory).map(({ name, manifest }) => [name, manifest.version]))
}

/** The folder in which that release was made. */
async function released(level: Level, versions: Versions, changes: Record<string, unknown> = {}): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'changesets-'))
  made.push(directory)
  for (const file of [
    'package.json',
    'pnpm-workspace.yaml',
    '.changeset/config.json',
    'tooling/workspace.ts',
    'tooling/changelog',
  ])
    cpSync(join(root, file), join(directory, file), { recursive: true })
  const config = JSON.parse(readFileSync(join(root, '.changeset', 'config.json'), 'utf8')) as object
  writeFileSync(join(directory, '.changeset', 'config.json'), JSON.stringify({ ...config, ...changes }))
  writeFileSync(
    join(directory, '.changeset', 'change.md'),
    `---\n'${tensor.name}': ${level}\n---\n\nTensors: A change.\n`,
  )
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
  return directory
}

/** The changelog of a package in such a folder. */
const changelogOf = (shortName: string, directory: string): string =>
  readFileSync(join(directory, 'packages', shortName, 'CHANGELOG.md'), 'utf8')

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

describe('the changelog', () => {
  it('tells what a release brings by area, and what comes with it', { timeout: 60_000 }, async () => {
    const before = independentVersions(0)
    const directory = await released('minor', before)
    const { version } = readPackages(directory).find(({ name }) => name === tensor.name)!.manifest
    expect(changelogOf('tensor', directory)).toBe(
      `# ${tensor.name}\n\n## ${version}\n\n### Minor Changes\n\n#### Tensors\n\n- A change.\n`,
    )
    expect(changelogOf('surrogate', directory)).toContain(
      `### Patch Changes\n\n- With \`${tensor.name}\` ${version}.\n`,
    )
  })

  it('of a first release says so, and nothing of others', { timeout: 60_000 }, async () => {
    const unreleased = Object.fromEntries(packages.map(({ name }) => [name, '0.0.0']))
    const directory = await released('minor', unreleased)
    expect(changelogOf('tensor', directory)).toContain(
      '### Minor Changes\n\nThe first release.\n\n#### Tensors\n\n- A change.\n',
    )
    expect(changelogOf('surrogate', directory)).toContain('No changes in this release.')
  })
})

it('links all packages, and the changesets in waiting name packages of this workspace', () => {
  const { linked } = JSON.parse(readFileSync(join(root, '.changeset', 'config.json'), 'utf8')) as { linked: string[][] }
  expect(linked).toEqual([[`${scope}/*`]])
  const names = packages.map((pkg) => pkg.name)
  for (const { id, levels } of readChangesets()) {
    expect(levels.size, id).toBeGreaterThan(0)
    for (const name of levels.keys()) expect(names, id).toContain(name)
  }
})

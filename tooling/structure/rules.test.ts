import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readPackages } from '../workspace.ts'
import { readModule } from './imports.ts'
import { mayImport } from './layers.ts'
import { findCycle, readModules, type Module } from './module-graph.ts'
import { undocumentedNames } from './public-names.ts'
import { rules, type Workspace } from './rules.ts'

const made: string[] = []
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true })
})

/** What the rules say of a workspace made of these files. */
function broken(files: Record<string, string>): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'structure-'))
  made.push(directory)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  const packages = readPackages(directory)
  const modules = new Map(packages.map((pkg) => [pkg, readModules(pkg)]))
  const byPath = new Map([...modules.values()].flat().map((module): [string, Module] => [module.path, module]))
  const workspace: Workspace = { packages, modules, byPath }
  return packages.flatMap((pkg) =>
    Object.entries(rules).flatMap(([name, rule]) => rule(pkg, workspace).map(() => `${pkg.shortName}: ${name}`)),
  )
}

/** The files of a package that keeps every rule, with `changes` to its package.json. */
function packageFiles(
  shortName: string,
  sources: Record<string, string>,
  changes: Record<string, unknown> = {},
): Record<string, string> {
  const subpaths = Object.keys(sources).filter((path) => ['index.ts', 'node.ts'].includes(path))
  const manifest = {
    name: `@x/${shortName}`,
    version: '0.1.0',
    description: 'A package.',
    keywords: ['snn', 'spiking-neural-networks', 'neuromorphic', 'one'],
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    files: ['dist'],
    exports: Object.fromEntries(
      subpaths.map((path) => {
        const name = path.slice(0, -3)
        return [
          name === 'index' ? '.' : `./${name}`,
          { '@x/source': `./src/${path}`, types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
        ]
      }),
    ),
    scripts: { build: 'tsup', typecheck: 'tsc', lint: 'oxlint', test: 'vitest' },
    ...changes,
  }
  return {
    [`packages/${shortName}/package.json`]: JSON.stringify(manifest),
    [`packages/${shortName}/README.md`]: '# x',
    ...Object.fromEntries(Object.entries(sources).map(([path, text]) => [`packages/${shortName}/src/${path}`, text])),
  }
}

const tensor = packageFiles('tensor', {
  'index.ts': "export { SnnError, type Shape, add } from './all.js'",
  'all.ts': 'export class SnnError extends Error {}\nexport type Shape = number[]\nexport const add = 1',
})
const onTensor = { dependencies: { '@x/tensor': 'workspace:^' } }

describe('rules', () => {
  it('pass a workspace in order', () => {
    const neuron = packageFiles(
      'neuron',
      {
        'index.ts': "export { lif } from './lif.js'",
        'lif.ts': "import { add } from '@x/tensor'\nexport const lif = add",
      },
      onTensor,
    )
    expect(broken({ ...tensor, ...neuron })).toEqual([])
  })

  const one = (source: string, changes: Record<string, unknown> = {}, shortName = 'neuron'): string[] =>
    broken({
      ...tensor,
      ...packageFiles(shortName, { 'index.ts': "export { a } from './a.js'", 'a.ts': source }, changes),
    })

  it.each([
    ['an undeclared import', "import { add } from '@x/tensor'", {}, 'imports are declared and exist'],
    ['an undeclared type import', "export type A = import('@x/tensor').Shape", {}, 'imports are declared and exist'],
    [
      'an undeclared dynamic import',
      "export const a = () => import('somewhere')",
      {},
      'imports are declared and exist',
    ],
    ['a computed import', 'export const a = (name: string) => import(name)', {}, 'imports are declared and exist'],
    [
      'an entry that is not exported',
      "import { add } from '@x/tensor/dist/index.js'",
      onTensor,
      'imports are declared and exist',
    ],
    ['its own name', "import { a } from '@x/neuron'", {}, 'imports are declared and exist'],
    [
      'a file of another package',
      "import { add } from '../../tensor/src/all.js'",
      {},
      'relative imports stay inside the package and end in .js',
    ],
    [
      'a relative import without .js',
      "import './index.ts'",
      {},
      'relative imports stay inside the package and end in .js',
    ],
    ['a missing file', "import './gone.js'", {}, 'relative imports stay inside the package and end in .js'],
    [
      'values imported in a circle',
      "export { a } from './index.js'",
      {},
      'no values are imported in a circle of files',
    ],
    [
      'node: behind a browser entry',
      "import { readFileSync } from 'node:fs'",
      {},
      'browser entries reach no node: module',
    ],
    ['a bare builtin', "import type { Stats } from 'fs'", {}, 'browser entries reach no node: module'],
    [
      'writing past the one place',
      "export const a = async () => (await import('node:fs/promises')).rm",
      {},
      'files are written by @snn/tensor/node',
    ],
    ['top-level await', 'await null', {}, 'there is no top-level await'],
    ['top-level for await', 'for await (const x of []) x', {}, 'there is no top-level await'],
    ['require', "export const a = require('./b')", {}, 'there is no CommonJS'],
    [
      'a third-party dependency in the core',
      '',
      { dependencies: { left: '1' } },
      'the core has no third-party dependency',
    ],
    [
      'a peer of ours',
      '',
      { peerDependencies: { '@x/tensor': 'workspace:^' } },
      'workspace packages are dependencies, not peers',
    ],
    [
      'a fixed version of ours',
      '',
      { dependencies: { '@x/tensor': '0.1.0' } },
      'workspace packages are asked for as workspace:^',
    ],
    ['side effects', '', { sideEffects: true }, 'package.json is complete'],
    ['a package that nobody finds', '', { keywords: ['snn'] }, 'package.json is complete'],
    [
      'an install script',
      '',
      { scripts: { build: '', typecheck: '', lint: '', test: '', postinstall: 'x' } },
      'package.json is complete',
    ],
    ['sources in the tarball', '', { files: ['dist', 'src'] }, 'package.json is complete'],
    [
      'an export without types',
      '',
      { exports: { '.': { '@x/source': './src/index.ts', default: './dist/index.js' } } },
      'every export has source, types and default',
    ],
  ])('refuse %s', (_, source, changes, rule) => {
    expect(one(source, changes)).toContain(`neuron: ${rule}`)
  })

  it('refuse types that go around between folders, not within one', () => {
    const types = (path: string, other: string): Record<string, string> => ({
      'index.ts': "export { type A } from './a.js'",
      'a.ts': `import type { B } from './${other}.js'\nexport type A = B | 1`,
      [`${other}.ts`]: `import type { A } from '${path}a.js'\nexport type B = A[]`,
    })
    expect(broken(packageFiles('tensor', types('./', 'b')))).toEqual([])
    const rule = 'tensor: no circle of files, types included, goes across folders'
    expect(broken(packageFiles('tensor', types('../', 'deep/b')))).toEqual([rule, rule])
  })

  it('refuse an arrow that points up or sideways', () => {
    expect(one('', onTensor, 'datasets')).toEqual([])
    const nn = packageFiles('nn', { 'index.ts': 'export {}' })
    for (const shortName of ['neuron', 'backend-cpu', 'surrogate']) {
      expect(
        broken({
          ...nn,
          ...packageFiles(shortName, { 'index.ts': 'export {}' }, { dependencies: { '@x/nn': 'workspace:^' } }),
        }),
      ).toEqual([`${shortName}: declared dependencies point down`])
    }
  })

  it('refuse a package in no layer', () => {
    expect(broken(packageFiles('stranger', { 'index.ts': 'export {}' }))).toEqual([
      'stranger: declared dependencies point down',
    ])
  })

  it('refuse values of tensor in datasets, but for its error', () => {
    const rule = 'datasets: only the listed values are imported where only types are wanted'
    expect(one("import { SnnError, type Shape } from '@x/tensor'", onTensor, 'datasets')).toEqual([])
    expect(one("import type { add } from '@x/tensor'", onTensor, 'datasets')).toEqual([])
    expect(one("import { add } from '@x/tensor'", onTensor, 'datasets')).toEqual([rule])
    expect(one("import * as all from '@x/tensor'", onTensor, 'datasets')).toEqual([rule])
    expect(one("export { add as sum } from '@x/tensor'", onTensor, 'datasets')).toEqual([rule])
  })

  it('allow node: behind a node subpath, unless a browser entry reaches it', () => {
    const files = {
      'node.ts': "export { read } from './read.js'",
      'read.ts': "import { readFileSync } from 'node:fs'\nexport const read = readFileSync",
    }
    expect(broken(packageFiles('datasets', { 'index.ts': 'export {}', ...files }))).toEqual([])
    expect(broken(packageFiles('datasets', { 'index.ts': "export { read } from './read.js'", ...files }))).toEqual([
      'datasets: browser entries reach no node: module',
    ])
  })

  it('refuse code in index.ts', () => {
    for (const text of ["export * from './a.js'", 'export const a = 1', "import './a.js'"]) {
      expect(broken(packageFiles('tensor', { 'index.ts': text, 'a.ts': '' }))).toContain(
        'tensor: index.ts holds only named re-exports',
      )
    }
  })

  it('refuse a package with code and no README', () => {
    const { 'packages/tensor/README.md': _, ...files } = tensor
    expect(broken(files)).toEqual(['tensor: there is a README'])
  })
})

describe('readModule', () => {
  it('tells values from types', () => {
    const text =
      "import a, { type B, c as d } from 'x'\nimport type E from 'y'\nexport * from 'z'\ntype F = import('w').G\n"
    expect(readModule('m.ts', text).imports).toEqual([
      { specifier: 'x', values: ['default', 'c'], line: 1 },
      { specifier: 'y', values: [], line: 2 },
      { specifier: 'z', values: ['*'], line: 3 },
      { specifier: 'w', values: [], line: 4 },
    ])
  })

  it('finds await only outside functions', () => {
    const text = 'async () => { await 1 }\nclass A { async m() { await 1 } }\nconst x = [await 1]\nawait using y = x\n'
    expect(readModule('m.ts', text).topLevelAwaits).toEqual([3, 4])
  })
})

describe('layers', () => {
  it('point down through every layer', () => {
    expect([...mayImport('ann2snn')!].sort()).toEqual(['neuron', 'nn', 'onnx', 'snn-file', 'surrogate', 'tensor'])
    expect([...mayImport('tensor')!]).toEqual([])
    expect(mayImport('backend-cpu')).not.toContain('neuron')
    expect(mayImport('train')).not.toContain('backend-cpu')
  })
})

describe('findCycle', () => {
  it('names the packages on it', () => {
    expect(
      findCycle(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b', 'c', 'b'])
    expect(
      findCycle(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
          ['c', []],
        ]),
      ),
    ).toBeUndefined()
  })
})

describe('public names', () => {
  it('are explained by a comment, or by one on each member', () => {
    const directory = mkdtempSync(join(tmpdir(), 'structure-'))
    made.push(directory)
    const source = join(directory, 'index.ts')
    const members = '{\n/** One. */\nreadonly one: number\n'
    const text = [
      `export interface Half ${members} readonly two: number }`,
      `export interface Whole ${members} }`,
      `/** Both. */\nexport interface Both ${members} readonly two: number }`,
      'export const bare = 1',
      '/** Told. */\nexport function told(): void {}',
      'const inner = 2\nexport { inner as outer }',
    ]
    writeFileSync(source, text.join('\n'))
    const names = undocumentedNames([{ entries: [{ source }] }]).map((text) => text.split(' ').at(-1))
    expect(names).toEqual(['Half', 'bare', 'inner'])
  })
})

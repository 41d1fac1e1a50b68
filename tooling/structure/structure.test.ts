import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPackages, root } from '../workspace.ts'
import { methodsInFile } from './layers.ts'
import { findCycle, place, readModules, type Module } from './module-graph.ts'
import { undocumentedNames } from './public-names.ts'
import { rules, type Workspace } from './rules.ts'

const packages = readPackages()
const modules = new Map(packages.map((pkg) => [pkg, readModules(pkg)]))
const byPath = new Map([...modules.values()].flat().map((module): [string, Module] => [module.path, module]))
const workspace: Workspace = { packages, modules, byPath }

describe.each(packages.map((pkg) => ({ name: pkg.name, pkg })))('$name', ({ pkg }) => {
  it.each(Object.entries(rules))('%s', (_, rule) => {
    expect(rule(pkg, workspace)).toEqual([])
  })
})

describe('the workspace', () => {
  it('is mapped in the README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const rows = packages
      .filter(({ manifest }) => !manifest.private)
      .map(({ name, directory }) => `| [\`${name}\`](${relative(root, directory)}) |`)
    expect(rows.filter((row) => !readme.includes(row))).toEqual([])
  })

  it('explains every public name', { timeout: 120_000 }, () => {
    expect(undocumentedNames(packages.filter(({ manifest }) => !manifest.private))).toEqual([])
  })

  it('has packages with modules', () => {
    expect(packages.length).toBeGreaterThanOrEqual(8)
    for (const pkg of packages) expect(modules.get(pkg)!.length, pkg.name).toBeGreaterThan(0)
  })

  it('has no cycle of packages, development dependencies included', () => {
    const names = new Set(packages.map(({ name }) => name))
    const edges = new Map(
      packages.map(({ name, manifest }) => {
        const all = {
          ...manifest.dependencies,
          ...manifest.peerDependencies,
          ...manifest.optionalDependencies,
          ...manifest.devDependencies,
        }
        return [name, Object.keys(all).filter((other) => names.has(other))]
      }),
    )
    expect(findCycle(edges)).toBeUndefined()
  })

  it('excepts from circles of values only files that are there', () => {
    for (const [shortName, file] of Object.entries(methodsInFile))
      expect(workspace.byPath.has(join(packages.find((pkg) => pkg.shortName === shortName)!.directory, file))).toBe(
        true,
      )
  })

  it('computes in forms, which know of no machine: how it is done is left to printers', () => {
    const machine = /\b(bytes?|lanes?|caches?|threads?|registers?|address(es)?|SIMD|WebAssembly|wasm|wgsl|v128)\b/i
    const forms = packages
      .filter(({ shortName }) => shortName === 'codegen')
      .flatMap((pkg) =>
        modules.get(pkg)!.filter(({ path, isTest }) => path.startsWith(join(pkg.directory, 'src', 'form')) && !isTest),
      )
    expect(forms.length).toBeGreaterThan(5)
    expect(linesWith(machine, forms)).toEqual([])
  })

  it('schedules for any machine: what one can run is said by the target of its backend', () => {
    const machine = /\b(ONNX|WebAssembly|wasm|wgsl|cuda|threads?|lanes?|SIMD|sessions?)\b/i
    const sources = packages
      .filter(({ shortName }) => shortName === 'schedule')
      .flatMap((pkg) => modules.get(pkg)!.filter(({ isTest }) => !isTest))
    expect(sources.length).toBeGreaterThan(5)
    expect(linesWith(machine, sources)).toEqual([])
  })
})

/** The lines of modules in which one of the words stands. */
function linesWith(words: RegExp, sources: readonly Module[]): string[] {
  const lines = sources.flatMap(({ path }) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .map((text, i) => ({ at: place({ path }, i + 1), text })),
  )
  return lines.filter(({ text }) => words.test(text)).map(({ at, text }) => `${at} ${text}`)
}

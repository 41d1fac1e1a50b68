import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { isTestFile, root, sourceFiles, type Package } from '../workspace.ts'
import { readModule, type Import, type ModuleFacts } from './imports.ts'

export interface Module extends ModuleFacts {
  readonly path: string
  readonly isTest: boolean
}

/** All modules of one package. */
export function readModules(pkg: Package): Module[] {
  return sourceFiles(pkg).map((path) => ({
    path,
    isTest: isTestFile(pkg, path),
    ...readModule(path, readFileSync(path, 'utf8')),
  }))
}

/** `packages/tensor/src/shape.ts:12`, for messages. */
export function place(module: { readonly path: string }, line: number): string {
  return `${relative(root, module.path).split(sep).join('/')}:${line}`
}

export type Target =
  | { readonly kind: 'file'; readonly path: string; readonly exists: boolean }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'package'; readonly name: string; readonly subpath: string }
  | { readonly kind: 'unknown' }

/** Where an import of a module leads. */
export function targetOf(module: { readonly path: string }, { specifier }: Import): Target {
  if (specifier === undefined) return { kind: 'unknown' }
  if (/^\.{1,2}(\/|$)/.test(specifier)) {
    const written = resolve(dirname(module.path), specifier)
    const path = written.endsWith('.js') ? `${written.slice(0, -3)}.ts` : written
    return { kind: 'file', path, exists: existsSync(path) }
  }
  if (isBuiltin(specifier)) return { kind: 'builtin', name: specifier }
  const parts = specifier.split('/')
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  return { kind: 'package', name, subpath: `.${specifier.slice(name.length)}` }
}

/** The modules that loading `start` can load, by relative imports and by entries of other workspace packages. */
export function reachable(
  start: string,
  modules: ReadonlyMap<string, Module>,
  packages: readonly Package[],
): Set<string> {
  const reached = new Set([start])
  for (const path of reached) {
    const module = modules.get(path)
    for (const item of module?.imports ?? []) {
      const target = targetOf(module!, item)
      if (target.kind === 'file') reached.add(target.path)
      if (target.kind === 'package') {
        const entry = packages
          .find(({ name }) => name === target.name)
          ?.entries.find(({ subpath }) => subpath === target.subpath)
        if (entry) reached.add(entry.source)
      }
    }
  }
  return reached
}

/** What can be reached in a graph, `start` included. */
export function reachedFrom(start: string, edges: ReadonlyMap<string, Iterable<string>>): Set<string> {
  const reached = new Set([start])
  for (const name of reached) for (const next of edges.get(name) ?? []) reached.add(next)
  return reached
}

/** The first cycle in a graph, as the names along it; undefined when there is none. */
export function findCycle(edges: ReadonlyMap<string, Iterable<string>>): string[] | undefined {
  const done = new Set<string>()
  const walk = (name: string, above: readonly string[]): string[] | undefined => {
    if (above.includes(name)) return [...above.slice(above.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const next of edges.get(name) ?? []) {
      const cycle = walk(next, [...above, name])
      if (cycle) return cycle
    }
    done.add(name)
    return undefined
  }
  for (const name of edges.keys()) {
    const cycle = walk(name, [])
    if (cycle) return cycle
  }
  return undefined
}

/** Whether a file lies inside a package. */
export function isInside(pkg: Package, path: string): boolean {
  return path.startsWith(pkg.directory + sep) && !path.startsWith(join(pkg.directory, 'node_modules') + sep)
}

import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { isEmpty, type Entry, type Package } from '../workspace.ts'
import {
  forNode,
  mayImport,
  mayWrite,
  methodsInFile,
  namelessImports,
  valuesAllowed,
  withoutThirdParties,
  writers,
} from './layers.ts'
import type { Import } from './imports.ts'
import { findCycle, isInside, place, reachable, reachedFrom, targetOf, type Module } from './module-graph.ts'

/** The workspace as the rules see it. */
export interface Workspace {
  readonly packages: readonly Package[]
  readonly modules: ReadonlyMap<Package, readonly Module[]>
  /** Every module by its path. */
  readonly byPath: ReadonlyMap<string, Module>
}

/** A rule gives the list of what breaks it in one package, each with its place. */
export type Rule = (pkg: Package, workspace: Workspace) => string[]

const runtimeDependencies = ({ manifest }: Package): Record<string, string> => ({
  ...manifest.dependencies,
  ...manifest.peerDependencies,
  ...manifest.optionalDependencies,
})

const isNodeEntry = ({ subpath }: Entry): boolean => subpath.split('/').at(-1) === 'node'

/** The entries that must load in a browser. */
export function browserEntries(pkg: Package): Entry[] {
  return forNode.includes(pkg.shortName) ? [] : pkg.entries.filter((entry) => !isNodeEntry(entry))
}

function ours({ packages }: Workspace, name: string): Package | undefined {
  return packages.find((candidate) => candidate.name === name)
}

const declaredDependenciesPointDown: Rule = (pkg, workspace) => {
  const allowed = mayImport(pkg.shortName)
  if (!allowed) return [`${pkg.name} stands in no layer of tooling/structure/layers.ts. Add it.`]
  return Object.keys(runtimeDependencies(pkg)).flatMap((name) => {
    const target = ours(workspace, name)
    return target && !allowed.has(target.shortName) ? [`${pkg.name} depends on ${name}, which is not below it`] : []
  })
}

const importsAreDeclaredAndPointDown: Rule = (pkg, workspace) =>
  workspace.modules.get(pkg)!.flatMap((module) =>
    module.imports.flatMap((item) => {
      const target = targetOf(module, item)
      const at = place(module, item.line)
      if (target.kind === 'unknown')
        return module.isTest || module.path === join(pkg.directory, namelessImports[pkg.shortName] ?? '')
          ? []
          : [`${at} imports something that is not a literal`]
      if (target.kind !== 'package') return []
      const declared = module.isTest
        ? { ...runtimeDependencies(pkg), ...pkg.manifest.devDependencies }
        : runtimeDependencies(pkg)
      const dependency = ours(workspace, target.name)
      if (target.name === pkg.name) {
        return module.isTest ? [] : [`${at} imports its own package by name. Use a relative import`]
      }
      if (!(target.name in declared) && !isRootTool(module, target.name))
        return [`${at} imports ${target.name}, which package.json does not declare`]
      if (dependency && !dependency.entries.some(({ subpath }) => subpath === target.subpath)) {
        return [`${at} imports ${item.specifier}, which ${target.name} does not export`]
      }
      return []
    }),
  )

/** Tests and configuration files may use what the root package.json installs for all. */
function isRootTool(module: Module, name: string): boolean {
  return module.isTest && ['vitest', 'vite', 'tsup', 'fast-check', 'typescript'].includes(name)
}

const relativeImportsStayInside: Rule = (pkg, { modules }) =>
  modules.get(pkg)!.flatMap((module) =>
    module.imports.flatMap((item) => {
      const target = targetOf(module, item)
      if (target.kind !== 'file' || (module.isTest && item.specifier!.endsWith('.json'))) return []
      const at = place(module, item.line)
      if (!target.exists) return [`${at} imports ${item.specifier}, which is not there`]
      if (module.isTest) return []
      if (!isInside(pkg, target.path)) return [`${at} imports ${item.specifier}, which lies outside the package`]
      return item.specifier!.endsWith('.js') ? [] : [`${at} imports ${item.specifier}, which does not end in .js`]
    }),
  )

const onlyAllowedValues: Rule = (pkg, workspace) =>
  workspace.modules.get(pkg)!.flatMap((module) =>
    module.imports.flatMap((item) => {
      const target = targetOf(module, item)
      const dependency = target.kind === 'package' ? ours(workspace, target.name) : undefined
      const allowed = dependency && !module.isTest ? valuesAllowed[pkg.shortName]?.[dependency.shortName] : undefined
      if (!allowed) return []
      return item.values
        .filter((name) => !allowed.includes(name))
        .map((name) => `${place(module, item.line)} imports the value ${name} of ${dependency!.name}`)
    }),
  )

/** From each file of a package to the files of it that it imports, those imports alone that count. */
function importsInside(pkg: Package, { modules }: Workspace, counts: (item: Import) => boolean): Map<string, string[]> {
  const sources = modules
    .get(pkg)!
    .filter(({ path, isTest }) => !isTest && relative(pkg.directory, path) !== methodsInFile[pkg.shortName])
  return new Map(
    sources.map((module) => {
      const targets = module.imports.filter(counts).map((item) => targetOf(module, item))
      return [module.path, targets.flatMap((target) => (target.kind === 'file' ? [target.path] : []))]
    }),
  )
}

/** Whoever reads one file of a circle has to read all. */
const valuesAreImportedWithoutCircles: Rule = (pkg, workspace) => {
  const circle = findCycle(importsInside(pkg, workspace, ({ values }) => values.length > 0))
  return circle ? [`${pkg.name}: ${circle.map((path) => relative(pkg.directory, path)).join(' imports ')}`] : []
}

/** A folder is read after those that it is built on, so that even types make no circle across folders. */
const foldersAreReadInOrder: Rule = (pkg, workspace) => {
  const edges = importsInside(pkg, workspace, () => true)
  return [...edges].flatMap(([path, targets]) =>
    targets
      .filter((target) => dirname(target) !== dirname(path) && reachedFrom(target, edges).has(path))
      .map((target) => `${relative(pkg.directory, path)} imports ${relative(pkg.directory, target)}, which reaches it`),
  )
}

const browserEntriesAreFreeOfNode: Rule = (pkg, { packages, byPath }) => {
  const nodeImports = browserEntries(pkg).flatMap((entry) =>
    [...reachable(entry.source, byPath, packages)].flatMap((path) =>
      (byPath.get(path)?.imports ?? []).flatMap((item) => {
        const target = targetOf({ path }, item)
        return target.kind === 'builtin'
          ? [`${entry.specifier} reaches ${target.name} in ${place({ path }, item.line)}`]
          : []
      }),
    ),
  )
  return [...new Set(nodeImports)]
}

const filesAreWrittenInOnePlace: Rule = (pkg, { modules }) =>
  ['bench', 'examples'].includes(pkg.shortName)
    ? []
    : modules.get(pkg)!.flatMap((module) =>
        module.imports.flatMap((item) => {
          const at = place(module, item.line)
          if (
            module.isTest ||
            !/^(node:)?fs(\/promises)?$/.test(item.specifier ?? '') ||
            mayWrite.some((path) => at.startsWith(path))
          )
            return []
          return item.values
            .filter((name) => name === '*' || name === 'default' || writers.includes(name))
            .map((name) => `${at} imports ${name} of ${item.specifier}. Use @snn/tensor/node`)
        }),
      )

const noTopLevelAwait: Rule = (pkg, { modules }) =>
  pkg.manifest.private
    ? []
    : modules
        .get(pkg)!
        .flatMap((module) =>
          module.isTest ? [] : module.topLevelAwaits.map((line) => `${place(module, line)} awaits at the top level`),
        )

const noCommonJs: Rule = (pkg, { modules }) =>
  modules
    .get(pkg)!
    .flatMap((module) => (module.isTest ? [] : module.commonJs.map((line) => `${place(module, line)} is CommonJS`)))

const indexHasOnlyNamedReexports: Rule = (pkg, { modules }) =>
  modules
    .get(pkg)!
    .filter(({ path }) => path === join(pkg.directory, 'src', 'index.ts'))
    .flatMap((module) => module.notNamedReexports.map((line) => `${place(module, line)} is not a named re-export`))

const manifestIsComplete: Rule = (pkg) => {
  const { manifest } = pkg
  const wrong: string[] = []
  const expect = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(`${pkg.name}: package.json must have ${what}`)
  }
  expect(manifest.type === 'module', '"type": "module"')
  expect(
    manifest.main === undefined && manifest.module === undefined && manifest.types === undefined,
    '"exports" instead of "main", "module", "types"',
  )
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'prepack']) {
    expect(!(name in (manifest.scripts ?? {})), `no script "${name}"`)
  }
  if (manifest.private) return wrong
  expect(manifest.sideEffects === false, '"sideEffects": false')
  expect(manifest.license === 'Apache-2.0', '"license": "Apache-2.0"')
  expect(Boolean(manifest.description), 'a description')
  expect((manifest.keywords ?? []).length > 3, 'more keywords than the three of all packages')
  expect(manifest.engines?.['node'] === '>=20.19', '"engines": { "node": ">=20.19" }')
  expect(
    ['["dist"]', '["dist","docs"]'].includes(JSON.stringify(manifest.files)),
    '"files": ["dist"], or ["dist", "docs"]',
  )
  expect(pkg.entries.length > 0 || manifest.bin !== undefined, '"exports"')
  for (const name of ['build', 'typecheck', 'lint', 'test'])
    expect(name in (manifest.scripts ?? {}), `a script "${name}"`)
  return wrong
}

const exportsHaveTypes: Rule = (pkg, workspace) =>
  pkg.entries.flatMap(({ subpath, conditions, source }) => {
    const scope = pkg.name.slice(0, pkg.name.indexOf('/'))
    const order = [`${scope}/source`, 'types', 'default']
    const wrong: string[] = []
    if (Object.keys(conditions).join() !== order.join())
      wrong.push(`${pkg.name} exports ${subpath} with ${Object.keys(conditions).join()}, expected ${order.join()}`)
    if (!conditions['types']?.endsWith('.d.ts')) wrong.push(`${pkg.name} exports ${subpath} without types`)
    if (!workspace.byPath.has(source)) wrong.push(`${pkg.name} exports ${subpath} from ${source}, which is not there`)
    return wrong
  })

const workspaceProtocol: Rule = (pkg, workspace) =>
  [
    pkg.manifest.dependencies,
    pkg.manifest.peerDependencies,
    pkg.manifest.optionalDependencies,
    pkg.manifest.devDependencies,
  ].flatMap((group) =>
    Object.entries(group ?? {}).flatMap(([name, range]) => {
      if (!ours(workspace, name) || range === 'workspace:^') return []
      return [`${pkg.name} depends on ${name} ${range}, expected workspace:^`]
    }),
  )

const oursAreNoPeers: Rule = (pkg, workspace) =>
  Object.keys({ ...pkg.manifest.peerDependencies, ...pkg.manifest.optionalDependencies })
    .filter((name) => ours(workspace, name))
    .map((name) => `${pkg.name} has ${name} as a peer or optional dependency, expected "dependencies"`)

const noThirdPartiesInTheCore: Rule = (pkg, workspace) =>
  withoutThirdParties.includes(pkg.shortName)
    ? Object.keys(runtimeDependencies(pkg))
        .filter((name) => !ours(workspace, name))
        .map((name) => `${pkg.name} depends on ${name}`)
    : []

const hasReadme: Rule = (pkg) =>
  pkg.manifest.private || isEmpty(pkg) || existsSync(join(pkg.directory, 'README.md'))
    ? []
    : [`${pkg.name} has no README.md`]

/** What holds in every package, by the sentence that states it. */
export const rules: Readonly<Record<string, Rule>> = {
  'declared dependencies point down': declaredDependenciesPointDown,
  'imports are declared and exist': importsAreDeclaredAndPointDown,
  'relative imports stay inside the package and end in .js': relativeImportsStayInside,
  'only the listed values are imported where only types are wanted': onlyAllowedValues,
  'no values are imported in a circle of files': valuesAreImportedWithoutCircles,
  'no circle of files, types included, goes across folders': foldersAreReadInOrder,
  'browser entries reach no node: module': browserEntriesAreFreeOfNode,
  'files are written by @snn/tensor/node': filesAreWrittenInOnePlace,
  'there is no top-level await': noTopLevelAwait,
  'there is no CommonJS': noCommonJs,
  'index.ts holds only named re-exports': indexHasOnlyNamedReexports,
  'package.json is complete': manifestIsComplete,
  'every export has source, types and default': exportsHaveTypes,
  'workspace packages are asked for as workspace:^': workspaceProtocol,
  'workspace packages are dependencies, not peers': oursAreNoPeers,
  'the core has no third-party dependency': noThirdPartiesInTheCore,
  'there is a README': hasReadme,
}

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The conditions of one entry of `exports`, in the order in which they are written. */
export type ExportConditions = Readonly<Record<string, string>>

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: boolean
  readonly main?: string
  readonly module?: string
  readonly types?: string
  readonly repository?: { readonly type: string; readonly url: string; readonly directory: string }
  readonly engines?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | ExportConditions>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** An entry of a package that code can import: `.`, `./node`, ... */
export interface Entry {
  readonly subpath: string
  /** What a user imports: `@snn/datasets/node`. */
  readonly specifier: string
  readonly conditions: ExportConditions
  /** Absolute path of the TypeScript source. */
  readonly source: string
}

export interface Package {
  readonly name: string
  /** The name without its scope; the key of the layer table. */
  readonly shortName: string
  readonly directory: string
  /** Whether it lies under `apps/`. */
  readonly isApp: boolean
  readonly manifest: Manifest
  readonly entries: readonly Entry[]
}

/** The npm scope of all packages. It stands in the root package.json; `npm run rename-scope` changes it. */
export const scope = readScope(root)

export function readScope(directory: string): string {
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { scope: string }).scope
}

/** The packages under `packages/` and `apps/` of the workspace at `directory`. */
export function readPackages(directory = root): Package[] {
  return globSync('{packages,apps}/*/package.json', { cwd: directory })
    .map((path) => join(directory, path))
    .sort()
    .map((path) => readPackage(path))
}

function readPackage(path: string): Package {
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  const directory = dirname(path)
  const entries = Object.entries(manifest.exports ?? {}).flatMap(([subpath, conditions]): Entry[] =>
    typeof conditions === 'string'
      ? []
      : [
          {
            subpath,
            specifier: posix.join(manifest.name, subpath),
            conditions,
            source: join(directory, Object.values(conditions)[0]!),
          },
        ],
  )
  return {
    name: manifest.name,
    shortName: manifest.name.slice(manifest.name.indexOf('/') + 1),
    directory,
    isApp: directory.split(sep).at(-2) === 'apps',
    manifest,
    entries,
  }
}

/** TypeScript files of a package, tests included. */
export function sourceFiles(pkg: Package): string[] {
  return globSync(['src/**/*.ts', 'test/**/*.ts', '*.ts'], { cwd: pkg.directory }).map((path) =>
    join(pkg.directory, path),
  )
}

/** A test or something that only tests use. */
export function isTestFile(pkg: Package, path: string): boolean {
  return /\.(test|bench)\.ts$/.test(path) || !path.startsWith(join(pkg.directory, 'src') + sep)
}

/** Whether nothing has been written into the package yet: its index exports nothing. */
export function isEmpty(pkg: Package): boolean {
  const index = join(pkg.directory, 'src', 'index.ts')
  return existsSync(index) && readFileSync(index, 'utf8').trim() === 'export {}'
}

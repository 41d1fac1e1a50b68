import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { execute } from '../execute.ts'
import { scope } from '../workspace.ts'

/** A project of someone else that installs releases from a registry. */
export interface Consumer {
  readonly directory: string
  /** What its program prints. */
  run(): Promise<string>
  /** Installs what its ranges allow now. */
  update(): Promise<void>
  install(...specifiers: string[]): Promise<void>
  /** The version of a direct dependency that is installed. */
  versionOf(name: string): string
  /** Packages of ours that are installed, by name. */
  installed(): string[]
  /** Those that are there in more than one version. */
  duplicates(): string[]
  /** What the files of our packages take. */
  bytesOfOurs(): number
}

export interface ConsumerOptions {
  readonly manager: 'npm' | 'pnpm'
  readonly dependencies: Readonly<Record<string, string>>
  readonly npmrc: string
  /** A module of JavaScript. */
  readonly program: string
}

export async function createConsumer(
  directory: string,
  { manager, dependencies, npmrc, program }: ConsumerOptions,
): Promise<Consumer> {
  mkdirSync(directory)
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies }))
  write('.npmrc', npmrc)
  // a version may be installed in the minute in which it is published, and scripts of others do not run
  if (manager === 'pnpm') write('pnpm-workspace.yaml', JSON.stringify({ minimumReleaseAge: 0, strictDepBuilds: false }))
  write('program.js', program)
  const npm = (command: string, ...args: string[]): Promise<string> =>
    execute('npm', [command, '--no-audit', '--no-fund', ...args], { cwd: directory, env })
  const pnpm = (...args: string[]): Promise<string> => execute('pnpm', args, { cwd: directory, env })
  await (manager === 'npm' ? npm('install') : pnpm('install'))
  return {
    directory,
    run: () => execute('node', ['program.js'], { cwd: directory }),
    async update() {
      await (manager === 'npm' ? npm('update') : pnpm('update'))
    },
    async install(...specifiers) {
      await (manager === 'npm' ? npm('install', ...specifiers) : pnpm('add', ...specifiers))
    },
    versionOf: (name) => manifestOf(join(directory, 'node_modules', name)).version,
    installed: () => [...new Set(ours(directory).map(({ name }) => name))].sort(),
    duplicates() {
      const versions = Map.groupBy(ours(directory), ({ name }) => name)
      return [...versions]
        .filter(([, found]) => new Set(found.map(({ version }) => version)).size > 1)
        .map(([name]) => name)
    },
    bytesOfOurs: () =>
      ours(directory).reduce(
        (sum, { folder }) =>
          sum +
          globSync('**', { cwd: folder })
            .map((path) => statSync(join(folder, path)))
            .reduce((bytes, file) => bytes + (file.isFile() ? file.size : 0), 0),
        0,
      ),
  }
}

/** What of the environment an installation needs: the native peer comes without the libraries that it would download. */
const env = { CI: 'true', ONNXRUNTIME_NODE_INSTALL: 'skip' }

interface Found {
  readonly name: string
  readonly version: string
  readonly folder: string
}

/** Each package of ours in a project, as npm or as pnpm lays them out. */
function ours(directory: string): Found[] {
  // pnpm leaves folders of versions behind that nothing links to any more: its lockfile says which count
  const lock = join(directory, 'pnpm-lock.yaml')
  const locked = existsSync(lock) ? readFileSync(lock, 'utf8') : ''
  return globSync(
    [
      `node_modules/${scope}/*/package.json`,
      `node_modules/${scope}/*/node_modules/${scope}/*/package.json`,
      `node_modules/.pnpm/${scope}+*/node_modules/${scope}/*/package.json`,
    ],
    { cwd: directory },
  )
    .map((path) => join(directory, path.slice(0, -`${sep}package.json`.length)))
    .map((folder) => ({ ...manifestOf(folder), folder }))
    .filter(({ name, version }) => locked === '' || locked.includes(`'${name}@${version}'`))
}

function manifestOf(folder: string): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string }
}

import { builtinModule, nodeProcess } from '../builtin-module.js'
import { compileFile, findCompiler, flagSets, type Beside } from './compiler.js'

interface Stats {
  readonly uid: number
  readonly mode: number
  readonly mtimeMs: number
  isDirectory(): boolean
  isFile(): boolean
}

interface Files {
  lstatSync(path: string): Stats
  mkdirSync(path: string, options: { readonly recursive: true; readonly mode: number }): void
  mkdtempSync(prefix: string): string
  readdirSync(path: string): string[]
  readFileSync(path: string): Uint8Array
  readFileSync(path: string, encoding: 'utf8'): string
  renameSync(from: string, to: string): void
  rmSync(path: string, options: { readonly recursive: true; readonly force: true }): void
  writeFileSync(path: string, text: string, options: { readonly mode: number }): void
}

interface System {
  arch(): string
  cpus(): readonly { readonly model: string }[]
  homedir(): string
  platform(): string
  tmpdir(): string
}

interface Digests {
  createHash(algorithm: 'sha256'): { update(data: string | Uint8Array): { digest(encoding: 'hex'): string } }
}

const modules = () => ({
  files: builtinModule('node:fs') as Files,
  system: builtinModule('node:os') as System,
  digests: builtinModule('node:crypto') as Digests,
})

/** A compiled object that threads load. */
export interface CompiledObject {
  readonly path: string
  /** How it came about. */
  readonly from: string
  /** To be called when all threads have loaded it. */
  readonly loaded: () => void
}

/** As many hexadecimal digits of a digest as a name has. */
const digits = 32

function digest(data: string | Uint8Array): string {
  return modules().digests.createHash('sha256').update(data).digest('hex').slice(0, digits)
}

/** What compiled code depends on beside text and flags: the kind of processor, and the instructions that it has. */
function processor(): string {
  const { files, system } = modules()
  const known = [system.platform(), system.arch(), system.cpus()[0]?.model ?? '']
  try {
    known.push(/^(flags|Features)\s*:.*$/m.exec(files.readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '')
  } catch {
    // other systems than Linux name each model apart
  }
  return known.join('\n')
}

/** Where compiled objects are kept from process to process. */
export function cacheFolder(): string {
  const { system } = modules()
  const { XDG_CACHE_HOME, LOCALAPPDATA } = nodeProcess().env
  const platform = system.platform()
  const base =
    platform === 'win32' && LOCALAPPDATA
      ? LOCALAPPDATA
      : platform === 'darwin'
        ? `${system.homedir()}/Library/Caches`
        : XDG_CACHE_HOME || `${system.homedir()}/.cache`
  return `${base}/snn/kernels`
}

/** Whether only this user can write there; where users have no numbers, the folder of the user is trusted. */
function isPrivate({ uid, mode }: Stats, others: number): boolean {
  const own = nodeProcess().getuid?.()
  return own === undefined || (uid === own && (mode & others) === 0)
}

/** The folder, private to the user; undefined where it cannot be made, or others could have written there. */
function openCache(): string | undefined {
  const { files } = modules()
  const folder = cacheFolder()
  try {
    files.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const found = files.lstatSync(folder)
    return found.isDirectory() && isPrivate(found, 0o077) ? folder : undefined
  } catch {
    return undefined
  }
}

/**
 * An object of the cache, which is named after what it was made from and after its own bytes: one that is damaged is
 * not loaded.
 */
function findObject(folder: string, key: string): string | undefined {
  const { files } = modules()
  try {
    return files
      .readdirSync(folder)
      .filter((name) => name.startsWith(`${key}-`))
      .map((name) => `${folder}/${name}`)
      .find((path) => {
        const found = files.lstatSync(path)
        return (
          found.isFile() &&
          isPrivate(found, 0o022) &&
          digest(files.readFileSync(path)) === path.slice(path.lastIndexOf('-') + 1, path.lastIndexOf('.'))
        )
      })
  } catch {
    return undefined
  }
}

const nothing = (): void => {}

/**
 * A translation unit as an object: from the cache, or compiled beside the process, which may go on. Throws with why
 * there is none.
 */
export async function objectOf(text: string, beside: Beside): Promise<CompiledObject> {
  const { files, system } = modules()
  const folder = openCache()
  const key = digest([text, JSON.stringify(flagSets), processor()].join('\0'))
  const known = folder && findObject(folder, key)
  if (known) return { path: known, from: 'taken from the cache', loaded: nothing }
  const command = await findCompiler(beside)
  const began = performance.now()
  const { path, remove } = await compiled(
    command,
    text,
    newFolder(folder) ?? files.mkdtempSync(`${system.tmpdir()}/snn-kernels-`),
    beside,
  )
  const from = `compiled by ${command.join(' ')} in ${((performance.now() - began) / 1000).toFixed(2)} s`
  try {
    const kept = `${folder!}/${key}-${digest(files.readFileSync(path))}.${extension()}`
    files.renameSync(path, kept)
    remove()
    return { path: kept, from, loaded: nothing }
  } catch {
    // there is no cache, or it takes nothing
    return { path, from, loaded: remove }
  }
}

/** A folder of a process that was stopped in the middle is older than this, in milliseconds. */
const stale = 3_600_000

function newFolder(within: string | undefined): string | undefined {
  const { files } = modules()
  try {
    for (const name of within ? files.readdirSync(within) : []) {
      if (name.startsWith('new-') && Date.now() - files.lstatSync(`${within}/${name}`).mtimeMs > stale)
        files.rmSync(`${within}/${name}`, { recursive: true, force: true })
    }
    return within && files.mkdtempSync(`${within}/new-`)
  } catch {
    return undefined
  }
}

function extension(): string {
  return modules().system.platform() === 'win32' ? 'dll' : 'so'
}

/** Compiles in a folder of its own, which goes when the process does. */
async function compiled(
  command: readonly string[],
  text: string,
  folder: string,
  beside: Beside,
): Promise<{ readonly path: string; readonly remove: () => void }> {
  const { files } = modules()
  const removeAll = (): void => files.rmSync(folder, { recursive: true, force: true })
  const remove = (): void => {
    nodeProcess().removeListener('exit', removeAll)
    removeAll()
  }
  nodeProcess().once('exit', removeAll)
  const [from, path] = [`${folder}/unit.c`, `${folder}/unit.${extension()}`]
  try {
    files.writeFileSync(from, text, { mode: 0o600 })
    const [own, plain] = flagSets as readonly [readonly string[], readonly string[]]
    // some compilers do not know the processor that they run on
    await compileFile(command, from, path, own, beside).catch(
      () => beside.signal?.throwIfAborted() ?? compileFile(command, from, path, plain, beside),
    )
    return { path, remove }
  } catch (error) {
    remove()
    throw error
  }
}

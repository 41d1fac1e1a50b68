import { constants, type BigIntStats } from 'node:fs'
import { access, lstat, readlink, realpath, stat, statfs } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { checkObject } from '../check.js'
import { asOutputError, outputError } from './output-error.js'

/** Where a file will stand. */
export interface OutputTarget {
  /** With links followed. */
  readonly path: string
  /** What is there: a regular file, or nothing. */
  readonly info: BigIntStats | undefined
}

/** As many links as Linux follows. */
const mostLinks = 40

/**
 * Follows the links of `path`, so that a link stays and what it leads to is replaced. Throws `OUTPUT` unless a regular
 * file or nothing is there, in a folder that can be written to.
 */
export async function outputTarget(path: string, name?: string): Promise<OutputTarget> {
  const fail = (reason: string): never => {
    throw outputError(path, reason, { name })
  }
  if (typeof path !== 'string')
    throw outputError(String(path), `it is ${path === null ? 'null' : typeof path}, expected a path`, { name })
  if (path === '') fail('the name is empty')
  if (path.endsWith('/') || path.endsWith(sep)) fail('it ends as a folder does')
  try {
    let end = path
    for (let links = 0; links <= mostLinks; links++) {
      const info = await infoOf(end)
      const folder = await realpath(dirname(end))
      if (!info?.isSymbolicLink()) {
        if (info?.isDirectory()) fail('it is a folder')
        if (info && !info.isFile()) fail(`it is ${kindOf(info)}, no regular file`)
        await access(folder, constants.W_OK | constants.X_OK)
        if (info) await access(end, constants.W_OK)
        return { path: join(folder, basename(end)), info }
      }
      const next = await readlink(end)
      end = isAbsolute(next) ? next : `${folder}/${next}`
      if (end.endsWith('/')) fail('it is a link to a folder')
    }
  } catch (error) {
    throw asOutputError(error, path, { name })
  }
  return fail('the links there lead in a circle')
}

async function infoOf(path: string): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function kindOf(info: BigIntStats): string {
  return info.isFIFO() ? 'a pipe' : info.isSocket() ? 'a socket' : 'a device'
}

export interface CheckOutputsOptions {
  /**
   * Files that the same work reads. No output replaces one of them, by whatever name, nor a file in a folder that is
   * named here.
   */
  readonly inputs?: readonly string[]
}

/**
 * Asked before long work: throws `OUTPUT` unless each of `outputs`, by the name that the user knows it by (`--out`),
 * can be written: a regular file or nothing is there, the disk is not full, and it is neither an input of the same work
 * nor another of its outputs.
 */
export async function checkOutputs(
  outputs: Readonly<Record<string, string | undefined>>,
  options: CheckOutputsOptions = {},
): Promise<void> {
  checkObject('checkOutputs', outputs, 'outputs', 'paths by name')
  checkObject('checkOutputs', options)
  const { inputs = [] } = options
  const targets = new Map<string, string>()
  for (const [name, path] of Object.entries(outputs)) {
    if (path === undefined) continue
    const target = await outputTarget(path, name)
    const other = targets.get(target.path)
    if (other !== undefined) throw outputError(path, `it is the file of ${other}, too`, { name })
    targets.set(target.path, name)
    for (const input of target.info ? inputs : []) {
      if (await isPartOf(target, input))
        throw outputError(path, `it is an input of the same command (${input})`, { name })
    }
    if (await isFull(dirname(target.path))) throw outputError(path, 'the disk is full', { name })
  }
}

/** Whether a file that is there is `input`, also by another link to it, or lies in the folder `input`. */
async function isPartOf({ path, info }: OutputTarget, input: string): Promise<boolean> {
  const other = await stat(input, { bigint: true }).catch(() => undefined)
  if (other?.isDirectory()) {
    const inside = relative(await realpath(input), path)
    return inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)
  }
  return other !== undefined && other.dev === info!.dev && other.ino === info!.ino
}

/** The administrator may use what a disk keeps back. */
async function isFull(folder: string): Promise<boolean> {
  const { blocks, bavail, bfree } = await statfs(folder)
  return blocks > 0 && (process.getuid?.() === 0 ? bfree : bavail) === 0
}

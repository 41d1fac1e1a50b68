import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { appendFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkFunction, checkObject, checkString } from '../check.js'
import { SnnError } from '../error.js'
import { asOutputError } from './output-error.js'
import { outputTarget } from './output-target.js'
import { removedAtExit } from './removed-at-exit.js'

export interface ReplaceFileOptions {
  /**
   * Whether it is on the disk, safe from a loss of power, when it gets its name. Default true; false is faster for
   * thousands of small files.
   */
  readonly durable?: boolean
}

/**
 * Writes a file so that it is the old one or the whole new one, also when the writing fails or is interrupted. Links
 * are followed; whoever writes the same file at once has a temporary file of his own, and the last one to finish wins.
 * Throws `OUTPUT` where there is something else than a regular file, and for a full disk.
 */
export async function replaceFile(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
  options: ReplaceFileOptions = {},
): Promise<void> {
  checkObject('replaceFile', options)
  const { durable = true } = options
  const known =
    typeof content === 'string' ||
    content instanceof Uint8Array ||
    typeof content?.[Symbol.asyncIterator] === 'function'
  if (!known)
    throw new SnnError(
      'ARGUMENT',
      `[output] content of ${path} is ${content === null ? 'null' : typeof content}, expected bytes, a text or a stream of bytes.`,
      { name: 'content', value: content },
    )
  const target = await outputTarget(path)
  await removedAtExit(join(dirname(target.path), `.${randomUUID()}.tmp`), async (temporary) => {
    try {
      const file = await open(temporary, 'wx')
      try {
        if (target.info) await file.chmod(Number(target.info.mode) & 0o7777)
        await file.writeFile(content)
        if (durable) await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, target.path)
    } catch (error) {
      throw asOutputError(error, path)
    }
  })
}

/** Adds `text` to the end of a file, or begins it. Throws `OUTPUT` as `replaceFile` does. */
export async function appendToFile(path: string, text: string): Promise<void> {
  checkString('appendToFile', text, 'text')
  const target = await outputTarget(path)
  await appendFile(target.path, text).catch((error: unknown) => {
    throw asOutputError(error, path)
  })
}

/** Makes a folder, and those above it. Throws `OUTPUT`. */
export async function makeFolder(path: string, name?: string): Promise<void> {
  checkString('makeFolder', path, 'path')
  await makeEach(path).catch((error: unknown) => {
    throw asOutputError(error, path, { name, kind: 'folder' })
  })
}

/**
 * Makes folders one by one, from above: Node's recursive `mkdir` does not come to an end in a file system that refuses a
 * folder by saying that the one above is not there.
 */
async function makeEach(path: string): Promise<void> {
  const infoOf = (at: string): Promise<Stats | undefined> => stat(at).catch(() => undefined)
  if ((await infoOf(path))?.isDirectory()) return
  const above = dirname(path)
  if (above !== path && !(await infoOf(above))) await makeEach(above)
  await mkdir(path).catch(async (error: unknown) => {
    // somebody else may have made it meanwhile
    if (!(await infoOf(path))?.isDirectory()) throw error
  })
}

/**
 * Makes the folder `path`, in the place of an old one, when `fill` has put everything into a temporary one that is its
 * own.
 */
export async function replaceFolder(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  checkString('replaceFolder', path, 'path')
  checkFunction('replaceFolder', fill, 'fill')
  await makeFolder(dirname(path))
  await removedAtExit(join(dirname(path), `.${randomUUID()}.tmp`), async (temporary) => {
    await makeFolder(temporary)
    await fill(temporary)
    try {
      await rm(path, { recursive: true, force: true })
      await rename(temporary, path)
    } catch (error) {
      throw asOutputError(error, path, { kind: 'folder' })
    }
  })
}

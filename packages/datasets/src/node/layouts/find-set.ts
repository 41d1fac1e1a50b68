import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SnnError } from '@snn/tensor'
import { checkString } from '@snn/tensor/library'
import type { AnySetInfo, SetOptions } from '../define-set.js'
import { downloadSet } from '../download/download-set.js'

/** Folders looked into for a layout: archives unpack into a folder or two of their own. */
const mostFolders = 400
const deepest = 3

/** What stands in a folder, folders with a slash at their end. */
export async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .filter((name) => !name.startsWith('.') && name !== '__MACOSX/')
    .sort()
}

/** The folders in a folder, without a slash. */
export async function foldersIn(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1))
}

/** Whether each of the wanted folders is among names of `namesIn`. */
export const hasFolders = (names: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((name) => names.includes(`${name}/`))

/**
 * Downloads when asked to, checks the split, and finds the folder with the layout: `root` or one below it of which `is`
 * holds. Throws `DATA_NOT_FOUND`, which says what was looked for and how to get it.
 */
export async function findSet(
  info: AnySetInfo,
  options: SetOptions,
  looked: string,
  is: (names: readonly string[], folder: string) => boolean | Promise<boolean>,
): Promise<string> {
  checkSplit(info, options.split)
  checkString(info.id, options.root, 'root', 'the folder of the data')
  if (options.download) await downloadSet(info, options)
  let level = [resolve(options.root)]
  let seen = 0
  for (let depth = 0; depth <= deepest; depth++) {
    const next: string[] = []
    for (const folder of level) {
      options.signal?.throwIfAborted()
      if (++seen > mostFolders) break
      const names = await namesIn(folder)
      if (await is(names, folder)) return folder
      next.push(...names.filter((name) => name.endsWith('/')).map((name) => join(folder, name)))
    }
    level = next
  }
  const how = info.files.every(({ url }) => url !== undefined)
    ? `{ download: true } (snn data download ${info.id}) gets it`
    : `Get ${info.files.map(({ name }) => name).join(', ')} from ${info.page} and unpack it there, or give { download: true, from: ARCHIVE } (snn data download ${info.id} --from ARCHIVE)`
  throw new SnnError(
    'DATA_NOT_FOUND',
    `[${info.id}] no ${info.title} in ${options.root}, looked for ${looked}. ${how}.`,
    { path: options.root, looked: [looked] },
  )
}

function checkSplit(info: AnySetInfo, split: string): void {
  if (Object.hasOwn(info.splits, split)) return
  throw new SnnError(
    'ARGUMENT',
    `[${info.id}] split ${JSON.stringify(split)}, expected ${Object.keys(info.splits).join(' or ')}.`,
    { name: 'split', value: split },
  )
}

import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SnnError } from '@snn/tensor'

/** Throws `ARGUMENT` unless a file can be written at `path`: asked before long work. */
export async function checkWritable(path: string, option: string): Promise<void> {
  const fail = (why: string, cause?: unknown): never => {
    throw new SnnError('ARGUMENT', `[snn] ${option} ${path}: ${why}, expected a file name in a folder that can be written to. Choose another.`, { name: option, value: path }, { cause })
  }
  const folder = dirname(path)
  await access(folder, constants.W_OK).catch((error: unknown) => fail(`no writing in the folder ${folder}`, error))
  if ((await stat(path).catch(() => undefined))?.isDirectory()) fail('is a folder')
}

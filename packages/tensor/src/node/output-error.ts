import { SnnError } from '../error.js'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission to write there',
  EEXIST: 'a file stands in the place of the folder',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'it is too large for that disk',
  EISDIR: 'it is a folder',
  ELOOP: 'the links there lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'the folder is not there',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EPERM: 'there is no permission to write there',
  EROFS: 'that disk is only for reading',
  ERR_INVALID_ARG_VALUE: 'it has a character that no name can have',
}

export interface OutputErrorOptions {
  /** What the user calls the path. */
  readonly name?: string | undefined
  readonly cause?: unknown
  /** What was to be made there. Default 'file'. */
  readonly kind?: 'file' | 'folder'
}

/** The error for a path that cannot be written. */
export function outputError(
  path: string,
  reason: string,
  { name, cause, kind = 'file' }: OutputErrorOptions = {},
): SnnError<'OUTPUT'> {
  return new SnnError(
    'OUTPUT',
    `[output] ${name === undefined ? '' : `${name} `}${path || "''"} cannot be written: ${reason}. Give the name of a ${kind}, new or to be replaced, in a folder that can be written to.`,
    { path, reason },
    { cause },
  )
}

/** What is called when something is written; `read` and the calls of a network are not among them. */
const writing: ReadonlySet<string> = new Set([
  'access',
  'copyfile',
  'fchmod',
  'fsync',
  'lstat',
  'mkdir',
  'open',
  'readlink',
  'realpath',
  'rename',
  'rm',
  'rmdir',
  'statfs',
  'unlink',
  'write',
])

/** `error` as `OUTPUT` where it says that something could not be written; any other, such as an abort, as it is. */
export function asOutputError(
  error: unknown,
  path: string,
  options: Pick<OutputErrorOptions, 'name' | 'kind'> = {},
): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (code === undefined || !(syscall === undefined ? code in reasons : writing.has(syscall))) return error
  return outputError(path, reasons[code] ?? (error as Error).message, { ...options, cause: error })
}

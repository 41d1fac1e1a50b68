import { readFile, readdir, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { SnnError } from '@snn/tensor'
import { gunzip } from '../gzip.js'

/** The error for data that are not there; `looked` names what was looked for, `path` where. */
export function notFound(operation: string, path: string, looked: readonly string[], cause?: unknown): SnnError<'DATA_NOT_FOUND'> {
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  return new SnnError('DATA_NOT_FOUND', `[${operation}] nothing to read at ${path}${why}, looked for ${looked.join(', ')}. Check the path.`, { path, looked }, { cause })
}

/** The bytes of a file. Throws `DATA_NOT_FOUND` when it cannot be read. */
export async function readBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const buffer = await readFile(path, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw notFound('dataset', path, [basename(path)], error)
  })
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** The bytes of a file, unpacked when it is gzip. */
export async function readUnpacked(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return gunzip(await readBytes(path, signal), { file: basename(path), ...(signal && { signal }) })
}

export async function kindOf(path: string): Promise<'file' | 'folder' | 'none'> {
  const found = await stat(path).catch(() => undefined)
  return found === undefined ? 'none' : found.isDirectory() ? 'folder' : 'file'
}

/** Names of what a folder holds, sorted; with `recursive` those in its folders too, as `folder/name`. */
export async function filesIn(folder: string, recursive = false): Promise<string[]> {
  const names = await readdir(folder, { recursive })
  return names.map((name) => name.replaceAll('\\', '/')).sort()
}

import { closeSync, openSync, readSync } from 'node:fs'
import { open as openFile, readFile, readdir, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { SnnError } from '@snn/tensor'
import { checkString } from '@snn/tensor/library'
import type { ByteSource } from '../bytes.js'
import { gunzip } from '../gzip.js'

/** The error for data that are not there; `looked` names what was looked for, `path` where. */
export function notFound(
  operation: string,
  path: string,
  looked: readonly string[],
  cause?: unknown,
): SnnError<'DATA_NOT_FOUND'> {
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  return new SnnError(
    'DATA_NOT_FOUND',
    `[${operation}] nothing to read at ${path}${why}, looked for ${looked.join(', ')}. Check the path.`,
    { path, looked },
    { cause },
  )
}

/** The bytes of a file. Throws `DATA_NOT_FOUND` when it cannot be read. */
export async function readBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const buffer = await readFile(path, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw notFound('dataset', path, [basename(path)], error)
  })
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** A file as a source; it is open only while it is read, so that there is nothing to close. Throws `DATA_NOT_FOUND`. */
export async function fileSource(path: string): Promise<ByteSource> {
  checkString('fileSource', path, 'path')
  const found = await stat(path).catch((error: unknown) => {
    throw notFound('dataset', path, [basename(path)], error)
  })
  if (found.isDirectory())
    throw new SnnError('DATA_NOT_FOUND', `[dataset] ${path} is a folder, expected a file. Name one in it.`, {
      path,
      looked: [basename(path)],
    })
  return {
    size: found.size,
    async read(from, to) {
      await using file = await openFile(path)
      const bytes = new Uint8Array(to - from)
      let length = 0
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, from + length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return bytes.subarray(0, length)
    },
    readSync(from, to) {
      const file = openSync(path, 'r')
      try {
        const bytes = new Uint8Array(to - from)
        return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from))
      } finally {
        closeSync(file)
      }
    },
  }
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

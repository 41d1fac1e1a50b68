import { createReadStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { x as extractTar } from 'tar'
import { openPromise } from 'yauzl'
import { SnnError, isSnnError } from '@snn/tensor'
import { asOutputError, makeFolder, replaceFile, replaceFolder } from '@snn/tensor/node'
import { invalid } from '../../invalid.js'
import { maximumDeflateRatio } from '../../npz.js'
import type { DownloadProgress } from './download-file.js'

/** Options of `extractArchive`. */
export interface ExtractOptions {
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
  /** Is told how far the work is. */
  readonly onProgress?: (progress: DownloadProgress) => void
}

/**
 * Unpacks a .zip, .tar.gz, .tgz, .tar or .gz file into `folder`, and archives found inside once more. The folder
 * appears when all is there: an interrupted unpacking leaves nothing of that name. Paths that lead out of it are
 * refused. Throws `DATA_INVALID`, and `DATA_NOT_FOUND` for .rar, which says what to run.
 */
export async function extractArchive(archive: string, folder: string, options: ExtractOptions = {}): Promise<void> {
  await replaceFolder(folder, async (part) => {
    await unpack(archive, part, folder, options)
    for (const name of await readdir(part, { recursive: true })) {
      if (/\.(zip|tar\.gz|tgz)$/.test(name)) {
        const inner = join(part, name)
        await unpack(inner, join(dirname(inner), basename(name).replace(/\.(zip|tar\.gz|tgz)$/, '')), folder, options)
        await rm(inner)
      }
    }
  })
}

/** Unpacks into `folder`, which will be `named` so. */
async function unpack(archive: string, folder: string, named: string, options: ExtractOptions): Promise<void> {
  const name = basename(archive)
  await makeFolder(folder)
  try {
    if (/\.zip$/i.test(name)) return await unzip(archive, folder, options)
    if (/\.(tar|tar\.gz|tgz)$/i.test(name)) {
      let done = 0
      await extractTar({
        file: archive,
        cwd: folder,
        strict: true,
        preservePaths: false,
        filter: (_, entry) => {
          options.signal?.throwIfAborted()
          return 'type' in entry
            ? entry.type === 'File' || entry.type === 'Directory' || entry.type === 'OldFile'
            : true
        },
        onReadEntry: (entry) => {
          done += entry.size
          options.onProgress?.({ stage: `unpack ${name}`, done })
        },
      })
      return
    }
    if (/\.gz$/i.test(name)) {
      const write = (bytes: AsyncIterable<Uint8Array>): Promise<void> =>
        replaceFile(join(folder, name.replace(/\.gz$/i, '')), bytes, { durable: false })
      await pipeline(createReadStream(archive), createGunzip(), write, options.signal ? { signal: options.signal } : {})
      return
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    const fault = (error as NodeJS.ErrnoException).path === archive ? error : asOutputError(error, named)
    if (isSnnError(fault)) throw fault
    throw invalid('extract', name, `cannot be unpacked (${(error as Error).message}).`, undefined, error)
  }
  if (/\.rar$/i.test(name)) {
    throw new SnnError(
      'DATA_NOT_FOUND',
      `[extract] ${name} is a RAR archive, for which there is no free library. Run: unar -o ${named} ${archive}   (or: unrar x), then give that folder as root.`,
      { path: archive, looked: [named] },
    )
  }
  throw invalid('extract', name, 'is no archive that can be unpacked here, expected .zip, .tar.gz, .tar or .gz.')
}

async function unzip(archive: string, folder: string, { signal, onProgress }: ExtractOptions): Promise<void> {
  const zip = await openPromise(archive) // refuses absolute paths and ..
  let done = 0
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted()
      if (entry.fileName.endsWith('/') || entry.fileName.startsWith('__MACOSX/')) continue
      if (entry.uncompressedSize > maximumDeflateRatio * entry.compressedSize + 64)
        throw new Error(`${entry.fileName} claims ${entry.uncompressedSize} bytes in ${entry.compressedSize}`)
      const path = join(folder, entry.fileName)
      await makeFolder(dirname(path))
      await replaceFile(path, await zip.openReadStreamPromise(entry), { durable: false })
      done += entry.uncompressedSize
      onProgress?.({ stage: `unpack ${basename(archive)}`, done })
    }
  } finally {
    zip.close()
  }
}

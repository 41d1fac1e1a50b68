import { createReadStream } from 'node:fs'
import { basename, join } from 'node:path'
import { SnnError } from '@snn/tensor'
import { checkMembers } from '@snn/tensor/library'
import { makeFolder, replaceFile } from '@snn/tensor/node'
import { kindOf, notFound } from '../files.js'
import { digestOf, downloadFile, type DownloadFileOptions, type DownloadProgress } from './download-file.js'
import { extractArchive } from './extract.js'
import type { RemoteFile, RemoteSet } from './remote-set.js'

/** Where the archives of a set come from. */
export interface DownloadOptions {
  /** Archives that are already here, by path, instead of a download: hosts move and ask for log-ins. */
  readonly from?: string | readonly string[]
  /** Another address: of the one file, or of a folder in which all files have their names. It is asked first. */
  readonly url?: string
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
  /** Is told how far the work is. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /** Gets licence and citation before the first byte. Default: writes them to the standard error stream. */
  readonly onNotice?: (text: string) => void
  readonly retries?: number
  readonly pause?: number
}

/**
 * Brings a set into `root`: archives into `root/download`, unpacked into `root/extract/NAME`. What is there with the
 * right checksum stays, and what is unpacked is not unpacked again. Throws `DOWNLOAD` for what cannot be had from a
 * program, with what to do.
 */
export async function downloadSet(
  info: RemoteSet,
  options: DownloadOptions & { readonly root: string; readonly split?: string },
): Promise<void> {
  checkMembers('downloadSet', info, 'info', ['files', 'title'], 'a set of setCatalogue')
  checkMembers('downloadSet', options, 'options', ['root'], '{ root, .. }')
  const { root, split, from, url } = options
  const files: readonly RemoteFile[] = info.files.filter(
    ({ splits }) => split === undefined || splits === undefined || splits.includes(split),
  )
  const notice = options.onNotice ?? ((text: string): void => void process.stderr.write(`${text}\n`))
  notice(`${info.title}\nLicence: ${info.licence}\nPlease cite: ${info.citation}\n${info.page}`)
  const given = from === undefined ? [] : typeof from === 'string' ? [from] : from
  const onlyOne = given.length === 1 && files.length === 1
  for (const path of given) {
    if ((await kindOf(path)) !== 'file') throw notFound('download', path, [basename(path)])
    if (onlyOne || info.files.some(({ name }) => name === basename(path))) continue
    throw new SnnError(
      'ARGUMENT',
      `[download] from ${path}, which has the name of no file of ${info.title}, expected ${info.files.map(({ name }) => name).join(', ')}. Rename it as its authors do.`,
      { name: 'from', value: path },
    )
  }
  for (const file of files) {
    const extracted = join(root, 'extract', stem(file.name))
    const done = join(root, 'extract', `${stem(file.name)}.done`)
    if ((await kindOf(done)) === 'file') continue
    const archive = join(root, 'download', file.name)
    const local = given.find((path) => basename(path) === file.name) ?? (onlyOne ? given[0] : undefined)
    await makeFolder(join(root, 'download'))
    if (local !== undefined) {
      await checkDigest(local, file, options.signal)
      await replaceFile(archive, createReadStream(local))
    } else if ((await kindOf(archive)) === 'file') await checkDigest(archive, file, options.signal)
    else await fetchFile(info, file, archive, files.length === 1, url, options)
    if (isArchive(file.name)) await extractArchive(archive, extracted, options)
    else {
      await makeFolder(extracted)
      await replaceFile(join(extracted, file.name), createReadStream(archive))
    }
    await replaceFile(done, '')
  }
}

const isArchive = (name: string): boolean => /\.(zip|rar|tar|gz|tgz)$/i.test(name)
const stem = (name: string): string => name.replace(/\.(zip|rar|tar|gz|tgz)$/i, '').replace(/\.(tar|h5)$/, '')

async function checkDigest(path: string, { name, md5 }: RemoteFile, signal: AbortSignal | undefined): Promise<void> {
  const found = md5 === undefined ? undefined : await digestOf(path, signal)
  if (found !== md5)
    throw new SnnError(
      'DATA_INVALID',
      `[download] ${basename(path)}: has MD5 ${found}, expected ${md5} for ${name}. It is damaged or another file; remove it and download it again.`,
      { file: basename(path) },
    )
}

async function fetchFile(
  info: RemoteSet,
  file: RemoteFile,
  archive: string,
  only: boolean,
  mirror: string | undefined,
  options: DownloadFileOptions,
): Promise<void> {
  const mirrors =
    mirror === undefined ? [] : [only && !mirror.endsWith('/') ? mirror : `${mirror.replace(/\/?$/, '/')}${file.name}`]
  const urls = [...mirrors, ...(file.url === undefined ? [] : [file.url])]
  if (urls.length === 0) {
    throw new SnnError(
      'DOWNLOAD',
      `[download] ${file.name} of ${info.title} cannot be had by a program. Get it in a browser from ${info.page}, then give { from: '.../${file.name}' } (snn data download --from), or the address of a mirror with { url }.`,
      { file: file.name, answers: [] },
    )
  }
  const { signal, onProgress, retries, pause } = options
  await downloadFile(urls, archive, {
    ...(file.md5 !== undefined && { md5: file.md5 }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(retries !== undefined && { retries }),
    ...(pause !== undefined && { pause }),
  })
}

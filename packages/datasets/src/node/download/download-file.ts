import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SnnError, isSnnError } from '@snn/tensor'
import { checkArray, checkObject, checkString } from '@snn/tensor/library'
import { asOutputError } from '@snn/tensor/node'
import { withPart } from './part-file.js'

/** How far a download or an extraction is. */
export interface DownloadProgress {
  readonly stage: string
  /** Bytes. */
  readonly done: number
  readonly total?: number
}

/** Options of `downloadFile`. */
export interface DownloadFileOptions {
  /** Hexadecimal digest that the file must have. */
  readonly md5?: string
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
  /** Is told how far the work is. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /** Attempts at each address after the first. Default 4. */
  readonly retries?: number
  /** Pause before the first of them in ms, doubled each time. Default 1000. */
  readonly pause?: number
}

/**
 * Downloads to `path`, from the first of `urls` that has the file. What came before a break is kept in `path.part` and
 * asked for no more; the name is given only to a file that is whole and has its checksum. Throws `DOWNLOAD`, which says
 * what each address answered, and
 * `OUTPUT` where the file cannot be written.
 */
export async function downloadFile(
  urls: readonly string[],
  path: string,
  options: DownloadFileOptions = {},
): Promise<void> {
  checkArray('downloadFile', urls, 'urls', 'an array of addresses')
  checkString('downloadFile', path, 'path')
  checkObject('downloadFile', options)
  const { md5, signal, retries = 4, pause = 1000 } = options
  const answers: string[] = []
  await withPart(path, async (part) => {
    for (const url of urls) {
      for (let attempt = 0; attempt <= retries; attempt++) {
        signal?.throwIfAborted()
        if (attempt > 0) await sleep(pause * 2 ** (attempt - 1), signal)
        const failure = await fetchRest(url, part, basename(path), options).catch((error: unknown) => {
          signal?.throwIfAborted()
          if (isSnnError(asOutputError(error, path))) throw error
          return {
            reason:
              error instanceof Error
                ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}`
                : String(error),
            final: false,
          }
        })
        if (!failure) {
          const digest = md5 === undefined ? undefined : await digestOf(part, signal)
          if (digest === md5) return
          await rm(part, { force: true })
          answers.push(`${url} gave a file with MD5 ${digest}, expected ${md5}`)
          break
        }
        if (failure.final || attempt === retries) {
          answers.push(`${url}: ${failure.reason}`)
          break
        }
      }
    }
    throw new SnnError(
      'DOWNLOAD',
      `[download] ${basename(path)}: ${answers.join('; ')}. Download it yourself and give { from } (--from), or name another address with { url } (--url).`,
      { file: basename(path), answers },
    )
  })
}

interface Failure {
  readonly reason: string
  /** Whether asking again cannot help. */
  readonly final: boolean
}

/** Asks for what is missing of the file in `part`; undefined when it is whole. */
async function fetchRest(
  url: string,
  part: string,
  name: string,
  { signal, onProgress }: DownloadFileOptions,
): Promise<Failure | undefined> {
  const have = (await stat(part).catch(() => undefined))?.size ?? 0
  const response = await fetch(url, {
    ...(signal && { signal }),
    headers: have > 0 ? { Range: `bytes=${have}-`, 'Accept-Encoding': 'identity' } : { 'Accept-Encoding': 'identity' },
  })
  if (response.status === 416) {
    await response.body?.cancel()
    const size = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN)
    if (size === have) return undefined
    await rm(part, { force: true })
    return { reason: `what is there already (${have} bytes) is no part of it`, final: false }
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    return {
      reason: `status ${response.status}`,
      final: response.status < 500 && response.status !== 408 && response.status !== 429,
    }
  }
  if ((response.headers.get('content-type') ?? '').startsWith('text/html') && !/\.html?$/.test(new URL(url).pathname)) {
    await response.body.cancel()
    return { reason: 'a web page instead of the file (it may ask for a log-in)', final: true }
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  const resumed = response.status === 206 && Number(range?.[1]) === have
  const start = resumed ? have : 0
  const length = response.headers.get('content-length')
  const total = length === null ? undefined : start + Number(length)
  let done = start
  const report = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      done += chunk.length
      if (total !== undefined && done > total) throw new Error(`more than the ${total} bytes announced`)
      onProgress?.({ stage: `download ${name}`, done, ...(total !== undefined && { total }) })
      yield chunk
    }
  }
  await pipeline(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    report,
    createWriteStream(part, { flags: resumed ? 'a' : 'w' }),
    signal ? { signal } : {},
  )
  return total !== undefined && done < total
    ? { reason: `the connection ended after ${done} of ${total} bytes`, final: false }
    : undefined
}

/** MD5 of a file in hexadecimal. */
export async function digestOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, ...(signal && { signal }) }))
    hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((done, fail) => {
    const stop = (): void => {
      clearTimeout(timer)
      fail(signal!.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      done()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

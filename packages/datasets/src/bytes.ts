import { checkBytes, checkMembers } from '@snn/tensor/library'

/** Bytes that come in pieces. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** Bytes of which any part can be read, so that no more of a large file is in memory than is looked at. */
export interface ByteSource {
  readonly size: number
  /** The bytes from `from` up to but not including `to`. */
  read(from: number, to: number): Promise<Uint8Array>
  /** `read`, at once: there for bytes in memory, for files in Node, and for Blobs in the workers of browsers. */
  readonly readSync?: (from: number, to: number) => Uint8Array
}

const isSource = (bytes: ByteStream | ByteSource): bytes is ByteSource => 'size' in bytes && 'read' in bytes

/** Bytes in memory as a source. */
export function bytesSource(given: Uint8Array): ByteSource {
  const bytes = checkBytes('bytesSource', given)
  const readSync = (from: number, to: number): Uint8Array => bytes.subarray(from, to)
  return { size: bytes.length, read: async (from, to) => readSync(from, to), readSync }
}

/** What `FileReaderSync`, which only workers of browsers have, is needed for. */
interface SyncReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer
}

/** A Blob or File as a source. */
export function blobSource(blob: Blob): ByteSource {
  checkMembers('blobSource', blob, 'blob', ['size', 'slice()'], 'a Blob or File')
  const { FileReaderSync: Reader } = globalThis as { FileReaderSync?: new () => SyncReader }
  return {
    size: blob.size,
    read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
    ...(Reader && {
      readSync: (from: number, to: number) => new Uint8Array(new Reader().readAsArrayBuffer(blob.slice(from, to))),
    }),
  }
}

/** `bytes` as a source: a stream is read to its end, and is in memory then. */
export async function sourceOf(bytes: ByteStream | ByteSource, signal?: AbortSignal): Promise<ByteSource> {
  return isSource(bytes) ? bytes : bytesSource(await allBytes(bytes, signal))
}

/** All of them. */
export async function allBytes(bytes: ByteStream | ByteSource, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted()
  if (isSource(bytes)) return bytes.read(0, bytes.size)
  const parts: Uint8Array[] = []
  for await (const part of piecesOf(bytes)) {
    signal?.throwIfAborted()
    parts.push(part)
  }
  return joinBytes(parts)
}

/** Bytes read of a source at once. */
const pieceLength = 2 ** 18

/**
 * The pieces of a stream or source; not every browser's ReadableStream is an async iterable. The stream is cancelled
 * when the loop ends early.
 */
export async function* piecesOf(stream: ByteStream | ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (isSource(stream)) {
    for (let at = 0; at < stream.size; at += pieceLength)
      yield await stream.read(at, Math.min(at + pieceLength, stream.size))
    return
  }
  if (!('getReader' in stream)) {
    yield* stream
    return
  }
  const reader = stream.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
    ended = true
  } finally {
    if (!ended) await reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}

/** One array of all parts; a single part is returned as it is. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

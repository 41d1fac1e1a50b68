import { concatEvents, openEvents, toFrames, type Events, type OpenEventsOptions } from '@snn/datasets'

/** What is compared of a recording that Node and a browser have read. */
export interface Summary {
  readonly format: string
  readonly sensor: object
  readonly timeUnit: string
  readonly length: number
  /** SHA-256 of t, x, y and p. */
  readonly events: string
  /** SHA-256 of frames of 3 steps. */
  readonly frames: string
}

/** The recording in each way to read it: bytes at once, a Blob and a stream in pieces. Runs in Node and in browsers. */
export async function summarize(
  bytes: Uint8Array<ArrayBuffer>,
  options: OpenEventsOptions,
): Promise<Record<'bytes' | 'blob' | 'stream', Summary>> {
  const blob = new Blob([bytes])
  return {
    bytes: await summary(bytes, options, (source) => source.all()),
    blob: await summary(blob, options, joined),
    stream: await summary(blob.stream(), options, joined),
  }
}

type Source = Awaited<ReturnType<typeof openEvents>>

async function summary(
  from: Parameters<typeof openEvents>[0],
  options: OpenEventsOptions,
  read: (source: Source) => Promise<Events>,
): Promise<Summary> {
  const source = await openEvents(from, options)
  const events = await read(source)
  const { t, x, y, p, sensor, timeUnit } = events
  const frames = toFrames({ by: 'number', n: 3 })(events)
  return {
    format: source.format.id,
    sensor,
    timeUnit,
    length: t.length,
    events: await digest(t, x, y, p),
    frames: await digest(frames.data),
  }
}

async function joined(source: Source): Promise<Events> {
  const parts: Events[] = []
  for await (const part of source.batches()) parts.push(part)
  return concatEvents(parts)
}

async function digest(...arrays: ArrayBufferView[]): Promise<string> {
  const bytes = await new Blob(arrays as BlobPart[]).arrayBuffer()
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createEvents, evt2, sensorOf, streamFrames } from '@snn/datasets'
import { openEvents } from '@snn/datasets/node'

/**
 * A synthetic EVT2 recording of 2 GB (argument: another size in MB) is cut into frames of 10 ms, and the most memory
 * that the process ever had is compared with 300 MB.
 */
const megabytes = Number(process.argv[2] ?? 2000)
const limit = 300
const sensor = sensorOf(640, 480)
const perBlock = 1_000_000

/** One second of events at even times, written again and again with another base of time. */
async function block(): Promise<Uint8Array> {
  const column = (n: number, factor: number): number[] => Array.from({ length: perBlock }, (_, i) => (i * factor) % n)
  const events = createEvents(
    { t: Array.from({ length: perBlock }, (_, i) => i), x: column(640, 7919), y: column(480, 104729), p: column(2, 3) },
    { sensor },
  )
  return evt2.write!(events)
}

const folder = await mkdtemp(join(tmpdir(), 'snn-memory-'))
try {
  const path = join(folder, 'recording.raw')
  const one = await block()
  const header = new TextDecoder('latin1').decode(one.subarray(0, 400)).indexOf('% end\n') + 6
  const view = new DataView(one.buffer, one.byteOffset + header, one.length - header)
  async function* blocks(): AsyncGenerator<Uint8Array, void, undefined> {
    yield one.slice(0, header)
    for (let written = 0; written < megabytes * 1e6; written += view.byteLength) {
      yield one.slice(header)
      // The next second: time words count 64 us.
      for (let at = 0; at < view.byteLength; at += 4) {
        const word = view.getUint32(at, true)
        if (word >>> 28 === 8) view.setUint32(at, word + 1_000_000 / 64, true)
      }
    }
  }
  await pipeline(blocks, createWriteStream(path))
  const { size } = await stat(path)
  const startedAt = performance.now()
  let frames = 0
  let events = 0
  for await (const frame of streamFrames(
    (await openEvents(path)).batches(),
    { by: 'duration', duration: 10_000 },
    { reuse: true },
  )) {
    frames++
    for (let i = 0; i < frame.data.length; i += 4)
      events += frame.data[i]! + frame.data[i + 1]! + frame.data[i + 2]! + frame.data[i + 3]!
  }
  const seconds = (performance.now() - startedAt) / 1000
  const peak = process.resourceUsage().maxRSS / 1024
  console.log(
    `${(size / 1e9).toFixed(2)} GB, ${events} events in ${frames} frames of 10 ms: ${seconds.toFixed(1)} s, most memory ${peak.toFixed(0)} MB (limit ${limit} MB)`,
  )
  if (peak > limit) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true })
}

import { arrayReading, type ArrayReading, type KnownRecording } from './arrays-to-events.js'
import type { EventArrays, Events } from '../events.js'

/** The columns of a recording, read side by side from their start. */
export interface EventColumns {
  readonly length: number
  /** The next `count` events. */
  next(count: number): Promise<EventArrays> | EventArrays
}

/** Events in one piece. */
const pieceLength = 2 ** 16

/**
 * The events of columns in pieces, at least one. Without a sensor it is the smallest that has all events, for which
 * they are read twice: `open` starts anew.
 */
export async function* columnPieces(
  operation: string,
  file: string,
  open: () => Promise<EventColumns> | EventColumns,
  known: KnownRecording,
): AsyncGenerator<Events, void, undefined> {
  const reading = arrayReading(operation, file, known)
  const columns = await open()
  const twice = known.sensor === undefined && columns.length > pieceLength
  if (twice) await measureAll(reading, columns)
  const again = twice ? await open() : columns
  for (let done = 0; done === 0 || done < again.length; done += pieceLength)
    yield reading.read(await again.next(Math.min(pieceLength, again.length - done)))
  reading.end()
}

async function measureAll(reading: ArrayReading, columns: EventColumns): Promise<void> {
  for (let done = 0; done < columns.length; done += pieceLength)
    reading.measure(await columns.next(Math.min(pieceLength, columns.length - done)))
}

import { fromFile, reach } from './arrays-to-events.js'
import { sensorOf, type EventArrays, type Events, type Sensor, type TimeUnit } from '../events.js'

/** The columns of a recording, read side by side from their start. */
export interface EventColumns {
  readonly length: number
  /** The next `count` events. */
  next(count: number): Promise<EventArrays> | EventArrays
}

/** Events in one piece. */
const pieceLength = 2 ** 16

/**
 * The events of columns in pieces, at least one. Without a sensor it is the smallest that has all events, for which they are read twice: `open`
 * starts anew.
 */
export async function* columnPieces(
  operation: string,
  file: string,
  open: () => Promise<EventColumns> | EventColumns,
  sensor: Sensor | undefined,
  timeUnit: TimeUnit,
): AsyncGenerator<Events, void, undefined> {
  const columns = await open()
  if (columns.length <= pieceLength) {
    yield fromFile(operation, file, await columns.next(columns.length), sensor, timeUnit)
    return
  }
  const known = sensor ?? (await smallestSensor(columns))
  const again = sensor ? columns : await open()
  for (let done = 0; done < again.length; done += pieceLength) {
    yield fromFile(operation, file, await again.next(Math.min(pieceLength, again.length - done)), known, timeUnit)
  }
}

async function smallestSensor(columns: EventColumns): Promise<Sensor> {
  let [width, height, polarities] = [1, 1, 1]
  for (let done = 0; done < columns.length; done += pieceLength) {
    const { x, y, p } = await columns.next(Math.min(pieceLength, columns.length - done))
    width = Math.max(width, reach(x, 1))
    height = Math.max(height, reach(y, 1))
    polarities = Math.max(polarities, p ? reach(p, 2) : 1)
  }
  return sensorOf(width, height, polarities)
}

import { isSnnError } from '@snn/tensor'
import { invalid } from '../../invalid.js'
import { checkSensor, createEvents, sensorOf, type EventArrays, type Events, type Sensor, type TimeUnit } from '../events.js'

/** `createEvents` for arrays from a file: what does not fit is the file's fault. Without a sensor, the smallest that has all events. */
export function fromFile(operation: string, file: string, arrays: EventArrays, sensor: Sensor | undefined, timeUnit: TimeUnit): Events {
  try {
    return createEvents(arrays, { sensor: sensor ?? sensorOf(reach(arrays.x, 1), reach(arrays.y, 1), arrays.p ? reach(arrays.p, 2) : 1), timeUnit })
  } catch (error) {
    if (isSnnError(error)) throw invalid(operation, file, error.message, undefined, error)
    throw error
  }
}

/** How many places reach up to the largest value, at least `least`. */
export function reach(values: ArrayLike<number> | undefined, least: number): number {
  let top = least - 1
  const length = values?.length ?? 0
  for (let i = 0; i < length; i++) if (values![i]! > top) top = values![i]!
  return top + 1
}

/** The sensor that a file states as [width, height, polarities], or undefined. Throws `DATA_INVALID` for sizes that cannot be. */
export function statedSensor(operation: string, file: string, values: ArrayLike<number> | undefined): Sensor | undefined {
  if (values?.length !== 3) return undefined
  const sensor = sensorOf(values[0]!, values[1]!, values[2])
  try {
    checkSensor(operation, sensor)
  } catch (error) {
    throw invalid(operation, file, (error as Error).message, undefined, error)
  }
  return sensor
}

import { invalid } from '../invalid.js'
import type { Sensor } from './events.js'

/**
 * What to do with events that do not lie on the sensor. `few`: up to one in twenty, which are faults of the camera or
 * of the line, are left out and counted; more say that the sensor is another, which is an error. `drop`: all are left
 * out. `fail`: the first is an error.
 */
export type OutsideRule = 'few' | 'drop' | 'fail'

const largestShare = 1 / 20

/** Counts the events of one recording. */
export interface OutsideTally {
  /** How many there were so far. */
  readonly all: number
  /**
   * Events that were read, and how many of them lie outside, of which `first` describes one. Throws `DATA_INVALID`
   * where the rule is `fail`.
   */
  add(read: number, outside: number, first?: string): void
  /** At the end of the recording. Throws `DATA_INVALID` where too many lie outside. */
  end(): void
}

export function outsideTally(operation: string, file: string, rule: OutsideRule = 'few'): OutsideTally {
  let [all, outside] = [0, 0]
  let first = ''
  const check = (share: number): void => {
    if (outside <= all * share || rule === 'drop') return
    throw invalid(
      operation,
      file,
      `${first}, as ${outside} of ${all} events do. Give the sensor, { sensor: { width, height } }, if it is larger, or leave them out with { outside: 'drop' }.`,
    )
  }
  return {
    get all(): number {
      return all
    },
    add(read, found, description = '') {
      if (outside === 0) first = description
      all += read
      outside += found
      if (rule === 'fail') check(0)
    },
    end: () => check(largestShare),
  }
}

/** An event that lies outside, for errors. */
export function describeOutside(
  which: string,
  x: number,
  y: number,
  p: number,
  { width, height, polarities }: Sensor,
): string {
  const place = [x, y].every(Number.isInteger) ? 'outside' : 'between the pixels (round x and y first)'
  return `${which} (x ${x}, y ${y}, p ${p}) lies ${place} of the sensor of ${width} x ${height} with ${polarities} polarities`
}

export const outsideNote = (
  count: number,
  { width, height }: Sensor,
): { readonly about: 'outside'; readonly count: number; readonly text: string } => ({
  about: 'outside',
  count,
  text: `events outside of the sensor of ${width} x ${height} left out`,
})

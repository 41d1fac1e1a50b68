import type { Sensor } from './events.js'

/** What a reader changed, left out or took for granted. */
export interface ReadNote {
  readonly about: 'camera' | 'columns' | 'outside' | 'sensor' | 'skipped' | 'source' | 'time'
  /** Of how many events, words, bytes or turns it is true, where they were counted. */
  readonly count?: number
  /** In words, which go on after the count: `events outside of the sensor of 346 x 260 left out`. */
  readonly text: string
}

/** Adds a note; counts of equal ones are summed. */
export function addNote(notes: ReadNote[], note: ReadNote): void {
  const at = notes.findIndex(({ about, text }) => about === note.about && text === note.text)
  const count = (notes[at]?.count ?? 0) + (note.count ?? 0)
  if (at < 0) notes.push(note)
  else if (note.count !== undefined) notes[at] = { ...note, count }
}

/** The notes of several parts of a recording. */
export function mergeNotes(parts: readonly { readonly notes?: readonly ReadNote[] }[]): ReadNote[] {
  const merged: ReadNote[] = []
  for (const { notes = [] } of parts) for (const note of notes) addNote(merged, note)
  return merged
}

/** That all events have the same place or polarity, for the file has no column of it, though the sensor has several. */
export function missingNotes(
  has: { readonly y: boolean; readonly p: boolean },
  { height, polarities }: Sensor,
): ReadNote[] {
  const missing = [...(!has.y && height > 1 ? ['y'] : []), ...(!has.p && polarities > 1 ? ['p'] : [])]
  return missing.map((name) => ({
    about: 'columns',
    text: `the file has no column of ${name}, which is 0 for all events`,
  }))
}

/** That the size is the one of the camera whose files these usually are. */
export const assumedSensor = ({ width, height }: Sensor): ReadNote => ({
  about: 'sensor',
  text: `the file does not say its sensor; taken as ${width} x ${height}`,
})

import type { Call } from '../call.js'
import type { Source } from '../draft.js'

/** Numbers this large stand for "no bound" in exported models. */
const largest = 3.4e38

/** min(max(x, low), high), where bounds of about the largest float are none. */
export function clipped(call: Call, x: Source, low: number | null, high: number | null): Source {
  const bounds = {
    low: low !== null && low > -largest ? low : null,
    high: high !== null && high < largest ? high : null,
  }
  if (bounds.low === null && bounds.high === null) return x
  if (bounds.low === 0 && bounds.high === null) return call.emit('relu', 'relu', [x])
  return call.emit(bounds.low === 0 ? 'relu' : 'clip', 'clip', [x], bounds)
}

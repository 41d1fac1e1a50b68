import type { TimeUnit } from './events.js'

/** 2100 in us since 1970: later ones are in another unit. */
const latest = 4.1e15
/** A day: a recording in seconds is shorter. */
const longest = 86_400

/**
 * The unit of times that a file does not name, or why none is plausible. Whole numbers are us, what cameras count.
 * Numbers with decimals are s where some have more than three (with three they may as well be ms) and the recording
 * lasts at most a day with at least one event a second. What is no finite number says nothing of a unit: readers refuse
 * it, with its place.
 */
export function plausibleUnit(t: ArrayLike<number>): { readonly unit: 'us' | 's' } | { readonly why: string } {
  let [least, most] = [Infinity, -Infinity]
  let whole = true
  let fine = false
  for (let i = 0; i < t.length; i++) {
    const time = t[i]!
    if (!Number.isFinite(time)) continue
    if (time < least) least = time
    if (time > most) most = time
    if (Math.floor(time) === time) continue
    whole = false
    fine ||= decimals(time) > 3
  }
  if (whole) return most > latest ? { why: `times up to ${most}, in us after the year 2100` } : { unit: 'us' }
  const span = most - least
  if (!fine) return { why: 'times with up to three decimals, which may be s or ms' }
  if (span > longest || (t.length > 1 && t.length < span))
    return { why: `times with decimals over ${span}, in s too long for ${t.length} events` }
  return { unit: 's' }
}

export const isUnit = (unit: unknown): unit is TimeUnit =>
  unit === 's' || unit === 'ms' || unit === 'us' || unit === 'ns'

/** 3 or fewer, or 4 for more. */
function decimals(time: number): number {
  const thousandths = time * 1000
  return Math.abs(thousandths - Math.round(thousandths)) > Math.max(1e-6, Math.abs(thousandths) * 2 ** -51) ? 4 : 3
}

import { dependsOn, formatDims, isUnknown } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Call } from '../read/call.js'

/** The shape two or more shapes broadcast to: aligned at the back, sizes equal or 1. */
export function broadcast(call: Call, shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length))
  return Array.from({ length: rank }, (_, i) =>
    shapes
      .map((s) => s[s.length - rank + i] ?? 1)
      .reduce((a, b) =>
        a === 1
          ? b
          : b === 1
            ? a
            : sameDim(call, a, b, () => `shapes ${shapes.map(formatDims).join(' and ')} do not broadcast`),
      ),
  )
}

/** Two sizes that must be equal, as one: the number where one is known. */
export function sameDim(call: Call, a: Dim, b: Dim, what: () => string): Dim {
  if (a === b) return a
  if (typeof a === 'number' && typeof b === 'number') return call.fail(what())
  if (typeof a === 'string' && typeof b === 'string')
    return isUnknown(a) ? (isUnknown(b) ? call.unknown() : b) : isUnknown(b) ? a : call.unknown()
  const [number, symbol] = typeof a === 'number' ? [a, b] : [b as number, a]
  if (call.batch && dependsOn(symbol, call.batch.symbol)) call.fail(what())
  return number
}

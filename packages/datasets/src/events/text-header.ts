import { invalid } from '../invalid.js'
import type { EventBuffer } from './buffer.js'
import type { Sensor } from './events.js'
import type { EventDecoder } from './format.js'
import type { ReadNote } from './notes.js'

/** Headers hold settings of the camera; a file that is all header is no recording. */
const longest = 16 * 2 ** 20

export interface HeaderStyle {
  readonly operation: string
  readonly file: string
  /** What every line starts with. */
  readonly mark: string
  /** The line that ends the header, where there is such a one. */
  readonly last?: string
}

/**
 * A line that is one though it ends in another way than that before; a shorter one is an event that has the byte of a
 * line's end in its address.
 */
const plainLine = /^[\t -~]{8,}$/

interface TextHeader {
  readonly lines: readonly string[]
  /** Where the data start. */
  readonly length: number
}

/**
 * The lines at the start of a file that begin with `mark`, up to one that is `last` (which belongs to them), does not
 * begin so, or is no text. Returns undefined while `bytes` end within them, unless they are `final`. Throws
 * `DATA_INVALID` when no end is in sight.
 */
function textHeader(
  { operation, file, mark, last }: HeaderStyle,
  bytes: Uint8Array,
  final: boolean,
): TextHeader | undefined {
  const decoder = new TextDecoder('latin1')
  const lines: string[] = []
  let returned = false
  // The first event may begin with the byte of the mark. A line of text has no zeros, which events have.
  const zero = bytes.indexOf(0)
  let at = 0
  for (;;) {
    if (at > longest)
      throw invalid(operation, file, `a header of more than ${longest} bytes, expected data after it.`, at)
    for (let i = 0; i < mark.length; i++) {
      if (at + i >= bytes.length) return final ? { lines, length: at } : undefined
      if (bytes[at + i] !== mark.charCodeAt(i)) return { lines, length: at }
    }
    const end = bytes.indexOf(0x0a, at)
    if (zero >= 0 && (end < 0 || zero < end)) return { lines, length: at }
    if (end < 0) {
      if (bytes.length - at > longest)
        throw invalid(operation, file, `a header line of more than ${longest} bytes.`, at)
      return undefined
    }
    const line = decoder.decode(bytes.subarray(at, end)).replace(/\r$/, '')
    const returns = bytes[end - 1] === 0x0d
    if (lines.length > 0 && returns !== returned && !plainLine.test(line)) return { lines, length: at }
    returned = returns
    at = end + 1
    lines.push(line)
    if (line === last) return { lines, length: at }
  }
}

/** A decoder of files with a text header: `body` makes that of what follows, from the lines. */
export function afterHeader(style: HeaderStyle, body: (lines: readonly string[]) => EventDecoder): EventDecoder {
  let inner: EventDecoder | undefined
  const start = (bytes: Uint8Array, final: boolean): number => {
    const header = textHeader(style, bytes, final)
    if (header) inner = body(header.lines)
    return header?.length ?? 0
  }
  return {
    get sensor(): Sensor | undefined {
      return inner?.sensor
    },
    get needs(): number {
      return inner?.needs ?? 1
    },
    get notes(): ReadNote[] {
      return inner?.notes ?? []
    },
    decode(bytes: Uint8Array, out: EventBuffer): number {
      const at = inner ? 0 : start(bytes, false)
      return inner ? at + inner.decode(bytes.subarray(at), out) : 0
    },
    end(rest: Uint8Array, out: EventBuffer): number {
      const at = inner ? 0 : start(rest, true)
      return at + (inner?.end?.(rest.subarray(at), out) ?? 0)
    },
  }
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

export function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  if (bytes.length < at + text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** The two after one another. */
export function append(header: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(header.length + body.length)
  out.set(ascii(header))
  out.set(body, header.length)
  return out
}

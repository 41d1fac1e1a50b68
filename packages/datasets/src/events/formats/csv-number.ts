const powers = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)
const words: Readonly<Record<string, number>> = { true: 1, false: 0, on: 1, off: 0 }

/** A decimal number, or true and false; digits are summed up while that is exact, the rest is left to the language. */
export function parseNumber(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  const negative = bytes[at] === 0x2d
  if (negative || bytes[at] === 0x2b) at++
  let digits = 0
  let value = 0
  let fraction = -1
  for (; at < to; at++) {
    const byte = bytes[at]!
    if (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + (byte - 0x30)
      digits++
      if (fraction >= 0) fraction++
    } else if (byte === 0x2e && fraction < 0) fraction = 0
    else break
  }
  const plain = at === to && digits > 0
  if (!plain || digits > 15)
    return textNumber(new TextDecoder('latin1').decode(bytes.subarray(from, Math.min(to, from + 64))))
  if (fraction > 0) value /= powers[fraction]!
  return negative ? -value : value
}

function textNumber(text: string): number {
  const plain = text
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .toLowerCase()
  return plain === '' ? NaN : Object.hasOwn(words, plain) ? words[plain]! : Number(plain)
}

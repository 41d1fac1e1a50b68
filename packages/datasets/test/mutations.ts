import fc from 'fast-check'

export type Edit = (bytes: Uint8Array) => Uint8Array

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }).map(
    (part): Edit =>
      (bytes) =>
        bytes.slice(0, Math.floor(part * bytes.length)),
  ),
  fc.tuple(fc.nat(), fc.nat(7)).map(
    ([at, bit]): Edit =>
      (bytes) =>
        bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << bit) : byte)),
  ),
  // The head, where sizes are, gets more than its share.
  fc.tuple(fc.nat(80), fc.constantFrom(0, 1, 127, 128, 255), fc.integer({ min: 1, max: 8 })).map(
    ([at, value, n]): Edit =>
      (bytes) =>
        bytes.slice().fill(value, at, at + n),
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 16 })).map(([at, more]): Edit => (bytes) => {
    const cut = at % (bytes.length + 1)
    return Uint8Array.from([...bytes.subarray(0, cut), ...more, ...bytes.subarray(cut)])
  }),
  fc.tuple(fc.nat(), fc.nat(16)).map(([at, n]): Edit => (bytes) => {
    const cut = at % (bytes.length + 1)
    return Uint8Array.from([...bytes.subarray(0, cut), ...bytes.subarray(cut + n)])
  }),
)
/** One to four edits: the end cut off, a bit turned, sizes made extreme, bytes put in or taken out. */
export const mutation = fc.array(edits, { minLength: 1, maxLength: 4 }).map(
  (list): Edit =>
    (bytes) =>
      list.reduce((out, edit) => (out.length === 0 ? out : edit(out)), bytes),
)

import { describe, expect, it } from 'vitest'
import { heapFault, heapMargin } from './global-heaps.js'

/** Of all of a file, in one part and in parts whose borders lie anywhere. */
function faults(bytes: Uint8Array): (string | undefined)[] {
  const source = { size: bytes.length, readSync: (from: number, to: number) => bytes.subarray(from, to) }
  return [bytes.length, 3, 7, 20].map((part) => {
    for (let from = 0; from < bytes.length; from += part) {
      const first = Math.max(0, from - heapMargin)
      const fault = heapFault(source, bytes.subarray(first, from + part + heapMargin), first)
      if (fault !== undefined) return fault
    }
    return undefined
  })
}

/** The lengths that the superblock says, and one collection at byte 16; no file that a library would open. */
function collection(
  objects: readonly (readonly [index: number, size: number])[],
  { room = 128, claimed = 128 } = {},
): Uint8Array {
  const bytes: Uint8Array = new Uint8Array(16 + room)
  const view = new DataView(bytes.buffer)
  bytes[14] = 8
  bytes.set([0x47, 0x43, 0x4f, 0x4c, 1], 16)
  view.setBigUint64(24, BigInt(claimed), true)
  let at = 32
  for (const [index, size] of objects) {
    view.setUint16(at, index, true)
    view.setBigUint64(at + 8, BigInt(size), true)
    at += index === 0 ? size : 16 + Math.ceil(size / 8) * 8
    if (at + 16 > bytes.length) break
  }
  return bytes
}

describe('values of variable length', () => {
  it('lead to the end of their collection', () => {
    // 16 of the header, 24 and 32 of values, and 56 that are free
    expect(
      new Set(
        faults(
          collection([
            [1, 5],
            [2, 16],
            [0, 56],
          ]),
        ),
      ),
    ).toEqual(new Set([undefined]))
    expect(new Set(faults(new Uint8Array(64).fill(0x47)))).toEqual(new Set([undefined]))
  })

  it.each<[string, Uint8Array, RegExp]>([
    [
      'a free part of nothing',
      collection([
        [1, 5],
        [0, 0],
      ]),
      /a value of 0 bytes at byte 56/,
    ],
    [
      'a value beyond the end',
      collection([[1, 200]]),
      /a value of 200 bytes at byte 32, expected one that ends before byte 144/,
    ],
    ['a value that no file holds', collection([[1, Number.MAX_SAFE_INTEGER - 1]]), /a value of 9007199254740990 bytes/],
    [
      'a collection beyond the file',
      collection([[0, 112]], { claimed: 4096 }),
      /from byte 16 to 4112, expected at most its 144 bytes/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    for (const fault of faults(bytes)) expect(fault).toMatch(message)
  })
})

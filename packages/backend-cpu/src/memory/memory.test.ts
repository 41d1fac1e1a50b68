import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Memory, type Region } from './memory.js'

it('hands out ranges that never overlap, and takes them back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(100_000)), { maxLength: 80 }), (actions) => {
      const memory = new Memory(false, 2 ** 26)
      const live: Region[] = []
      for (const [action, bytes] of actions) {
        if (action === 0 && live.length > 0) memory.free(live.splice(bytes % live.length, 1)[0]!)
        else live.push(memory.allocate(bytes))
        const sorted = [...live].sort((a, b) => a.offset - b.offset)
        sorted.forEach((region, i) => {
          expect(region.offset % 64).toBe(0)
          expect(region.offset + region.bytes).toBeLessThanOrEqual(sorted[i + 1]?.offset ?? memory.buffer.byteLength)
        })
      }
      for (const region of live) memory.free(region)
      // everything is one free range again
      const before = memory.buffer.byteLength
      memory.allocate(before - 128)
      expect(memory.buffer.byteLength).toBe(before)
    }),
  )
})

it('ends at its limit', () => {
  const memory = new Memory(false, 2 ** 20)
  memory.allocate(2 ** 19)
  expect(() => memory.allocate(2 ** 20)).toThrow(RangeError)
  memory.allocate(2 ** 18)
})

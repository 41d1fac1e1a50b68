import fc from 'fast-check'
import { expect, it } from 'vitest'
import { planArena, type Block } from './arena.js'

const block = (bytes: number, from: number, to: number): Block => ({ bytes, from, to, offset: -1 })

it('gives the memory of a dead value to the next', () => {
  const blocks = [block(100, 0, 1), block(100, 1, 2), block(100, 2, 3)]
  expect(planArena(blocks, 64)).toBe(228)
  expect(blocks.map(({ offset }) => offset)).toEqual([0, 128, 0])
})

it('puts a small value into a gap', () => {
  const blocks = [block(256, 0, 1), block(256, 0, 3), block(256, 2, 3), block(64, 0, 1), block(64, 2, 3)]
  expect(planArena(blocks, 64)).toBe(576)
})

it('takes nothing for nothing', () => {
  expect(planArena([], 64)).toBe(0)
})

const anyBlocks = fc.array(
  fc.tuple(fc.nat(1000), fc.nat(30), fc.nat(10)).map(([bytes, from, life]) => block(bytes, from, from + life)),
  { maxLength: 60 },
)

it('never lets two live values overlap, aligns them, and stays within the total', () => {
  fc.assert(
    fc.property(anyBlocks, (blocks) => {
      const total = planArena(blocks, 64)
      for (const [i, a] of blocks.entries()) {
        expect(a.offset % 64).toBe(0)
        expect(a.offset + a.bytes).toBeLessThanOrEqual(total)
        for (const b of blocks.slice(i + 1)) {
          const together = a.from <= b.to && b.from <= a.to
          const overlap = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes
          if (together) expect(overlap && a.bytes > 0 && b.bytes > 0).toBe(false)
        }
      }
    }),
  )
})

it('takes no more than all values side by side, and no less than what lives at one time', () => {
  fc.assert(
    fc.property(anyBlocks, (blocks) => {
      const total = planArena(blocks, 64)
      const live = (time: number): number =>
        blocks.filter(({ from, to }) => from <= time && time <= to).reduce((sum, { bytes }) => sum + bytes, 0)
      expect(total).toBeGreaterThanOrEqual(Math.max(0, ...blocks.map(({ from }) => live(from))))
      expect(total).toBeLessThanOrEqual(blocks.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 64) * 64, 0))
    }),
  )
})

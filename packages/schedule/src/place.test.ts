import { expect, it } from 'vitest'
import { at, blocksOf, moved, type Place } from './place.js'

const block = { bytes: 8, from: 0, to: 0, offset: 0 }
const inBlock = at({ kind: 'block', block })

it('moves by bytes, and with the iterations of loops', () => {
  const place = moved(moved(inBlock, 16, { loop: 0, bytes: 4 }), -4, { loop: 1, bytes: -8 })
  expect(place).toEqual({
    kind: 'address',
    base: { kind: 'block', block },
    offset: 12,
    steps: [
      { loop: 0, bytes: 4 },
      { loop: 1, bytes: -8 },
    ],
  })
})

it('moves every place of those that alternate', () => {
  const turns: Place = {
    kind: 'turns',
    loop: 0,
    end: 3,
    first: at({ kind: 'parameter', index: 1 }),
    between: [inBlock, moved(inBlock, 4)],
  }
  const further = moved(turns, 100)
  expect(further).toEqual({
    kind: 'turns',
    loop: 0,
    end: 3,
    first: moved(turns.first!, 100),
    between: [moved(inBlock, 100), moved(inBlock, 104)],
  })
  expect([...blocksOf(further)]).toEqual([block, block])
})

it('is data: it survives as text', () => {
  const place: Place = { kind: 'turns', loop: 0, end: 3, last: inBlock, between: [at({ kind: 'result', index: 0 })] }
  expect(JSON.parse(JSON.stringify(place))).toEqual(place)
})

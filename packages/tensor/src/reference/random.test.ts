import { describe, expect, it } from 'vitest'
import { philox } from './random.js'

// Known answers published with Random123 1.14 (kat_vectors, philox 4 32 10).
const hex = (text: string) =>
  text.split(' ').map((word) => Number.parseInt(word, 16)) as [number, number, number, number]

describe('philox', () => {
  it.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('of counter %s and key %s', (counter, key, answer) => {
    expect(philox(hex(counter), hex(key).slice(0, 2) as unknown as [number, number])).toEqual(hex(answer))
  })
})

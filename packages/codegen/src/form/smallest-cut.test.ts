import { describe, expect, it } from 'vitest'
import { smallestCut } from './smallest-cut.js'

const edges = (text: string): Map<string, string[]> => {
  const next = new Map<string, string[]>()
  for (const [from, to] of text.split(' ').map((edge) => edge.split('>') as [string, string]))
    next.set(from, [...(next.get(from) ?? []), to])
  return next
}

describe('the smallest cut', () => {
  it('is where paths meet', () => {
    expect(smallestCut(['x', 'v'], edges('x>a v>a v>b a>b b>u u>y'), new Set(['u', 'y']))).toEqual(['b'])
  })

  it('keeps sources that reach sinks by themselves', () => {
    expect(smallestCut(['x', 'v'], edges('x>a v>b'), new Set(['a', 'v'])).sort()).toEqual(['v', 'x'])
  })

  it('leads a path around what another one takes', () => {
    // the first path found, s>a>d, has to make room
    expect(smallestCut(['s', 't'], edges('s>a s>b t>a a>c a>d b>d'), new Set(['c', 'd']))).toHaveLength(2)
    expect(smallestCut(['s'], edges('s>a s>b a>c b>c'), new Set(['c']))).toEqual(['s'])
  })

  it('is empty without a path', () => {
    expect(smallestCut(['s'], edges('s>a b>c'), new Set(['c']))).toEqual([])
  })
})

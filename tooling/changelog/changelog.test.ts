import { describe, expect, it } from 'vitest'
import { readChangesets } from '../api/changesets.ts'
import { areas, splitArea } from './areas.ts'
import { render, type Entry } from './render.ts'

const entry = (id: string, level: Entry['level'], summary: string, age = 0): Entry => ({ id, level, summary, age })

describe('the entries of a release', () => {
  const entries = [
    entry('a', 'patch', 'Speed: Faster.'),
    entry('b', 'minor', 'Conversion: A code.\n\nIts second paragraph.'),
    entry('c', 'minor', 'Neurons: A neuron.'),
    entry('d', 'patch', 'Conversion: A fix.'),
    entry('e', 'minor', 'Conversion: Another code.'),
    entry('f', 'minor', 'Of no area: it is told at the end.'),
  ]

  it('stand together by level and area', () => {
    expect(render(entries, false)).toEqual(
      new Map([
        ['a', '#### Conversion\n\n- A fix.\n\n#### Speed\n\n- Faster.'],
        [
          'b',
          '#### Neurons\n\n- A neuron.\n\n#### Conversion\n\n- A code.\n\n  Its second paragraph.\n- Another code.\n\n#### Other\n\n- Of no area: it is told at the end.',
        ],
      ]),
    )
  })

  it('are told in the order in which they came', () => {
    const list = [entry('a', 'minor', 'Data: Second.', 2), entry('b', 'minor', 'Data: First.', 1)]
    expect(render(list, false).get('a')).toBe('#### Data\n\n- First.\n- Second.')
  })

  it('of a first release are one story, the large before the small', () => {
    const story = render(entries, true)
    expect([...story.keys()]).toEqual(['b'])
    expect(story.get('b')).toMatch(/^The first release\.\n\n#### Neurons\n/)
    expect(story.get('b')).toMatch(/A code\.[^#]*Another code\.[^#]*A fix\.\n\n#### Speed/)
    expect(render([], true)).toEqual(new Map())
  })
})

it('changesets in waiting say their area in front', () => {
  const without = readChangesets().filter(({ summary }) => splitArea(summary).area === undefined)
  expect(
    without.map(({ id }) => id),
    `begin their text with one of ${areas.join(', ')}, and a colon`,
  ).toEqual([])
  expect(splitArea('Data: A format.')).toEqual({ area: 'Data', text: 'A format.' })
  expect(splitArea('Note: A format.')).toEqual({ area: undefined, text: 'Note: A format.' })
})

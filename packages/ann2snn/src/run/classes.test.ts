import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classAt, Score } from './classes.js'

/** A score of predictions for labels, of a network with so many outputs. */
function scored(predicted: readonly number[], labels: readonly number[], outputs: number, labelOffset = 0): Score {
  const score = new Score({ operation: 'test', output: [outputs], labelOffset })
  score.check(labels)
  for (const [n, label] of labels.entries()) score.add(predicted[n]!, label)
  return score
}

describe('classAt', () => {
  it.each([
    [[0.2, 0.9, 0.9], 0, 1],
    [[0.51], 0.5, 1],
    [[0.5], 0.5, 0],
    [[-0.1], 0, 0],
    [[0.1], 0, 1],
  ])('%j above %d is class %d', (scores, boundary, expected) => {
    expect(classAt([9, ...scores], 1, scores.length, boundary)).toBe(expected)
  })
})

describe('Score', () => {
  const samples = fc
    .integer({ min: 2, max: 12 })
    .chain((classes) =>
      fc.record({
        classes: fc.constant(classes),
        pairs: fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1)), { minLength: 1, maxLength: 60 }),
        shift: fc.integer({ min: -9, max: 9 }),
      }),
    )

  it('counts what is right, whatever labels count from', () => {
    fc.assert(
      fc.property(samples, ({ classes, pairs, shift }) => {
        const [predicted, labels] = [pairs.map(([p]) => p), pairs.map(([, label]) => label)]
        const right = pairs.filter(([p, label]) => p === label).length / pairs.length
        expect(scored(predicted, labels, classes).accuracy).toBe(right)
        const moved = labels.map((label) => label + shift)
        expect(scored(predicted, moved, classes, -shift).accuracy).toBe(right)
      }),
    )
  })

  it('labels that are no classes are an error that names the offset where one helps', () => {
    const outside = (labels: readonly number[], outputs: number) => () => scored(labels, labels, outputs)
    expect(outside([1, 2, 3], 3)).toThrow(
      /label 3, expected a class from 0 to 2: the network has 3 outputs\. If labels count from 1, say labelOffset: -1 \(--label-offset -1\)/,
    )
    expect(outside([5, 7, 6], 3)).toThrow(/count from 5, .*--label-offset -5/)
    expect(outside([1, 2, 1], 1)).toThrow(/1 output, which tells two classes apart.*--label-offset -1/)
    expect(outside([0, 9], 3)).toThrow(/Check that model and data belong together/)
    expect(outside([0, 1.5], 3)).toThrow(/label 1.5/)
    expect(() => new Score({ operation: 'test', output: [85, 22, 22] })).toThrow(
      /\[85,22,22\], expected one score for each class.*--output/,
    )
  })

  it('warns where predictions have hardly to do with labels, and only there', () => {
    const labels = Array.from({ length: 100 }, (_, n) => (n * 7) % 10)
    expect(scored(labels, labels, 10).warnings).toEqual([])
    expect(
      scored(
        labels.map(() => 3),
        labels,
        10,
      ).warnings[0],
    ).toMatch(
      /^An accuracy of 10\.0 % on 100 samples is no better than guessing \(10\.0 %\).*snn inspect MODEL --data DATA.*--preprocess auto/,
    )
    expect(
      scored(
        labels.map((label, n) => (n % 10 === 0 ? label : 3)),
        labels,
        10,
      ).warnings[0],
    ).toContain('is hardly better than guessing')
    // one class of two is four fifths of the data, and always said
    expect(
      scored(
        labels.map(() => 1),
        labels.map((label) => (label < 8 ? 1 : 0)),
        1,
      ).warnings[0],
    ).toContain('80.0 %')
    // the right class of 1001, behind a background
    expect(
      scored(
        labels.map((label) => label + 1),
        labels,
        11,
      ).warnings[0],
    ).toMatch(/labels moved by 1 it is 100\.0 %: labelOffset 1 \(--label-offset 1\)/)
    // data of one class, mostly right
    expect(
      scored(
        labels.map((_, n) => (n % 9 === 0 ? 4 : 2)),
        labels.map(() => 2),
        10,
      ).warnings,
    ).toEqual([])
    expect(scored([1, 2, 3], [0, 0, 0], 10).warnings).toEqual([])
  })
})

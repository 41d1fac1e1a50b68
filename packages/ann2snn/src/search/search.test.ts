import { reference, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { mlp, randomTensor } from '../../test/networks.js'
import { convert } from '../convert.js'
import { explain } from '../report/explain.js'
import { searchConversion } from './search.js'
import { simulate } from '../run/simulate.js'

const backend = reference()

async function labelled(seed: number): Promise<readonly [TensorLike, TensorLike]> {
  const x = randomTensor([40, 8], seed)
  const { logits } = await simulate(mlp(), x, { T: 1, backend })
  const data = Int32Array.from({ length: 40 }, (_, n) => {
    const own = [...logits.data.subarray(n * 5, n * 5 + 5)]
    return own.indexOf(Math.max(...own))
  })
  return [x, { data, shape: [40] }]
}

describe('search within a budget', { timeout: 60_000 }, () => {
  it('puts first what costs least and loses no more', async () => {
    const [calibration, validation] = [[await labelled(1)], [await labelled(2)]]
    const { rows, best, annAccuracy } = await searchConversion(mlp(), calibration, validation, {
      backend,
      budget: 5,
      candidates: [{ code: 'binary' }, { code: 'delta' }, { code: 'phase' }],
    })
    expect(annAccuracy).toBe(1)
    const within = rows.filter(({ withinBudget }) => withinBudget)
    expect(rows.slice(0, within.length)).toEqual(within)
    expect(within.length).toBeGreaterThan(0)
    expect(best.row).toEqual(rows[0])
    for (const row of rows) expect(row.withinBudget).toBe(row.lost + row.error <= 5 + 1e-9)
    for (const row of within) expect(row.operations).toBeGreaterThanOrEqual(best.row.operations)
    expect(best.report.code.name).toBe(best.row.code)
  })

  it('recommends the steps that it chose, and ends with the first within the budget where that is enough', async () => {
    const [calibration, validation] = [[await labelled(1)], [await labelled(2)]]
    const candidates = [
      { code: 'binary', steps: [2, 64, 100] },
      { code: 'delta', steps: [4] },
    ] as const
    const all = await searchConversion(mlp(), calibration, validation, { backend, budget: 10, candidates })
    expect(all.samples).toBe(40)
    expect(all.best.report.recommendedT).toBe(all.best.row.T)
    expect(new Set(all.rows.map(({ code }) => code))).toEqual(new Set(['binary', 'delta']))
    const { rows, best } = await searchConversion(mlp(), calibration, validation, {
      backend,
      budget: 10,
      candidates,
      first: true,
    })
    // what is above the fewest steps within the budget is not looked at
    expect(new Set(rows.map(({ code }) => code))).toEqual(new Set(['binary']))
    expect(best.row.withinBudget).toBe(true)
    expect(best.row.T).toBe(Math.max(...rows.map(({ T }) => T)))
  })

  it('goes by agreement with the ANN where there are no labels', async () => {
    const [[x], [y, labels]] = [await labelled(1), await labelled(2)]
    const options = { backend, budget: 5, candidates: [{ code: 'binary' }] } as const
    const unlabelled = await searchConversion(mlp(), [x], [y], options)
    expect(unlabelled.annAccuracy).toBeUndefined()
    const known = await searchConversion(mlp(), [x], [[y, labels]], options)
    // labels are the ANN's own classes here
    expect(unlabelled.rows.map(({ T, lost }) => [T, lost])).toEqual(known.rows.map(({ T, lost }) => [T, lost]))
    expect(unlabelled.rows.some(({ lost }) => lost > 0)).toBe(true)
  })

  it('goes by agreement where the ANN is at chance on the labels, and for the preset exact, with accuracies all the same', async () => {
    const [[x], [y, { data }]] = [await labelled(1), await labelled(2)]
    const options = { backend, budget: 5, candidates: [{ code: 'binary' }] } as const
    const unlabelled = await searchConversion(mlp(), [x], [y], options)
    // labels of other samples
    const wrong = { data: Int32Array.from(data, (_, n) => n % 5), shape: [40] }
    const guessing = await searchConversion(mlp(), [x], [[y, wrong]], options)
    expect(guessing.best.report.warnings.filter(({ code }) => code === 'labels')).toHaveLength(1)
    expect([guessing.measure, guessing.rows.map(({ T, lost }) => [T, lost])]).toEqual([
      'agreement',
      unlabelled.rows.map(({ T, lost }) => [T, lost]),
    ])
    const exact = await searchConversion(mlp(), [x], [[y, { data, shape: [40] }]], { backend, preset: 'exact' })
    expect([exact.measure, exact.annAccuracy]).toEqual(['agreement', 1])
    for (const { lost, agreement, accuracy } of exact.rows)
      expect([lost, accuracy]).toEqual([expect.closeTo(100 * (1 - agreement), 9), agreement])
  })

  it('knows what people want by name, and says what graded spikes would give', async () => {
    const [calibration, validation] = [[await labelled(1)], [await labelled(2)]]
    const { rows, best, alternative, budget } = await searchConversion(mlp(), calibration, validation, {
      backend,
      preset: 'chip',
    })
    expect(budget).toBe(0.5)
    expect(new Set(rows.map(({ code }) => code))).toEqual(new Set(['binary']))
    expect(Math.max(...rows.map(({ T }) => T))).toBeLessThanOrEqual(32)
    expect(rows.every(({ samples }) => samples === 40)).toBe(true)
    expect(alternative).toMatchObject({ code: 'delta', spikes: 'graded' })
    // of those that are not surely within the budget the one that has the ANN's class most often
    if (!best.row.withinBudget) expect(best.row.agreement).toBe(Math.max(...rows.map(({ agreement }) => agreement)))
    expect(best.report).toMatchObject({ recommendedT: best.row.T, layersT: best.row.T, weights: 'kept' })
    await expect(
      searchConversion(mlp(), calibration, validation, { backend, preset: 'best' as 'chip' }),
    ).rejects.toMatchObject({ code: 'ARGUMENT', message: expect.stringContaining('few-steps') })
  })

  it('refuses images that thresholds were chosen on, unless told', async () => {
    const data = [await labelled(1)]
    const shared = [await labelled(2), ...data]
    await expect(searchConversion(mlp(), data, shared, { backend, budget: 1 })).rejects.toMatchObject({
      code: 'CALIBRATION',
      details: { reason: 'tested' },
    })
    const { rows } = await searchConversion(mlp(), data, data, {
      backend,
      budget: 1,
      sameData: true,
      candidates: [{ code: 'delta' }],
    })
    expect(rows.length).toBeGreaterThan(0)
    for (const budget of [-1, NaN, 101])
      await expect(searchConversion(mlp(), data, [await labelled(2)], { backend, budget })).rejects.toMatchObject({
        code: 'ARGUMENT',
      })
  })
})

describe('explain', () => {
  it('says what spikes are, how many time steps, and which layer is to blame', async () => {
    const { report } = await convert(mlp(), [randomTensor([20, 8], 5)], { backend, code: 'phase', levels: 2 })
    const text = explain(report).join('\n')
    expect(text).toContain('Spikes are binary, with 2 bits')
    expect(text).toContain('run for 4 time steps for each input, 2 of them before the output begins to count')
    expect(text).toMatch(/layer 'relu[12]' adds most of the error/)
    expect(text).toContain('Weights were not changed')
  })
})

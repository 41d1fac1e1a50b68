import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { suggestionsFor, type Suggestion } from './advice.js'
import { codes } from '../codes/table.js'
import { describeWarnings, explain } from './explain.js'
import type { ConversionReport } from './report.js'
import { settle, weightsText } from '../plan/settle.js'

/** A report of a conversion with these options, in which all is wrong that can be. */
function reportFor(options: Suggestion): ConversionReport {
  const { code, mode, per, settings, weights } = settle(options)
  return {
    version: 2,
    code: {
      name: code.name,
      spikes: code.spikes,
      signed: code.signed,
      ...(code.levels ? { levels: settings.levels } : {}),
    },
    mode,
    per,
    ...(settings.T > 0 ? { madeFor: { T: settings.T, wait: settings.wait } } : {}),
    weights: weightsText[weights],
    initialPotential: 0.5,
    delay: 0,
    latency: 0,
    samples: { calibration: 1000, report: 60 },
    ann: { macs: 1, parameters: 1 },
    layers: [
      {
        name: 'relu1',
        kind: 'relu',
        neurons: 1,
        samples: 60,
        threshold: { min: 1, mean: 1, max: 1 },
        scale: { min: 1, mean: 1, max: 1 },
        saturated: 0.2,
        silent: 0.95,
        rate: 0,
        error: 1,
      },
    ],
    layersT: 8,
    accuracy: [{ T: 8, samples: 60, agreement: 0.1 }],
    recommendedT: 8,
    synapticOperations: [{ T: 8, perSample: 1, ratio: 1 }],
    spikingShare: 1,
    warnings: [
      { code: 'silent', layer: 'relu1', share: 0.95, samples: 60 },
      { code: 'saturated', layer: 'relu1', share: 0.2, samples: 60 },
      { code: 'disagreement', share: 0.1, T: 8, samples: 60 },
    ],
    notes: [],
  }
}

const options: fc.Arbitrary<Suggestion> = fc
  .record({
    code: fc.constantFrom(...Object.values(codes)),
    T: fc.constantFrom(undefined, 8, 32),
    mode: fc.constantFrom('max', '99.9%', 'balance', 'sequential', 'gaussian', undefined),
    per: fc.constantFrom('layer', 'channel', undefined),
    weights: fc.constantFrom('keep', 'calibrate', undefined),
  })
  .map(({ code, T, mode, per, weights }) => {
    const sequential = mode === 'sequential' && code.absorbs
    return Object.fromEntries(
      Object.entries({
        code: code.name,
        T: sequential ? (T ?? 16) : T,
        mode: mode === 'sequential' && !sequential ? undefined : mode,
        per,
        weights: sequential ? weights : undefined,
      }).filter(([, value]) => value !== undefined),
    ) as Suggestion
  })
  .filter((options) => {
    try {
      return Boolean(settle(options))
    } catch {
      return false
    }
  })

describe('advice', () => {
  it('is never what a conversion was made with, nor what was tried, and can be followed', () => {
    fc.assert(
      fc.property(
        options,
        fc.array(options, { maxLength: 3 }),
        fc.constantFrom('silent', 'saturated', 'disagreement', 'error'),
        (made, tried, reason) => {
          const meant = ({ code, mode, per, settings, weights }: ReturnType<typeof settle>): unknown => [
            code.name,
            mode,
            per,
            settings,
            weights,
          ]
          const current = settle(made)
          for (const suggestion of suggestionsFor(reason, reportFor(made), { tried })) {
            const followed = meant(
              settle(
                suggestion.code === undefined || suggestion.code === made.code
                  ? { ...made, ...suggestion }
                  : suggestion,
              ),
            )
            for (const before of [current, ...tried.map((one) => settle(one))])
              expect(followed).not.toEqual(meant(before))
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('is none where nothing was lost', () => {
    fc.assert(
      fc.property(options, fc.constantFrom('silent', 'saturated', 'disagreement', 'error'), (made, reason) => {
        expect(
          suggestionsFor(reason, { ...reportFor(made), accuracy: [{ T: 8, samples: 60, agreement: 1 }] }, {}),
        ).toEqual([])
      }),
    )
  })

  it('leads on until nothing is left: following it never comes back', () => {
    for (const code of Object.values(codes)) {
      let made: Suggestion = { code: code.name }
      const tried: Suggestion[] = []
      for (let turn = 0; turn < 12; turn++) {
        const [first] = suggestionsFor('disagreement', reportFor(made), { tried })
        if (!first) break
        tried.push(made)
        made = first.code === undefined ? { ...made, ...first } : first
      }
      expect(tried.length).toBeGreaterThan(0)
    }
  })

  it('says how many samples a number stands on, in the words that it is given', () => {
    const report = reportFor({ mode: 'balance' })
    const lines = describeWarnings(report)
    expect(lines[0]).toBe("Layer 'relu1': 95.0 % of its neurons fired for none of 60 samples.")
    expect(lines[2]).toBe(
      "At best 10.0 % of the classes are the ANN's, after 8 time steps, on 60 samples. Try { mode: 'sequential', T: 32 } or { code: 'delta' }.",
    )
    expect(describeWarnings(report, { write: ({ code }) => `--code ${code}`, tried: [{ T: 32 }] })[2]).toMatch(
      /Try --code delta\.$/,
    )
    expect(explain(report).at(-1)).toBe(lines[2])
  })
})

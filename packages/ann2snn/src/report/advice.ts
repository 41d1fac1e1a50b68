import { codes } from '../codes/table.js'
import type { ConvertOptions } from '../plan/convert-options.js'
import type { ConversionReport } from './report.js'
import { settle } from '../plan/settle.js'

/** A change of options that may help. */
export type Suggestion = Pick<ConvertOptions, 'code' | 'levels' | 'mode' | 'per' | 'T' | 'wait' | 'weights'>

/** How a report is put into words. */
export interface Wording {
  /** Writes options down. Default: as this package takes them, `{ mode: 'max' }`. */
  readonly write?: (options: Suggestion) => string
  /** What else was tried, and is not suggested. */
  readonly tried?: readonly Suggestion[]
}

/**
 * What could be tried because of something found in a report; never what it was made with, nor what was tried; nothing
 * where nothing was lost.
 */
export function suggestionsFor(
  reason: 'silent' | 'saturated' | 'disagreement' | 'error',
  report: ConversionReport,
  { tried = [] }: Wording,
): readonly Suggestion[] {
  if (isLossless(report)) return []
  const current = optionsOf(report)
  const known = new Set([current, ...tried].map(keyOf))
  // another code begins anew, with its own defaults
  const followed = (change: Suggestion): Suggestion =>
    change.code === undefined || change.code === current.code ? { ...current, ...change } : change
  const used = new Set(tried.map(({ code }) => code))
  return changes(reason, report).filter(
    (change) =>
      !known.has(keyOf(followed(change))) &&
      !(change.code !== undefined && change.code !== current.code && used.has(change.code)),
  )
}

/** Whether there is nothing to gain: the SNN has the ANN's class of all samples, to the digit that reports show. */
function isLossless({ accuracy, recommendedT }: ConversionReport): boolean {
  return accuracy.some(({ T, agreement }) => T === recommendedT && agreement >= 0.9995)
}

/** As text: `{ code: 'delta' } or { mode: 'max' }`. Empty where there is none. */
export function writeSuggestions(suggestions: readonly Suggestion[], { write = writeOptions }: Wording): string {
  return suggestions.map(write).join(' or ')
}

function writeOptions(options: Suggestion): string {
  const entries = Object.entries(options).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}`,
  )
  return `{ ${entries.join(', ')} }`
}

function changes(
  reason: Parameters<typeof suggestionsFor>[0],
  { code, mode, per, madeFor, weights, recommendedT }: ConversionReport,
): Suggestion[] {
  const rate = code.name === 'binary' || code.name === 'signed'
  const name = code.name === 'binary' ? {} : { code: code.name }
  const percentile = typeof mode === 'string' && mode.endsWith('%')
  if (reason === 'saturated') return percentile ? [{ ...name, mode: 'max' }] : []
  if (reason === 'silent')
    return [
      ...(per === 'layer' ? [{ ...name, per: 'channel' as const }] : []),
      ...(mode === 'max' ? [{ ...name, mode: '99.9%' as const }] : []),
    ]
  const levels = code.levels === undefined ? undefined : Math.min(codes[code.name].levels!.most, 2 * code.levels)
  const T = madeFor?.T ?? Math.max(32, recommendedT)
  return [
    ...(rate && mode !== 'sequential' ? [{ ...name, mode: 'sequential' as const, T }] : []),
    ...(rate && mode === 'sequential' && weights !== 'calibrated'
      ? [{ ...name, T, weights: 'calibrate' as const }]
      : []),
    ...(rate && mode === 'sequential' && weights === 'calibrated'
      ? [{ ...name, T: 2 * T, weights: 'calibrate' as const }].filter(({ T }) => T <= 256)
      : []),
    ...(levels === undefined ? [] : [{ ...name, levels }]),
    ...(reason === 'disagreement' && code.spikes === 'binary' ? [{ code: 'delta' as const }] : []),
  ]
}

/** The options that a report's conversion was made with. */
function optionsOf({ code, mode, per, madeFor, weights }: ConversionReport): Suggestion {
  return {
    code: code.name,
    mode,
    per,
    ...(code.levels === undefined ? {} : { levels: code.levels }),
    ...madeFor,
    weights: weights === 'calibrated' ? 'calibrate' : weights === 'biases corrected' ? 'biases' : 'keep',
  }
}

/** Equal for options that mean the same, whatever is left to defaults. */
function keyOf(options: Suggestion): string {
  const { code, mode, per, settings, weights } = settle(options)
  return JSON.stringify([code.name, mode, per, settings, weights])
}

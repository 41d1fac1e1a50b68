import { presets, type SearchRow } from '@snn/ann2snn'
import type { SearchSummary } from './choose-conversion.js'
import type { ModelConversion } from './convert-model.js'
import { count, describeInput, formatTable, percent, short } from './table.js'

/** The result for readers. */
export function describeConversion(
  { model, data, out, preprocess, because, labelOffset, report, search, ...result }: ModelConversion,
  warnings: readonly string[],
): string {
  // what is wrong with the labels, or the preprocessing, says how to read all the rest
  const first = new Set(report.warnings.flatMap(({ message }) => (message === undefined ? [] : [message])))
  const mode = typeof report.mode === 'string' ? report.mode : 'given thresholds'
  return [
    ...[...first].map((warning) => `warning: ${warning}`),
    ...(search ? [...describeSearch(search, { data, ...result }), ''] : []),
    `${model} -> ${out}: ${mode} per ${report.per}, calibrated with ${count(report.samples.calibration)} samples of ${data}`,
    describeCode(report),
    ...describeInput({ preprocess, because, labelOffset }),
    '',
    formatTable(
      [
        ['layer'],
        ['threshold', 'number'],
        ['saturated', 'number'],
        ['silent', 'number'],
        ['spikes per step', 'number'],
        ['error', 'number'],
      ],
      report.layers.map(({ name, threshold, saturated, silent, rate, error }) => [
        name,
        short(threshold.mean),
        percent(saturated),
        percent(silent, 1),
        short(rate),
        percent(error, 1),
      ]),
    ),
    '',
    formatTable(
      [
        ['T', 'number'],
        ['same class as the ANN', 'number'],
        ...(report.ann.accuracy === undefined ? [] : [['accuracy', 'number'] as const]),
        ['operations / MACs of the ANN', 'number'],
        ['samples', 'number'],
      ],
      report.accuracy.map(({ T, samples, agreement, accuracy }, i) => [
        String(T),
        percent(agreement, 1),
        ...(accuracy === undefined ? [] : [percent(accuracy, 1)]),
        short(report.synapticOperations[i]!.ratio),
        count(samples),
      ]),
    ),
    '',
    `recommended T: ${report.recommendedT} time steps${report.latency > 0 ? `, ${report.latency} of them before the output counts` : ''}; ${percent(report.spikingShare, 1)} of the multiply-accumulates became spikes, ${percent(1 - report.spikingShare, 1)} are analogue`,
    ...report.notes.map((note) => `note: ${note}`),
    ...warnings.filter((warning) => !first.has(warning)).map((warning) => `warning: ${warning}`),
  ].join('\n')
}

/** One line: what a spike is, and whether weights were changed. */
function describeCode({ code: { name, spikes, signed, levels, digits }, weights }: ModelConversion['report']): string {
  const parts = [
    `${spikes} spikes`,
    signed ? 'with a sign' : 'without sign',
    ...(levels === undefined ? [] : [`${levels} ${name === 'phase' ? 'bits' : 'levels'}`]),
    ...(digits === undefined ? [] : [`${digits} ${digits === 1 ? 'digit' : 'digits'}`]),
  ]
  return `code ${name}: ${parts.join(', ')}; weights ${weights}`
}

type Searched = Pick<ModelConversion, 'data' | 'samples' | 'available' | 'validation' | 'preset' | 'alternative'>

/** What a search chose, what else there is, and the table of what it tried, best first. */
function describeSearch(search: SearchSummary, result: Searched): string[] {
  const { annAccuracy, budget, measure, rows } = search
  const { data, validation, preset, alternative } = result
  const [best] = rows
  const hasLabels = annAccuracy !== undefined
  const table = formatTable(
    [
      ['code'],
      ['calibration'],
      ['T', 'number'],
      ['latency', 'number'],
      ['operations / MACs', 'number'],
      ['same class as the ANN', 'number'],
      ...(hasLabels ? [['accuracy', 'number'] as const] : []),
      ['points lost', 'number'],
      ['samples', 'number'],
      ['within budget'],
    ],
    [...rows, ...(alternative ? [alternative] : [])].map(
      ({ code, candidate, T, latency, operations, samples, agreement, accuracy, lost, error, withinBudget }) => [
        candidate.levels === undefined ? code : `${code} ${candidate.levels}`,
        `${typeof candidate.mode === 'string' ? candidate.mode : 'max'}${candidate.T === undefined ? '' : ` for ${candidate.T}`}`,
        String(T),
        String(latency),
        short(operations),
        percent(agreement, 1),
        ...(hasLabels ? [accuracy === undefined ? '' : percent(accuracy, 1)] : []),
        `${lost.toFixed(1)} ± ${error.toFixed(1)}`,
        count(samples),
        !withinBudget ? 'no' : budget > 0 && 100 / samples > budget ? 'cannot be told' : 'yes',
      ],
    ),
  )
  const where =
    validation === undefined
      ? `of ${data} that chose no thresholds; --validate DATA measures on others`
      : `of ${validation}`
  return [
    `chosen: ${describeRow(best!)} ${where}`,
    ...(alternative ? [`--preset few-steps: ${describeRow(alternative)}, with graded spikes`] : []),
    ...describeBudget(search, result).map((warning) => `warning: ${warning}`),
    ...(hasLabels ? [`ANN: ${percent(annAccuracy, 1)} on ${count(search.samples)} samples`] : []),
    ...(measure === 'accuracy'
      ? []
      : [`points lost are samples whose class is not the ANN's${whyAgreement(preset, hasLabels)}`]),
    '',
    table,
    `within budget: points lost and their standard error, ±, are together at most ${budget}`,
  ]
}

function whyAgreement(preset: ModelConversion['preset'], hasLabels: boolean): string {
  if (!hasLabels) return ': the data have no labels that are its classes'
  return preset === undefined || presets[preset].measure === 'accuracy'
    ? ": the ANN's own accuracy is near guessing here"
    : `, as --preset ${preset} measures it`
}

/** What a budget cannot do: nothing within it, or too few samples to tell. */
function describeBudget(
  { budget, rows: [best], available }: SearchSummary,
  { preset, alternative, validation, ...data }: Searched,
): string[] {
  const { withinBudget, lost, error, samples } = best!
  const one = 100 / samples
  const better =
    alternative && alternative.lost + alternative.error < lost + error
      ? ` With --preset few-steps it loses ${alternative.lost.toFixed(1)} ± ${alternative.error.toFixed(1)} points.`
      : ''
  const wanted = preset !== undefined && budget === 0.5 ? 'half a point' : budget === 1 ? '1 point' : `${budget} points`
  // a preset measures on fewer than there are
  const more =
    samples < available && 100 / available <= budget
      ? `--budget ${budget} in place of a preset measures on all ${count(available)}`
      : data.available > data.samples && validation === undefined
        ? `give more with --samples: the data hold ${count(data.available)}`
        : 'give more with --validate DATA'
  return [
    ...(withinBudget
      ? []
      : [
          `nothing that was tried is surely within ${wanted} of the ANN.${better}${lost <= budget ? ` What is lost is known to ${error.toFixed(1)} points: ${more}.` : ''}`,
        ]),
    ...(budget > 0 && one > budget
      ? [
          `${wanted} ${wanted === 'half a point' ? '' : 'of the budget '}cannot be told with ${count(samples)} samples, one of which is ${one.toFixed(1)} points: ${more}.`,
        ]
      : []),
  ]
}

function describeRow({ code, candidate, T, operations, lost, error, samples }: SearchRow): string {
  const calibration = candidate.T === undefined ? '' : `, calibrated for ${candidate.T} time steps`
  return `code ${code}${calibration}, T = ${T}: ${lost.toFixed(1)} ± ${error.toFixed(1)} points lost with ${short(operations)} of the ANN's operations, on ${count(samples)} samples`
}

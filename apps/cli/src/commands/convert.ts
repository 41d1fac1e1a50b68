import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import {
  codes,
  describeWarnings,
  explain,
  presets,
  type CodeName,
  type Mode,
  type PresetName,
  type SearchRow,
  type Wording,
} from '@snn/ann2snn'
import { take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { SnnError } from '@snn/tensor'
import type { SearchSummary } from '../choose-conversion.js'
import { conversionFlags } from '../conversion-flags.js'
import { refuseFlags } from '../flags.js'
import { convertModel, type ModelConversion } from '../convert-model.js'
import {
  batchOption,
  dataHelp,
  jsonOption,
  labelOffsetOption,
  outputOption,
  preprocessOption,
  share,
  sizesOption,
  specHelp,
  wholeNumber,
  type ClassifierFlags,
} from '../options.js'
import { readJson, readSpec } from '../preprocessing.js'
import { withProgress } from '../progress.js'
import { count, describeInput, formatTable, percent, short } from '../table.js'

interface Flags extends ClassifierFlags {
  readonly calibrate: string
  readonly samples: number
  readonly code?: CodeName
  readonly levels?: number
  readonly digits?: number
  readonly steps?: number
  readonly wait?: number
  readonly weights?: 'keep' | 'biases' | 'calibrate'
  readonly mode?: string
  readonly per?: 'layer' | 'channel'
  readonly rounds?: number
  readonly initialPotential?: number
  readonly delay?: number | 'auto'
  readonly unsupported: 'error' | 'keep'
  readonly out: string
  readonly report?: string
  readonly resume?: string
  readonly preset?: PresetName
  readonly budget?: number
  readonly validate?: string
  readonly validateSamples?: number
  readonly sameData?: true
  readonly explain?: true
}

/** What is done without a flag that says how. */
const defaultPreset: PresetName = 'chip'

/** What a preset decides: with any of these there is none. */
const flagsOfPresets: string[] = [
  'code',
  'levels',
  'digits',
  'mode',
  'steps',
  'wait',
  'weights',
  'per',
  'rounds',
  'initialPotential',
  'delay',
  'resume',
  'budget',
]

const examples = `
Examples:
  snn convert model.onnx --calibrate data/mnist:train --out model.snn.onnx
  snn convert model.onnx --calibrate data/mnist:train --code delta --out model.snn.onnx --explain
  snn convert model.onnx --calibrate data/mnist:train --steps 8 --wait 1 --weights calibrate --out model.snn.onnx
  snn convert model.onnx --calibrate data/mnist:train --budget 0.5 --out model.snn.onnx
  snn convert resnet.onnx --calibrate cifar-10-batches-bin:train --mode balance --out resnet.snn.onnx \\
    --preprocess '{ "mean": [0.4914, 0.4822, 0.4465], "std": [0.2470, 0.2435, 0.2616] }' --report report.json`

/** `snn convert`. */
export function convertCommand(signal: AbortSignal): Command {
  return new Command('convert')
    .description(
      'Convert an ONNX classifier into a spiking network: an ONNX file of one time step, which any ONNX runtime can run.',
    )
    .addArgument(new Argument('<model.onnx>', 'a trained classifier with ReLU activations'))
    .requiredOption(
      '--calibrate <DATA>',
      'typical inputs, best from the training set; the labels serve the report alone',
    )
    .addOption(
      new Option('--samples <count>', 'calibration samples, drawn at random (seed 0)')
        .argParser(wholeNumber(1))
        .default(1000),
    )
    .addOption(
      new Option(
        '--preset <name>',
        `what the network is for: ${Object.entries(presets)
          .map(([name, { what }]) => `${name}: ${what}`)
          .join('. ')} (default: ${defaultPreset}, where no other flag says how to convert)`,
      )
        .choices(Object.keys(presets))
        .conflicts(flagsOfPresets),
    )
    .addOption(new Option('--code <name>', 'what spikes mean (default: binary)').choices(Object.keys(codes)))
    .addOption(
      new Option(
        '--levels <count>',
        'levels of graded spikes and of stBif, bits of phase (default: that of the code)',
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        '--digits <count>',
        'significant binary digits of graded spikes: with 1 their sizes are powers of two, with 2 also 1.5 times these (default: 2 in delta, else 1)',
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'how thresholds are chosen: max, a percentile of the activations, balance (local threshold balancing), sequential (for --steps, with the SNN in the loop), gaussian, or JSON { "layer": threshold } (default: 99.9%, with --steps sequential, max in codes with levels but phase)',
      ),
    )
    .addOption(
      new Option(
        '--steps <count>',
        'T, the number of time steps that the network is made for; without --mode it is calibrated for them',
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        '--wait <steps>',
        'time steps that each layer integrates before it fires: accuracy for latency (codes binary, signed)',
      ).argParser(wholeNumber(0)),
    )
    .addOption(
      new Option('--weights <what>', 'what mode sequential may change beside thresholds (default: keep)').choices([
        'keep',
        'biases',
        'calibrate',
      ]),
    )
    .addOption(
      new Option(
        '--per <what>',
        'one threshold for each of these; balance and sequential always take channels (default: layer, channel in codes with levels)',
      ).choices(['layer', 'channel']),
    )
    .addOption(
      new Option(
        '--resume <file>',
        'mode sequential: keep what was found for each layer in this file, go on from it, and remove it at the end',
      ).conflicts('budget'),
    )
    .addOption(
      new Option(
        '--budget <points>',
        'search codes, calibrations and numbers of time steps for the cheapest network that loses at most so many points of accuracy',
      )
        .argParser(points)
        .conflicts(['code', 'levels', 'digits', 'mode', 'steps', 'wait', 'per']),
    )
    .option(
      '--validate <DATA>',
      'labelled data that the search measures on, other than --calibrate (default: other samples of --calibrate; where these are few, a fifth of those drawn)',
    )
    .addOption(new Option('--validate-samples <count>', 'only the first so many of them').argParser(wholeNumber(1)))
    .option('--same-data', 'let the search measure on the images that thresholds were chosen on')
    .option('--explain', 'say what the figures mean and what to change')
    .addOption(
      new Option(
        '--rounds <count>',
        'mode balance: how many batches of 32 samples it goes through (default: 1000)',
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        '--initial-potential <share>',
        'membrane potential at the start, as a share of the threshold (default: 0.5)',
      ).argParser(share),
    )
    .addOption(
      new Option('--delay <steps>', 'time steps that the output leaves out, or auto (default: 0)').argParser((text) =>
        text === 'auto' ? text : wholeNumber(0)(text),
      ),
    )
    .addOption(
      new Option(
        '--unsupported <what>',
        'layers that cannot spike end the conversion with an error, or are kept analogue',
      )
        .choices(['error', 'keep'])
        .default('error'),
    )
    .addOption(preprocessOption())
    .addOption(labelOffsetOption())
    .addOption(outputOption())
    .addOption(sizesOption())
    .addOption(batchOption())
    .requiredOption('--out <file.snn.onnx>', 'the file to write')
    .option('--report <file.json>', 'write the report to a file, too')
    .addOption(jsonOption())
    .addHelpText('after', `${examples}\n${dataHelp}\n${specHelp}`)
    .action(
      async (
        model: string,
        { json, mode, preprocess, rounds, steps, validateSamples, explain: explained, ...flags }: Flags,
      ) => {
        if (flags.validate !== undefined && flags.validate === flags.calibrate && !flags.sameData) {
          throw new SnnError(
            'CALIBRATION',
            `[convert] --validate and --calibrate are both ${flags.validate}, expected other images: thresholds must not see those that are tested. Give other data, or --same-data.`,
            { reason: 'tested' },
          )
        }
        if (flags.validate === undefined)
          refuseFlags('convert', 'a conversion without --validate', 'with it', {
            '--validate-samples': validateSamples,
          })
        if (mode !== 'balance')
          refuseFlags('convert', `the mode ${mode ?? 'that nobody says'}`, 'for --mode balance', { '--rounds': rounds })
        const given: Partial<Record<string, unknown>> = { ...flags, mode, rounds, steps }
        const searches =
          flags.budget !== undefined ||
          flags.preset !== undefined ||
          flagsOfPresets.every((name) => given[name] === undefined)
        if (!searches)
          refuseFlags('convert', 'a conversion that is said by flags', 'for --budget and presets, which search', {
            '--same-data': flags.sameData,
            '--validate': flags.validate,
          })
        const settings = {
          ...flags,
          ...(flags.preset === undefined && flagsOfPresets.every((name) => given[name] === undefined)
            ? { preset: defaultPreset }
            : {}),
          ...(steps === undefined ? {} : { T: steps }),
          ...(mode === undefined ? {} : { mode: await readMode(mode) }),
          ...(rounds === undefined ? {} : { balance: { rounds } }),
          ...(preprocess === undefined ? {} : { preprocess: await readSpec(preprocess) }),
          ...(validateSamples === undefined || flags.validate === undefined
            ? {}
            : { validate: take(await openDataset(flags.validate, { signal }), validateSamples) }),
        }
        const result = await withProgress((onProgress) => convertModel(model, settings, { signal, onProgress }))
        const explanation = explained ? explain(result.report, wordingFor(result)) : []
        const warnings = describeWarnings(result.report, wordingFor(result))
        const text = json
          ? JSON.stringify({ ...result, ...(warnings.length > 0 && { warnings }), ...(explained && { explanation }) })
          : [describeConversion(result, warnings), ...(explained ? ['', ...explanation] : [])].join('\n')
        process.stdout.write(`${text}\n`)
      },
    )
}

/** Points of accuracy, in percent. */
function points(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 100) return value
  throw new InvalidArgumentError('Expected points of accuracy from 0 to 100.')
}

/** `max`, `balance`, `sequential`, `99.9%`, or thresholds by layer as JSON. */
async function readMode(text: string): Promise<Mode> {
  if (/^\s*\{|\.json$/.test(text)) return { thresholds: (await readJson(text, '--mode')) as Record<string, number> }
  if (text === 'max' || text === 'balance' || text === 'sequential' || text === 'gaussian' || /^[\d.]+%$/.test(text))
    return text as Mode
  throw new SnnError(
    'ARGUMENT',
    `[convert] --mode ${text}, expected max, balance, sequential, gaussian, a percentile such as 99.9%, or JSON with a threshold for each layer.`,
    { name: '--mode', value: text },
  )
}

/** Reports speak in flags, and suggest nothing that was tried. */
function wordingFor({ search, alternative }: ModelConversion): Wording {
  return {
    write: conversionFlags,
    tried: [...(search?.rows ?? []), ...(alternative ? [alternative] : [])].map(({ candidate }) => candidate),
  }
}

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

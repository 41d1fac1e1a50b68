import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import {
  codes,
  describeWarnings,
  explain,
  presets,
  type CodeName,
  type ThresholdMode,
  type PresetName,
  type Wording,
} from '@snn/ann2snn'
import { take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { SnnError } from '@snn/tensor'
import { conversionFlags } from '../conversion-flags.js'
import { refuseFlags } from '../flags.js'
import { convertModel, type ConvertModelOptions, type ModelConversion } from '../convert-model.js'
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
import { describeConversion } from '../describe-conversion.js'

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
  return declareConvert().action(async (model: string, { json, explain: explained, ...flags }: Flags) => {
    const settings = await settingsOf(flags, signal)
    const result = await withProgress((onProgress) => convertModel(model, settings, { signal, onProgress }))
    const explanation = explained ? explain(result.report, wordingFor(result)) : []
    const warnings = describeWarnings(result.report, wordingFor(result))
    const text = json
      ? JSON.stringify({ ...result, ...(warnings.length > 0 && { warnings }), ...(explained && { explanation }) })
      : [describeConversion(result, warnings), ...(explained ? ['', ...explanation] : [])].join('\n')
    process.stdout.write(`${text}\n`)
  })
}

/** The command's arguments and flags. */
function declareConvert(): Command {
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
}

/** What the flags ask of a conversion; flags that nothing would read are refused. */
async function settingsOf(
  { mode, preprocess, rounds, steps, validateSamples, ...flags }: Omit<Flags, 'json' | 'explain'>,
  signal: AbortSignal,
): Promise<ConvertModelOptions> {
  if (flags.validate !== undefined && flags.validate === flags.calibrate && !flags.sameData) {
    throw new SnnError(
      'CALIBRATION',
      `[convert] --validate and --calibrate are both ${flags.validate}, expected other images: thresholds must not see those that are tested. Give other data, or --same-data.`,
      { reason: 'tested' },
    )
  }
  if (flags.validate === undefined)
    refuseFlags('convert', 'a conversion without --validate', 'with it', { '--validate-samples': validateSamples })
  if (mode !== 'balance')
    refuseFlags('convert', `the mode ${mode ?? 'that nobody says'}`, 'for --mode balance', { '--rounds': rounds })
  const given: Partial<Record<string, unknown>> = { ...flags, mode, rounds, steps }
  const saysHow = flagsOfPresets.some((name) => given[name] !== undefined)
  if (saysHow && flags.budget === undefined && flags.preset === undefined)
    refuseFlags('convert', 'a conversion that is said by flags', 'for --budget and presets, which search', {
      '--same-data': flags.sameData,
      '--validate': flags.validate,
    })
  return {
    ...flags,
    ...(saysHow || flags.preset !== undefined ? {} : { preset: defaultPreset }),
    ...(steps === undefined ? {} : { T: steps }),
    ...(mode === undefined ? {} : { mode: await readMode(mode) }),
    ...(rounds === undefined ? {} : { balance: { rounds } }),
    ...(preprocess === undefined ? {} : { preprocess: await readSpec(preprocess) }),
    ...(validateSamples === undefined || flags.validate === undefined
      ? {}
      : { validate: take(await openDataset(flags.validate, { signal }), validateSamples) }),
  }
}

/** Points of accuracy, in percent. */
function points(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 100) return value
  throw new InvalidArgumentError('Expected points of accuracy from 0 to 100.')
}

/** `max`, `balance`, `sequential`, `99.9%`, or thresholds by layer as JSON. */
async function readMode(text: string): Promise<ThresholdMode> {
  if (/^\s*\{|\.json$/.test(text)) return { thresholds: (await readJson(text, '--mode')) as Record<string, number> }
  if (text === 'max' || text === 'balance' || text === 'sequential' || text === 'gaussian' || /^[\d.]+%$/.test(text))
    return text as ThresholdMode
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

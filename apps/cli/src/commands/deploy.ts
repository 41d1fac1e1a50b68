import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import type { ThresholdMode } from '@snn/ann2snn'
import { approximations, type Approximation } from '@snn/deploy-lava'
import { deployModel, type Deployment, type DeployTarget } from '../deploy/deploy-model.js'
import {
  batchOption,
  dataHelp,
  jsonOption,
  labelOffsetOption,
  outputOption,
  preprocessOption,
  sizesOption,
  specHelp,
  wholeNumber,
  type ClassifierFlags,
} from '../options.js'
import { readSpec } from '../preprocessing.js'
import { withProgress } from '../progress.js'
import { count, describeInput, formatTable, percent, short } from '../table.js'

interface Flags extends ClassifierFlags {
  readonly target: DeployTarget
  readonly calibrate: string
  readonly samples: number
  readonly out: string
  readonly eval?: string
  readonly evalSamples?: number
  readonly against?: string
  readonly steps?: number
  readonly weights?: 'keep' | 'biases' | 'calibrate'
  readonly mode?: string
  readonly weightBits?: number
  readonly percentile?: number
  readonly approximate?: readonly Approximation[]
  readonly tune?: number
  readonly softReset: boolean
  readonly sameData?: true
}

const examples = `
Examples:
  snn deploy model.onnx --target lava --calibrate data/mnist:train --eval data/mnist:test --out chip
  snn deploy model.onnx --target lava --weight-bits 4 --tune 3 --calibrate data/mnist:train --eval data/mnist:test --out chip
  snn deploy model.snn.onnx --target nir --calibrate data/mnist:train --out exchange
  snn deploy model.onnx --target speck --calibrate data/mnist:train --eval data/mnist:test --out speck --json`

/** `snn deploy`. */
export function deployCommand(signal: AbortSignal): Command {
  return new Command('deploy')
    .description(
      'From a classifier or a spiking network to a neuromorphic chip: convert, quantise, export, simulate in the integers of the chip, and measure every step of the way.',
    )
    .addArgument(new Argument('<FILE>', 'a trained ONNX classifier, a .snn.onnx file, or a checkpoint of snn train'))
    .addOption(
      new Option(
        '--target <name>',
        'lava: a .net file for Loihi; nir: a .nir file for other tools; speck, xylo: a .nir file for sinabs and Rockpool',
      )
        .choices(['lava', 'nir', 'speck', 'xylo'])
        .makeOptionMandatory(),
    )
    .requiredOption('--calibrate <DATA>', 'typical inputs, best from the training set')
    .addOption(
      new Option('--samples <count>', 'calibration samples, drawn at random (seed 0)')
        .argParser(wholeNumber(1))
        .default(1000),
    )
    .requiredOption('--out <DIR>', 'the folder to write, whole: a new one, or one that this command has written')
    .option('--eval <DATA>', 'labelled data to measure on (default: the calibration samples)')
    .addOption(new Option('--eval-samples <count>', 'only the first so many of them').argParser(wholeNumber(1)))
    .option('--against <model.onnx>', 'the classifier that a spiking network came from, to be measured too')
    .addOption(
      new Option('--steps <count>', 'time steps (default: those of a spiking network; 32 for a classifier)').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(
      new Option(
        '--weights <what>',
        'what the conversion of a classifier may change beside thresholds (default: calibrate, which makes up for what the reset to 0 loses)',
      ).choices(['keep', 'biases', 'calibrate']),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        "how thresholds are chosen: sequential (with the chip's neurons in the loop), max, or a percentile of the activations (default: sequential)",
      ),
    )
    .addOption(new Option('--weight-bits <count>', 'lava: bits of a weight, 2 to 8 (default: 8)').argParser(weightBits))
    .addOption(
      new Option(
        '--percentile <share>',
        'lava: weights beyond this percentile of their magnitudes are clipped (default: 100)',
      ).argParser(percentile),
    )
    .addOption(
      new Option(
        '--approximate <list>',
        `lava: what the chip may do otherwise than a spiking network: ${approximations.join(', ')} (default: nothing, and an error)`,
      ).argParser(approximationList),
    )
    .addOption(
      new Option(
        '--tune <passes>',
        'lava: passes of training over the calibration samples in the integers of the chip, to win back what few weight bits lose',
      ).argParser(wholeNumber(1)),
    )
    .option(
      '--no-soft-reset',
      'lava: leaves out the conversion for neurons that are reset by subtraction, which shows what the reset to 0 of the chip costs',
    )
    .option('--same-data', 'measure on images of the calibration, too')
    .addOption(preprocessOption())
    .addOption(labelOffsetOption())
    .addOption(outputOption())
    .addOption(sizesOption())
    .addOption(batchOption())
    .addOption(jsonOption())
    .addHelpText('after', `${examples}\n${dataHelp}\n${specHelp}`)
    .action(async (model: string, { json, mode, preprocess, ...flags }: Flags) => {
      const settings = {
        ...flags,
        ...(mode === undefined ? {} : { mode: mode as ThresholdMode }),
        ...(preprocess === undefined ? {} : { preprocess: await readSpec(preprocess) }),
      }
      const result = await withProgress((onProgress) => deployModel(model, settings, { signal, onProgress }))
      process.stdout.write(`${json ? JSON.stringify(result) : describeDeployment(result)}\n`)
    })
}

function weightBits(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 2 && value <= 8) return value
  throw new InvalidArgumentError('Expected a whole number from 2 to 8.')
}

function percentile(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= 100) return value
  throw new InvalidArgumentError('Expected a number above 0 up to 100.')
}

function approximationList(text: string): Approximation[] {
  return text.split(',').map((name) => {
    const found = approximations.find((known) => known === name)
    if (found) return found
    throw new InvalidArgumentError(`Expected some of ${approximations.join(', ')}.`)
  })
}

/** The result for readers. */
export function describeDeployment(deployment: Deployment): string {
  const { model, target, out, files, steps, data, samples, rows, spikes, resources, lint, notes, warnings } = deployment
  const sign = (points: number): string => `${points >= 0 ? '+' : ''}${points.toFixed(2)}`
  const first = rows[0]!.accuracy
  return [
    `${model} -> ${out} (${target}): ${files.join(', ')}`,
    `measured on ${count(samples)} samples of ${data}, T = ${steps}`,
    ...describeInput(deployment),
    '',
    formatTable(
      [['network'], ['accuracy', 'number'], ['points', 'number'], ['class of the float SNN', 'number']],
      rows.map(({ network, accuracy, agreement }, i) => [
        network,
        accuracy === undefined ? '' : percent(accuracy),
        i === 0 || accuracy === undefined || first === undefined ? '' : sign(100 * (accuracy - first)),
        agreement === undefined ? '' : percent(agreement, 1),
      ]),
    ),
    '',
    formatTable(
      [['layer'], ['neurons', 'number'], ['spikes per sample', 'number'], ['per neuron and step', 'number']],
      spikes.map(({ layer, neurons, perSample }) => [
        layer,
        count(neurons),
        short(perSample),
        short(perSample / neurons / steps),
      ]),
    ),
    '',
    ...describeResources(resources, target),
    ...(lint.length > 0
      ? [
          '',
          ...lint.map(
            ({ layer, effect, what, fix }) => `${effect}: ${layer ? `${layer}: ` : ''}${what}${fix ? `. ${fix}` : ''}`,
          ),
        ]
      : []),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `note: ${note}`)] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n')
}

/** Problems of one chip that are shown; the report has all. */
const shownProblems = 3

function describeResources(
  { neurons, synapses, layers, weightBytes, chips }: Deployment['resources'],
  target: DeployTarget,
): string[] {
  const most = (key: 'fanIn' | 'fanOut'): string =>
    count(layers.reduce((largest, layer) => Math.max(largest, layer[key]), 0))
  return [
    `${target === 'nir' ? 'in the file' : 'on the chip, without the encoder'}: ${count(neurons)} neurons, ${count(synapses)} synapses${weightBytes === undefined ? '' : `, ${count(weightBytes)} bytes of weights`}; at most ${most('fanIn')} connections into a neuron, ${most('fanOut')} out of one`,
    ...(chips.length === 0
      ? []
      : [
          formatTable(
            [['chip'], ['fits'], ['needs']],
            chips.map(({ chip, estimate, fits, cores, places }) => [
              `${chip}${estimate ? ' (estimate)' : ''}`,
              fits ? 'yes' : 'no',
              cores ? `${cores.total} of ${cores.available} cores` : places && fits ? `cores ${places.join(', ')}` : '',
            ]),
          ),
        ]),
    ...chips.flatMap(({ chip, problems }) => [
      ...problems
        .slice(0, shownProblems)
        .map(({ layer, what, fix }) => `${chip}: ${layer === '' ? '' : `${layer}: `}${what}. ${fix}`),
      ...(problems.length > shownProblems
        ? [`${chip}: ${problems.length - shownProblems} more, which report.json has`]
        : []),
    ]),
  ]
}

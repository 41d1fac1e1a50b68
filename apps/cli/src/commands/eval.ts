import { Argument, Command, Option } from 'commander'
import { defaultSteps, evaluateModel, type ModelEvaluation } from '../evaluate-model.js'
import {
  batchOption,
  dataHelp,
  jsonOption,
  labelOffsetOption,
  outputOption,
  preprocessOption,
  readout,
  sizesOption,
  specHelp,
  stepList,
  wholeNumber,
  type ClassifierFlags,
} from '../options.js'
import { readouts, type Readout } from '@snn/nn'
import { readSpec } from '../preprocessing.js'
import { withProgress } from '../progress.js'
import { count, describeInput, formatTable, percent, short } from '../table.js'

interface Flags extends ClassifierFlags {
  readonly data: string
  readonly samples?: number
  readonly steps?: readonly number[]
  readonly readout?: Readout
  readonly against?: string
  readonly sameData?: true
}

const examples = `
Examples:
  snn eval model.snn.onnx --data data/mnist:test --steps 4,8,16,32,64 --against model.onnx
  snn eval model.onnx --data data/mnist:test --samples 1000 --json`

/** `snn eval`. */
export function evalCommand(signal: AbortSignal): Command {
  return new Command('eval')
    .description('Measure the accuracy of a classifier on labelled data.')
    .addArgument(
      new Argument(
        '<FILE>',
        'a .snn.onnx file, a checkpoint of snn train, or a plain ONNX classifier, which ONNX Runtime runs',
      ),
    )
    .requiredOption('--data <DATA>', 'labelled data')
    .addOption(new Option('--samples <count>', 'only the first so many samples').argParser(wholeNumber(1)))
    .addOption(
      new Option(
        '--steps <list>',
        `after how many time steps to measure, all in one run (default: those of the file; of a converted one ${defaultSteps.join()}, too)`,
      ).argParser(stepList),
    )
    .addOption(
      new Option(
        '--readout <name>',
        `how the outputs of all steps are read: ${readouts.join(', ')}, or JSON (default: as the file says)`,
      ).argParser(readout),
    )
    .option('--against <model.onnx>', 'the classifier that FILE was converted from, to be measured too')
    .option('--same-data', 'measure on images that FILE was calibrated with, too')
    .addOption(preprocessOption())
    .addOption(labelOffsetOption())
    .addOption(outputOption())
    .addOption(sizesOption())
    .addOption(batchOption())
    .addOption(jsonOption())
    .addHelpText('after', `${examples}\n${dataHelp}\n${specHelp}`)
    .action(async (model: string, { json, preprocess, ...flags }: Flags) => {
      const settings = { ...flags, ...(preprocess === undefined ? {} : { preprocess: await readSpec(preprocess) }) }
      const result = await withProgress((onProgress) => evaluateModel(model, settings, { signal, onProgress }))
      process.stdout.write(`${json ? JSON.stringify(result) : describeEvaluation(result)}\n`)
    })
}

/** The result for readers. */
function describeEvaluation({
  model,
  data,
  samples,
  ann,
  snn,
  preprocess,
  because,
  labelOffset,
  notes = [],
  warnings = [],
}: ModelEvaluation): string {
  const rows = [
    ...(ann ? [['ANN', percent(ann.accuracy), '', '', ann.seconds.toFixed(2)]] : []),
    ...snn.map(({ steps, accuracy, spikesPerNeuronPerStep, seconds }) => [
      `SNN, T = ${steps}`,
      percent(accuracy),
      ann ? (100 * (accuracy - ann.accuracy)).toFixed(2) : '',
      short(spikesPerNeuronPerStep),
      seconds.toFixed(2),
    ]),
  ]
  const table = formatTable(
    [
      ['network'],
      ['accuracy', 'number'],
      ['points to ANN', 'number'],
      ['spikes per neuron and step', 'number'],
      ['seconds', 'number'],
    ],
    rows,
  )
  return [
    `${model} on ${count(samples)} samples of ${data}`,
    ...describeInput({ preprocess, because, labelOffset }),
    '',
    table,
    ...notes.map((note) => `note: ${note}`),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n')
}

import { Argument, Command, Option } from 'commander'
import type { Mode } from '@snn/ann2snn'
import { SnnError } from '@snn/tensor'
import { convertModel, type ModelConversion } from '../convert-model.js'
import { batchOption, dataHelp, jsonOption, outputOption, preprocessOption, share, specHelp, wholeNumber } from '../options.js'
import { readJson, readSpec } from '../preprocessing.js'
import { withProgress } from '../progress.js'
import { count, formatTable, percent, short } from '../table.js'

interface Flags {
  readonly calibrate: string
  readonly samples: number
  readonly mode: string
  readonly per: 'layer' | 'channel'
  readonly rounds?: number
  readonly initialPotential: number
  readonly delay: number | 'auto'
  readonly unsupported: 'error' | 'keep'
  readonly preprocess?: string
  readonly output?: string
  readonly batch: number
  readonly out: string
  readonly report?: string
  readonly json?: true
}

const examples = `
Examples:
  snn convert model.onnx --calibrate data/mnist:train --out model.snn.onnx
  snn convert resnet.onnx --calibrate cifar-10-batches-bin:train --mode balance --out resnet.snn.onnx \\
    --preprocess '{ "mean": [0.4914, 0.4822, 0.4465], "std": [0.2470, 0.2435, 0.2616] }' --report report.json`

/** `snn convert`. */
export function convertCommand(signal: AbortSignal): Command {
  return new Command('convert')
    .description('Convert an ONNX classifier into a spiking network: an ONNX file of one time step, which any ONNX runtime can run.')
    .addArgument(new Argument('<model.onnx>', 'a trained classifier with ReLU activations'))
    .requiredOption('--calibrate <DATA>', 'typical inputs, best from the training set; the labels serve the report alone')
    .addOption(new Option('--samples <count>', 'calibration samples, drawn at random (seed 0)').argParser(wholeNumber(1)).default(1000))
    .addOption(new Option('--mode <mode>', 'how thresholds are chosen: max, a percentile of the activations, balance (local threshold balancing), or JSON { "layer": threshold }').default('99.9%'))
    .addOption(new Option('--per <what>', 'one threshold for each of these; balance always takes channels').choices(['layer', 'channel']).default('layer'))
    .addOption(new Option('--rounds <count>', 'mode balance: how many batches of 32 samples it goes through (default: 1000)').argParser(wholeNumber(1)))
    .addOption(new Option('--initial-potential <share>', 'membrane potential at the start, as a share of the threshold').argParser(share).default(0.5))
    .addOption(new Option('--delay <steps>', 'steps that the output leaves out, or auto').argParser((text) => (text === 'auto' ? text : wholeNumber(0)(text))).default(0))
    .addOption(new Option('--unsupported <what>', 'layers that cannot spike end the conversion with an error, or are kept analogue').choices(['error', 'keep']).default('error'))
    .addOption(preprocessOption())
    .addOption(outputOption())
    .addOption(batchOption())
    .requiredOption('--out <file.snn.onnx>', 'the file to write')
    .option('--report <file.json>', 'write the report to a file, too')
    .addOption(jsonOption())
    .addHelpText('after', `${examples}\n${dataHelp}\n${specHelp}`)
    .action(async (model: string, { json, mode, preprocess, rounds, ...flags }: Flags) => {
      const settings = {
        ...flags,
        mode: await readMode(mode),
        ...(rounds === undefined ? {} : { balance: { rounds } }),
        ...(preprocess === undefined ? {} : { preprocess: await readSpec(preprocess) }),
      }
      const result = await withProgress((onProgress) => convertModel(model, settings, { signal, onProgress }))
      process.stdout.write(`${json ? JSON.stringify(result) : describeConversion(result)}\n`)
    })
}

/** `max`, `balance`, `99.9%`, or thresholds by layer as JSON. */
async function readMode(text: string): Promise<Mode> {
  if (/^\s*\{|\.json$/.test(text)) return { thresholds: (await readJson(text, '--mode')) as Record<string, number> }
  if (text === 'max' || text === 'balance' || /^[\d.]+%$/.test(text)) return text as Mode
  throw new SnnError('ARGUMENT', `[convert] --mode ${text}, expected max, balance, a percentile such as 99.9%, or JSON with a threshold for each layer.`, { name: '--mode', value: text })
}

/** The result for readers. */
export function describeConversion({ model, data, samples, out, preprocess, report }: ModelConversion): string {
  const mode = typeof report.mode === 'string' ? report.mode : 'given thresholds'
  return [
    `${model} -> ${out}: ${mode} per ${report.per}, calibrated with ${count(samples)} samples of ${data}`,
    ...(preprocess ? [`preprocessing: ${JSON.stringify(preprocess)}`] : []),
    '',
    formatTable(
      [['layer'], ['threshold', 'number'], ['saturated', 'number'], ['silent', 'number'], ['spikes per step', 'number'], ['error', 'number']],
      report.layers.map(({ name, threshold, saturated, silent, rate, error }) => [name, short(threshold.mean), percent(saturated), percent(silent, 1), short(rate), percent(error, 1)]),
    ),
    '',
    formatTable(
      [['T', 'number'], ['same class as the ANN', 'number'], ['synaptic operations / MACs of the ANN', 'number']],
      report.accuracy.map(({ T, agreement }, i) => [String(T), percent(agreement, 1), short(report.synapticOperations[i]!.ratio)]),
    ),
    '',
    `recommended T: ${report.recommendedT}; ${percent(report.spikingShare, 1)} of the multiply-accumulates became spikes`,
    ...report.notes.map((note) => `note: ${note}`),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n')
}

import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { join } from 'node:path'
import type { EpochResult } from '@snn/train'
import { dataHelp, jsonOption, wholeNumber } from '../options.js'
import { withProgress } from '../progress.js'
import { count, percent, short } from '../table.js'
import { trainingSetNames } from '../training-data.js'
import { trainingNetworks } from '../training-networks.js'
import { trainingOptimizers, trainModel, type ModelTraining, type TrainModelOptions } from '../train-model.js'

const networks = Object.entries(trainingNetworks).map(
  ([name, { description, T, width }]) => `  ${name.padEnd(5)} ${description}; T ${T}, width ${width}`,
)

const help = `
Networks:
${networks.join('\n')}

DATASET: ${trainingSetNames.join(', ')}
Recordings of events become T frames of equally many events.

Examples:
  snn train mnist --model mlp --data data/mnist
  snn train fashionMnist --model csnn --data data/fashion-mnist --epochs 5 --out runs/fashion
  snn train fashionMnist --model csnn --data data/fashion-mnist --epochs 5 --out runs/fashion --resume
  snn train nmnist --model csnn --data data/nmnist --steps 10 --batch 32`

interface Flags extends Omit<TrainModelOptions, 'out'> {
  readonly out?: string
  readonly json?: true
}

/** `snn train`. */
export function trainCommand(signal: AbortSignal): Command {
  return new Command('train')
    .description(
      'Train a spiking network. A checkpoint and a log are kept; Ctrl-C ends after a checkpoint, and --resume goes on in the same way as without the interruption.',
    )
    .addArgument(new Argument('<DATASET>', 'the name of a set, see below'))
    .addOption(new Option('--model <name>', 'the network').choices(Object.keys(trainingNetworks)).makeOptionMandatory())
    .addOption(
      new Option('--data <folder>', 'the folder of the data set; with --test, DATA to train on').makeOptionMandatory(),
    )
    .option('--test <DATA>', 'DATA to measure on, for pictures that are not in the files of the set')
    .option(
      '--out <folder>',
      'the folder of model.snn.onnx, the trained network, and of checkpoint and log (default: runs/DATASET-MODEL)',
    )
    .option('--resume', 'go on with the training in that folder, or begin where there is none')
    .addOption(new Option('--epochs <count>', 'passes over the data').argParser(wholeNumber(1)).default(10))
    .addOption(new Option('--batch <count>', 'samples of an update').argParser(wholeNumber(1)).default(64))
    .addOption(new Option('--lr <rate>', 'learning rate').argParser(positive).default(1e-3))
    .addOption(
      new Option('--optimizer <name>', 'the optimiser; sgd with momentum 0.9')
        .choices(Object.keys(trainingOptimizers))
        .default('adam'),
    )
    .addOption(
      new Option('--schedule <name>', 'how the learning rate goes: down along a cosine, or not')
        .choices(['cosine', 'constant'])
        .default('cosine'),
    )
    .addOption(new Option('--steps <T>', 'time steps (default: that of the network)').argParser(wholeNumber(1)))
    .addOption(
      new Option('--width <count>', 'neurons of a hidden layer, or channels (default: that of the network)').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(new Option('--seed <number>', 'of weights and order').argParser(wholeNumber(0)).default(0))
    .addOption(new Option('--samples <count>', 'train on so many samples, drawn at random').argParser(wholeNumber(1)))
    .addOption(
      new Option('--test-samples <count>', 'measure on so many samples, drawn at random').argParser(wholeNumber(1)),
    )
    .addOption(
      new Option('--every <batches>', 'batches between checkpoints, besides that after every pass')
        .argParser(wholeNumber(1))
        .default(200),
    )
    .addOption(jsonOption())
    .addHelpText('after', `${help}\n${dataHelp}`)
    .action(async (dataset: string, { json, ...flags }: Flags) => {
      const out = flags.out ?? join('runs', `${dataset}-${flags.model}`)
      const onEpoch = (result: EpochResult): void => {
        if (!json) process.stdout.write(`${describeEpoch(result, flags.epochs)}\n`)
      }
      const onNote = (text: string): void => {
        if (!json) process.stdout.write(`note: ${text}\n`)
      }
      const result = await withProgress((onProgress) =>
        trainModel(dataset, { ...flags, out }, { signal, onProgress, onEpoch, onNote }),
      )
      process.stdout.write(`${json ? JSON.stringify(result) : describeTraining(result)}\n`)
    })
}

function positive(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Expected a positive number.')
}

function describeEpoch({ epoch, loss, accuracy, validation }: EpochResult, epochs: number): string {
  const measured = [
    ['train', accuracy],
    ['test', validation?.accuracy],
  ] as const
  return [
    `epoch ${epoch} of ${epochs}: loss ${short(loss)}`,
    ...measured.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${percent(value)}`])),
  ].join(', ')
}

/** The result for readers. */
function describeTraining({
  dataset,
  model,
  data,
  steps,
  parameters,
  checkpoint,
  log,
  network,
  accuracy,
  warnings = [],
  seconds,
}: ModelTraining): string {
  return [
    `${model} on ${dataset} (${data}), T = ${steps}, ${count(parameters)} parameters, ${count(seconds)} s`,
    `test accuracy ${percent(accuracy)}, measured on ${network} as snn eval does`,
    `written: the network ${network}, for snn eval, run and deploy; the checkpoint ${checkpoint}, for --resume; the log ${log}`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n')
}

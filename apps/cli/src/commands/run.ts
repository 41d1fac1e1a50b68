import { readFile } from 'node:fs/promises'
import { Argument, Command, Option } from 'commander'
import { readouts, type Readout } from '@snn/nn'
import { SnnError } from '@snn/tensor'
import { jsonOption, preprocessOption, readout, specHelpWithoutLabels, wholeNumber } from '../options.js'
import { readSpec } from '../preprocessing.js'
import { withProgress } from '../progress.js'
import { runModel, type ModelRun } from '../run-model.js'
import { count, short } from '../table.js'

interface Flags {
  readonly steps?: number
  readonly readout?: Readout
  readonly top?: number
  readonly names?: string
  readonly preprocess?: string
  readonly json?: true
}

const examples = `
Examples:
  snn run model.snn.onnx cat.jpg
  snn run model.snn.onnx digits/*.png --top 1 --json
  snn run nmnist.snn.onnx N-MNIST/Test/3/00019.bin`

/** `snn run`. */
export function runCommand(signal: AbortSignal): Command {
  return new Command('run')
    .description(
      'Classify pictures, or recordings of events, with a spiking network: the classes, from which time step on that was settled, and the spikes.',
    )
    .addArgument(new Argument('<FILE>', 'a .snn.onnx file, or a checkpoint of snn train'))
    .addArgument(new Argument('<PICTURE...>', 'JPEG or PNG files; of a network that was trained on events, recordings'))
    .addOption(
      new Option('--steps <count>', 'time steps to run (default: those of the file)').argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        '--readout <name>',
        `how the outputs of all steps are read: ${readouts.join(', ')}, or JSON (default: as the file says)`,
      ).argParser(readout),
    )
    .addOption(
      new Option('--top <count>', 'how many of the best classes are shown').argParser(wholeNumber(1)).default(3),
    )
    .option('--names <file>', 'names of the classes, one a line or a JSON list (default: those of the file)')
    .addOption(preprocessOption('that of the file, else 0-1'))
    .addOption(jsonOption())
    .addHelpText('after', `${examples}\n${specHelpWithoutLabels}`)
    .action(async (model: string, pictures: string[], { json, names, preprocess, ...flags }: Flags) => {
      const spec = preprocess === undefined ? undefined : await readSpec(preprocess)
      if (spec === 'auto')
        throw new SnnError(
          'ARGUMENT',
          '[run] --preprocess auto, expected how pixels become inputs: nothing can be tried without labels. snn inspect MODEL --data DATA finds it.',
          { name: '--preprocess', value: spec },
        )
      const settings = {
        ...flags,
        ...(spec && { preprocess: spec }),
        ...(names !== undefined && { classNames: await readNames(names) }),
      }
      const result = await withProgress((onProgress) => runModel(model, pictures, settings, { signal, onProgress }))
      process.stdout.write(`${json ? JSON.stringify(result) : describeRun(result)}\n`)
    })
}

/** Names of classes by label: a JSON list, or one a line. */
async function readNames(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SnnError(
      'ARGUMENT',
      `[run] --names ${file}: the file cannot be read (${(cause as Error).message}), expected names of classes, one a line or a JSON list.`,
      { name: '--names', value: file },
      { cause },
    )
  })
  if (!text.trimStart().startsWith('['))
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  let names: unknown
  try {
    names = JSON.parse(text)
  } catch {
    names = undefined
  }
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw new SnnError(
    'ARGUMENT',
    `[run] --names ${file} is no JSON list of texts, expected names of classes by label.`,
    { name: '--names', value: file },
  )
}

/** The result for readers. */
export function describeRun({ steps, results, notes = [] }: ModelRun): string {
  const nameOf = ({ class: label, name }: { readonly class: number; readonly name?: string }): string =>
    name === undefined || name === String(label) ? `class ${label}` : `${name} (${label})`
  const lines = results.map(({ file, top, stableFrom, spikes }) => {
    const width = Math.max(...top.map((one) => nameOf(one).length))
    return [
      `${file}: ${nameOf(top[0]!)}, settled at step ${stableFrom} of ${steps}, ${count(spikes)} spikes`,
      ...(top.length > 1 ? top.map((one) => `  ${nameOf(one).padEnd(width)}  ${short(one.score)}`) : []),
    ].join('\n')
  })
  return [...lines, ...notes.map((note) => `note: ${note}`)].join('\n')
}

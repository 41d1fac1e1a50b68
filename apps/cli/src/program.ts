import { readFileSync } from 'node:fs'
import { Command, type CommanderError } from 'commander'

const after = `
A command prints its result on standard output; with --json one JSON object and nothing else. Progress shows on a terminal only.
An error is one line on standard error, CODE: message (JSON with --json).
Exit codes: 0 done, 2 bad input, 1 another failure, 130 ended by Ctrl-C.

Examples:
  snn inspect model.onnx
  snn convert model.onnx --calibrate data/mnist:train --out model.snn.onnx
  snn eval model.snn.onnx --data data/mnist:test --against model.onnx
  snn run model.snn.onnx picture.jpg
  snn deploy model.onnx --target lava --calibrate data/mnist:train --out chip
  snn train mnist --model mlp --data data/mnist
  snn explain lif
  snn data list

See snn COMMAND --help for the forms of DATA and SPEC.`

interface Entry {
  /** For the list of commands. */
  readonly summary: string
  /**
   * Imports the command, and with it what it needs: only when it is asked for, so that help and version come at once.
   */
  load(signal: AbortSignal): Promise<Command>
}

const commands: Readonly<Record<string, Entry>> = {
  inspect: {
    summary: 'list the layers of an ONNX model, and what becomes spiking',
    load: async (signal) => (await import('./commands/inspect.js')).inspectCommand(signal),
  },
  convert: {
    summary: 'convert an ONNX classifier into a spiking network',
    load: async (signal) => (await import('./commands/convert.js')).convertCommand(signal),
  },
  eval: {
    summary: 'measure the accuracy of a classifier on labelled data',
    load: async (signal) => (await import('./commands/eval.js')).evalCommand(signal),
  },
  run: {
    summary: 'classify pictures with a spiking network',
    load: async (signal) => (await import('./commands/run.js')).runCommand(signal),
  },
  deploy: {
    summary: 'go from a classifier to the files of a neuromorphic chip',
    load: async (signal) => (await import('./commands/deploy.js')).deployCommand(signal),
  },
  train: {
    summary: 'train a spiking network',
    load: async (signal) => (await import('./commands/train.js')).trainCommand(signal),
  },
  explain: {
    summary: 'print the equations, the gradient and the kernels of a neuron',
    load: async () => (await import('./commands/explain.js')).explainCommand(),
  },
  data: {
    summary: 'list, download, convert and look at event recordings and data sets',
    load: async (signal) => (await import('./commands/data.js')).dataCommand(signal),
  },
}

export const commandNames: readonly string[] = Object.keys(commands)

/**
 * The command line, ready to parse `args`. Its commands end with `signal.reason` when the signal aborts; errors of use
 * are thrown as CommanderError.
 */
export async function createProgram(args: readonly string[], signal: AbortSignal): Promise<Command> {
  const program = new Command('snn')
    .description(
      'Convert pretrained ONNX classifiers into spiking neural networks, train spiking networks, explain neurons, and measure what comes out.',
    )
    .version(version(), '--version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', after)
  const asked = args.find((arg) => !arg.startsWith('-'))
  for (const [name, { summary, load }] of Object.entries(commands))
    program.addCommand((name === asked ? await load(signal) : new Command(name)).summary(summary))
  for (const command of [program, ...program.commands.flatMap((outer) => [outer, ...outer.commands])]) {
    // a failure says which help to read
    const exit = (error: CommanderError): never => {
      throw Object.assign(error, { help: `snn ${command === program ? '' : `${wordsOf(command)} `}--help` })
    }
    command
      .helpOption('--help', 'print this help')
      .exitOverride(exit)
      .configureOutput({ outputError: () => {} })
  }
  return program
}

/** The words that a user says to have it: `data list`. */
function wordsOf(command: Command): string {
  return command.parent?.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name()
}

/** Does what `args` say. */
export async function runProgram(args: readonly string[], signal: AbortSignal): Promise<void> {
  await (await createProgram(args, signal)).parseAsync(args, { from: 'user' })
}

function version(): string {
  const manifest = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { convertCommand } from './commands/convert.js'
import { dataCommand } from './commands/data.js'
import { evalCommand } from './commands/eval.js'
import { explainCommand } from './commands/explain.js'
import { inspectCommand } from './commands/inspect.js'
import { runCommand } from './commands/run.js'
import { trainCommand } from './commands/train.js'

const after = `
A command prints its result on standard output; with --json one JSON object and nothing else. Progress shows on a terminal only.
An error is one line on standard error, CODE: message (JSON with --json).
Exit codes: 0 done, 2 bad input, 1 another failure, 130 ended by Ctrl-C.

Examples:
  snn inspect model.onnx
  snn convert model.onnx --calibrate data/mnist:train --out model.snn.onnx
  snn eval model.snn.onnx --data data/mnist:test --against model.onnx
  snn run model.snn.onnx picture.jpg
  snn train mnist --model mlp --data data/mnist
  snn explain lif
  snn data list

See snn COMMAND --help for the forms of DATA and SPEC.`

/** The command line. Its commands end with `signal.reason` when the signal aborts; errors of use are thrown as CommanderError. */
export function createProgram(signal: AbortSignal): Command {
  const program = new Command('snn')
    .description('Convert pretrained ONNX classifiers into spiking neural networks, train spiking networks, explain neurons, and measure what comes out.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', after)
  for (const command of [inspectCommand(signal), convertCommand(signal), evalCommand(signal), runCommand(signal), trainCommand(signal), explainCommand(), dataCommand(signal)]) program.addCommand(command)
  for (const command of [program, ...program.commands.flatMap((outer) => [outer, ...outer.commands])]) {
    command.helpOption('--help', 'print this help').exitOverride().configureOutput({ outputError: () => {} })
  }
  return program
}

function version(): string {
  const manifest = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { learnable, type Per } from '@snn/neuron'
import { createSurrogate } from '@snn/surrogate'
import { describeExplanation } from '../explain/describe-explanation.js'
import { explainNeuron } from '../explain/explain-neuron.js'
import { builtInNeurons, findNeurons } from '../explain/find-neurons.js'
import { jsonOption } from '../options.js'

interface Flags {
  readonly with?: Readonly<Record<string, unknown>>
  readonly surrogate?: string
  readonly wat?: true
  readonly c?: true
  readonly json?: true
}

const help = `
Neurons of this library: ${builtInNeurons.map(({ name }) => name).join(', ')}

Examples:
  snn explain lif
  snn explain lif --with '{ "tau": { "learnable": 3 }, "reset": "soft" }' --surrogate atan
  snn explain my-neuron.ts --wat`

/** `snn explain`. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('Print the equations of a neuron, their gradient, and the kernels that are generated from them.')
    .addArgument(
      new Argument(
        '<NEURON>',
        'a JavaScript or TypeScript file that exports what defineNeuron or extendNeuron gives (the file is run), or the name of a neuron of this library',
      ),
    )
    .addOption(
      new Option(
        '--with <JSON>',
        'options of the layer, such as { "reset": "soft" }; { "learnable": 2 } makes a parameter learned',
      ).argParser(layerOptions),
    )
    .option('--surrogate <name>', 'the surrogate of the spike function, such as atan')
    .option('--wat', 'print the WebAssembly text of the kernels too')
    .option('--c', 'print the C text of the kernels too')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (source: string, { with: given, surrogate, wat, c, json }: Flags) => {
      const forms = [...(wat ? (['wat'] as const) : []), ...(c ? (['c'] as const) : [])]
      const options = { ...given, ...(surrogate !== undefined && { surrogate: createSurrogate(surrogate) }) }
      const explained = (await findNeurons(source)).map((neuron) => explainNeuron(neuron, options))
      process.stdout.write(
        `${json ? JSON.stringify({ neurons: explained }) : explained.map((explanation) => describeExplanation(explanation, forms)).join('\n\n\n')}\n`,
      )
    })
}

/** A JSON object; an entry { learnable, per? } stands for `learnable(..)`. */
function layerOptions(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(`Expected JSON (${(error as Error).message}).`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('Expected a JSON object.')
  const isLearned = (of: unknown): of is { learnable: number; per?: Per } =>
    typeof of === 'object' && of !== null && 'learnable' in of
  return Object.fromEntries(
    Object.entries(value).map(([name, of]: [string, unknown]) => [
      name,
      isLearned(of) ? learnable(of.learnable, of.per && { per: of.per }) : of,
    ]),
  )
}

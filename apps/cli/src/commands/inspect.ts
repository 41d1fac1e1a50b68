import { Argument, Command } from 'commander'
import type { Readout } from '@snn/nn'
import type { OnnxValue } from '@snn/onnx'
import { inspectModel, type ModelInspection } from '../inspect-model.js'
import { jsonOption, outputOption } from '../options.js'
import { count, formatTable } from '../table.js'

interface Flags {
  readonly output?: string
  readonly json?: true
}

const examples = `
Examples:
  snn inspect model.onnx
  snn inspect model.onnx --json`

/** `snn inspect`. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('List the layers of an ONNX model: shapes, parameters, what becomes spiking and what cannot.')
    .addArgument(new Argument('<model.onnx>', 'an ONNX model, also a converted one, or a checkpoint of snn train'))
    .addOption(outputOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (model: string, { json, ...flags }: Flags) => {
      const result = await inspectModel(model, flags)
      process.stdout.write(`${json ? JSON.stringify(result) : describeInspection(result)}\n`)
    })
}

/** The result for readers. */
export function describeInspection({ model, spiking, producer, opset, bytes, inputs, outputs, layers, parameters, macs, convertible, T, readout, notes }: ModelInspection): string {
  const values = (list: readonly OnnxValue[]): string => list.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape?.join(', ') ?? '?'}]`).join('; ')
  const refused = layers.filter(({ converts }) => !converts)
  const verdict = spiking ? 'a spiking network' : convertible ? 'all layers convert' : `${refused.length} of ${layers.length} layers cannot spike`
  return [
    `${model}: ${count(bytes)} bytes${opset === 0 ? '' : `, opset ${opset}`}${producer && `, written by ${producer}`}`,
    `in:  ${values(inputs)}`,
    `out: ${values(outputs)}`,
    ...(readout ? [`run: ${T === undefined ? 'any number of steps' : `T = ${T}`}, read by: ${describeReadout(readout)}`] : []),
    '',
    formatTable(
      [['layer'], ['kind'], ['output shape'], ['parameters', 'number'], ['MACs', 'number'], ...(spiking ? [] : [['converts as'] as const])],
      layers.map(({ name, kind, shape, parameters, macs, role, converts }) => [name, kind, `[${shape.join(', ')}]`, count(parameters), count(macs), converts ? role : 'cannot spike']),
    ),
    '',
    `${count(parameters)} parameters, ${count(macs)} multiply-accumulates for one sample; ${verdict}`,
    ...notes.map((note) => `note: ${note}`),
  ].join('\n')
}

function describeReadout({ by, start, classes }: Readout): string {
  return [by === 'last' ? 'the output of the last step' : `${by} over all steps`, ...(start === undefined ? [] : [`from step ${start}`]), ...(classes === undefined ? [] : [`${classes} groups of outputs`])].join(', ')
}

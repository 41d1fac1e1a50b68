import { Argument, Command, Option } from 'commander'
import { preprocessPresets, type PreprocessSpec, type PreprocessTrial } from '@snn/datasets'
import type { Readout } from '@snn/nn'
import type { OnnxValue } from '@snn/onnx'
import { inspectModel, type ModelInspection } from '../inspect-model.js'
import { equalsOf, isClear } from '../input-settings.js'
import { dataHelp, jsonOption, labelOffsetOption, outputOption, sizesOption, wholeNumber } from '../options.js'
import { withProgress } from '../progress.js'
import { count, formatTable, percent } from '../table.js'

interface Flags {
  readonly data?: string
  readonly samples?: number
  readonly labelOffset?: number
  readonly sizes?: Readonly<Record<string, number>>
  readonly output?: string
  readonly json?: true
}

const examples = `
Examples:
  snn inspect model.onnx
  snn inspect model.onnx --data data/mnist:test
  snn inspect model.onnx --json`

/** `snn inspect`. */
export function inspectCommand(signal: AbortSignal): Command {
  return new Command('inspect')
    .description(
      'List the layers of an ONNX model: shapes, parameters, what becomes spiking and what cannot; with labelled pictures, which preprocessing it takes.',
    )
    .addArgument(new Argument('<model.onnx>', 'an ONNX model, also a converted one, or a checkpoint of snn train'))
    .option('--data <DATA>', 'labelled pictures to try the usual preprocessings and label offsets on')
    .addOption(
      new Option(
        '--samples <count>',
        'how many of them, drawn at random (default: 100, more for those that are hard to tell apart)',
      ).argParser(wholeNumber(1)),
    )
    .addOption(labelOffsetOption('-1, 0 and 1 are tried'))
    .addOption(outputOption())
    .addOption(sizesOption())
    .addOption(jsonOption())
    .addHelpText('after', `${examples}\n${dataHelp}`)
    .action(async (model: string, { json, ...flags }: Flags) => {
      const result = await withProgress((onProgress) => inspectModel(model, flags, { signal, onProgress }))
      process.stdout.write(`${json ? JSON.stringify(result) : describeInspection(result)}\n`)
    })
}

/** The result for readers. */
export function describeInspection({
  model,
  spiking,
  producer,
  opset,
  bytes,
  inputs,
  outputs,
  layers,
  parameters,
  macs,
  convertible,
  refusal,
  codes,
  T,
  readout,
  notes,
  trials,
}: ModelInspection): string {
  const values = (list: readonly OnnxValue[]): string =>
    list.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape?.join(', ') ?? '?'}]`).join('; ')
  const refused = layers.filter(({ converts }) => !converts)
  const verdict = spiking
    ? 'a spiking network'
    : convertible
      ? 'all layers convert'
      : refused.length === 0
        ? 'nothing would spike'
        : `${refused.length} of ${layers.length} layers cannot spike in the code 'binary'`
  return [
    `${model}: ${count(bytes)} bytes${opset === 0 ? '' : `, opset ${opset}`}${producer && `, written by ${producer}`}`,
    `in:  ${values(inputs)}`,
    `out: ${values(outputs)}`,
    ...(readout
      ? [`run: ${T === undefined ? 'any number of steps' : `T = ${T}`}, read by: ${describeReadout(readout)}`]
      : []),
    '',
    formatTable(
      [
        ['layer'],
        ['kind'],
        ['output shape'],
        ['parameters', 'number'],
        ['MACs', 'number'],
        ...(spiking ? [] : [['converts as'] as const]),
      ],
      layers.map(({ name, kind, shape, parameters, macs, role, converts }) => [
        name,
        kind,
        `[${shape.join(', ')}]`,
        count(parameters),
        count(macs),
        converts ? role : 'cannot spike',
      ]),
    ),
    '',
    `${count(parameters)} parameters, ${count(macs)} multiply-accumulates for one sample; ${verdict}`,
    ...(spiking || convertible
      ? []
      : [
          codes.length > 0
            ? `the whole network becomes spiking with --code ${codes.join(' or ')}`
            : refusal!.replace(/^\[\w+\] /, 'snn convert refuses it: '),
        ]),
    ...notes.map((note) => `note: ${note}`),
    ...(trials ? ['', ...describeTrials(trials)] : []),
  ].join('\n')
}

function describeReadout({ by, start, classes }: Readout): string {
  return [
    by === 'last' ? 'the output of the last step' : `${by} over all steps`,
    ...(start === undefined ? [] : [`from step ${start}`]),
    ...(classes === undefined ? [] : [`${classes} groups of outputs`]),
  ].join(', ')
}

/** Rows that are shown: what is far behind says nothing. */
const shown = 12

/** The trials as a table, best first, and what to say to have the best. */
function describeTrials(trials: readonly PreprocessTrial[]): string[] {
  const [best] = trials
  const { name, spec, labelOffset, accuracy } = best!
  const isPreset = Object.hasOwn(preprocessPresets, name)
  const equals = equalsOf(trials)
  const flags = [
    ...(Object.keys(spec).length === 0
      ? []
      : [`--preprocess ${isPreset ? name : `'${JSON.stringify(shortened(spec))}'`}`]),
    ...(labelOffset === 0 ? [] : [`--label-offset ${labelOffset}`]),
  ]
  return [
    formatTable(
      [['preprocessing'], ['label offset', 'number'], ['samples', 'number'], ['accuracy', 'number']],
      trials
        .slice(0, shown)
        .map((trial) => [trial.name, String(trial.labelOffset), String(trial.samples), percent(trial.accuracy, 1)]),
    ),
    ...(trials.length > shown ? [`and ${trials.length - shown} that are no better than the last of these`] : []),
    '',
    !isClear(trials)
      ? `none is clearly better than guessing on ${best!.samples} samples: give more of the network's classes, or check their labels and the output`
      : `best: ${name}, ${percent(accuracy, 1)}${equals.length > 0 ? `, and as good: ${equals.join(', ')} (these ${best!.samples} samples do not tell them apart)` : ''}${flags.length > 0 ? `. For snn eval and snn convert: ${flags.join(' ')}` : ''}`,
  ]
}

/** Without what the network and the pictures say again. */
function shortened({ size: _, resize: __, layout, ...spec }: PreprocessSpec): PreprocessSpec {
  return layout === 'flat-nhwc' ? { ...spec, layout } : spec
}

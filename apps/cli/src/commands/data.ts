import { Argument, Command, Option } from 'commander'
import { basename } from 'node:path'
import {
  convertEvents,
  downloadSet,
  openEventSet,
  setCatalogue,
  type AnySetInfo,
  type EventDataset,
} from '@snn/datasets/node'
import { SnnError } from '@snn/tensor'
import { checkOutputs, replaceFile } from '@snn/tensor/node'
import { catalogue, describeNotes, factsOf, formatNamed, readRecording, setNamed } from '../event-files.js'
import { contactSheet, isSound, rasterSvg, type SheetRow } from '../event-picture.js'
import { jsonOption, wholeNumber } from '../options.js'
import { withProgress } from '../progress.js'
import {
  inFlagsToo,
  withRecordingFlags,
  withWriteFlags,
  writeOptions,
  type RecordingFlags,
} from '../recording-options.js'
import { count, formatTable, percent } from '../table.js'

const examples = `
Examples:
  snn data list
  snn data download shd --root data/shd --split test
  snn data download nmnist --root data/nmnist --split test --from ~/Downloads/Test.zip
  snn data convert nmnist --root data/nmnist --split test --out data/nmnist-test
  snn data preview nmnist --root data/nmnist --split test --out nmnist.png
  snn data info recording.raw
  snn data info events.csv --sensor 346x260 --columns xypt --time-unit us
  snn data convert recording.raw --out recording.npz`

/** `snn data`. */
export function dataCommand(signal: AbortSignal): Command {
  const data = new Command('data')
    .description('Event recordings and data sets: list, download, convert, look at.')
    .addHelpText('after', examples)
  for (const command of [
    listCommand(),
    infoCommand(signal),
    downloadCommand(signal),
    convertCommand(signal),
    previewCommand(signal),
  ])
    data.addCommand(command)
  return data
}

const print = (json: boolean | undefined, value: unknown, text: () => string): void =>
  void process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`)
const rootOption = (): Option => new Option('--root <folder>', 'the folder of the data set')
const splitOption = (): Option => new Option('--split <name>', 'which part of the set (default: the last of its parts)')
const what = (): Argument => new Argument('<set|file>', 'the name of a set (snn data list), or a recording')
const isSet = (name: string): boolean => Object.hasOwn(catalogue, name)
const splitsOf = ({ splits }: AnySetInfo): string =>
  Object.entries(splits)
    .map(([name, size]) => (size > 0 ? `${name} ${count(size)}` : name))
    .join(', ')

/** Of a recording or a picture the pixels, of a sound the rate. */
function sizeOf(info: AnySetInfo): string {
  if (info.kind === 'events') return `${info.sensor.width} x ${info.sensor.height}`
  if (info.kind === 'images') return info.shape.slice(1).reverse().join(' x ')
  return `${count(info.rate)} Hz`
}

function listCommand(): Command {
  return new Command('list')
    .description('The data sets that are known.')
    .addOption(jsonOption())
    .action(({ json }: { json?: true }) => {
      print(json, Object.values(catalogue), () =>
        formatTable(
          [['name'], ['set'], ['size'], ['classes', 'number'], ['samples'], ['licence']],
          Object.values(catalogue).map((info) => [
            info.id,
            info.title,
            sizeOf(info),
            String(info.classes),
            splitsOf(info),
            info.licence,
          ]),
        ),
      )
    })
}

function infoCommand(signal: AbortSignal): Command {
  return withRecordingFlags(new Command('info'))
    .description('What is known of a set, or what is in a recording.')
    .addArgument(what())
    .addOption(rootOption())
    .addOption(jsonOption())
    .action(async (name: string, { root, json, ...flags }: RecordingFlags & { root?: string; json?: true }) => {
      if (!isSet(name)) {
        const { format, events } = await readRecording(name, flags, signal)
        const facts = factsOf(name, format, events)
        return print(json, facts, () =>
          [
            `${name}: ${format.description}`,
            `${count(facts.events)} events, ${percent(facts.brighter, 1)} brighter, on ${facts.sensor.width} x ${facts.sensor.height}`,
            `${facts.first} to ${facts.last} ${facts.timeUnit}, ${facts.seconds.toPrecision(4)} s, ${count(facts.events / (facts.seconds || 1))} events a second${facts.inOrder ? '' : ', not in order of time'}`,
            ...describeNotes(facts),
          ].join('\n'),
        )
      }
      const info = setNamed(name)
      const here =
        root === undefined || !Object.hasOwn(setCatalogue, name) ? [] : await partsIn(name, info, root, signal)
      print(json, { ...info, here }, () =>
        [
          `${info.title}: ${info.classes} classes, ${splitsOf(info)}, ${sizeOf(info)}${info.kind === 'events' ? `, times in ${info.timeUnit}` : ''}`,
          `licence: ${info.licence}`,
          `cite: ${info.citation}`,
          `page: ${info.page}`,
          ...info.files.map(
            ({ name: file, md5, url }) =>
              `file: ${file}${md5 === undefined ? '' : `, MD5 ${md5}`}${url === undefined ? ' (only through the page; give it with --from)' : ''}`,
          ),
          ...here.map((line) => `here: ${line}`),
        ].join('\n'),
      )
    })
}

/** What of a set is in a folder. */
async function partsIn(name: string, info: AnySetInfo, root: string, signal: AbortSignal): Promise<string[]> {
  return Promise.all(
    Object.keys(info.splits).map((split) =>
      openEventSet(name, { root, split, signal }).then(
        ({ description }) => description,
        (error: unknown) => `${split}: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ),
  )
}

function downloadCommand(signal: AbortSignal): Command {
  return new Command('download')
    .description('Download, check and unpack a set. Goes on where it was interrupted.')
    .addArgument(new Argument('<set>', 'the name of a set (snn data list)'))
    .addOption(rootOption().makeOptionMandatory())
    .addOption(new Option('--split <name>', 'only what this part needs'))
    .addOption(new Option('--from <archive...>', 'archives that are already here'))
    .addOption(new Option('--url <mirror>', 'another address, of the file or of a folder with all files'))
    .addOption(jsonOption())
    .action(
      async (
        name: string,
        { root, split, from, url, json }: { root: string; split?: string; from?: string[]; url?: string; json?: true },
      ) => {
        const info = setNamed(name)
        await withProgress((onProgress) =>
          downloadSet(info, {
            root,
            signal,
            onProgress,
            onNotice: (text) => void process.stderr.write(`${text}\n`),
            ...(split !== undefined && { split }),
            ...(from && { from }),
            ...(url !== undefined && { url }),
          }),
        )
        print(json, { set: name, root }, () => `${info.title} is in ${root}`)
      },
    )
}

type ConvertFlags = RecordingFlags & {
  readonly root?: string
  readonly split?: string
  readonly out: string
  readonly to?: string
  readonly corrupt: 'fail' | 'skip'
  readonly json?: true
}

function convertCommand(signal: AbortSignal): Command {
  return withWriteFlags(withRecordingFlags(new Command('convert')))
    .description('Write a set as one .npz file for each recording with a manifest, or a recording in another format.')
    .addArgument(what())
    .addOption(rootOption())
    .addOption(splitOption())
    .requiredOption('--out <path>', 'the folder to write; for a recording the file, whose ending says the format')
    .addOption(new Option('--to <id>', 'format of the file, where its ending does not say it'))
    .addOption(
      new Option('--corrupt <what>', 'what to do with samples that cannot be read')
        .choices(['fail', 'skip'])
        .default('fail'),
    )
    .addOption(jsonOption())
    .action(async (name: string, { root, split, out, to, corrupt, json, ...flags }: ConvertFlags) => {
      if (isSet(name)) {
        const dataset = await openSet(name, root, split, signal)
        const report = await withProgress((onProgress) => convertEvents(dataset, out, { corrupt, signal, onProgress }))
        return print(json, { set: name, out, ...report }, () =>
          [
            `${dataset.description} -> ${out}: ${count(report.written)} written, ${count(report.kept)} were there`,
            ...report.corrupt.map(({ name: file, reason }) => `left out: ${file}: ${reason}`),
          ].join('\n'),
        )
      }
      const target = formatNamed(to ?? out)
      if (!target.write)
        throw new SnnError('ARGUMENT', `[data] ${target.id} is only read, expected a format that is written.`, {
          name: '--to',
          value: target.id,
        })
      await checkOutputs({ '--out': out }, { inputs: [name] })
      const options = writeOptions(flags, target)
      const { format, events } = await readRecording(name, flags, signal)
      const bytes = await inFlagsToo(() => target.write!(events, options))
      await replaceFile(out, bytes)
      const facts = factsOf(name, format, events)
      print(json, { ...facts, out, to: target.id, bytes: bytes.length }, () =>
        [
          `${name} (${format.id}) -> ${out} (${target.id}): ${count(events.t.length)} events, ${count(bytes.length)} bytes`,
          ...describeNotes(facts),
        ].join('\n'),
      )
    })
}

type PreviewFlags = RecordingFlags & {
  readonly root?: string
  readonly split?: string
  readonly out: string
  readonly samples: number
  readonly pictures: number
  readonly columns?: string
  readonly json?: true
}

function previewCommand(signal: AbortSignal): Command {
  return withRecordingFlags(new Command('preview'))
    .description(
      'Draw recordings: a PNG of pictures from start to end, a row each; for spike trains of sound an SVG raster.',
    )
    .addArgument(what())
    .addOption(rootOption())
    .addOption(splitOption())
    .requiredOption('--out <file>', 'the file to write, .png or .svg')
    .addOption(
      new Option('--samples <count>', 'recordings of a set, one class after another')
        .argParser(wholeNumber(1))
        .default(10),
    )
    .addOption(
      new Option('--pictures <count>', 'pictures of each; --columns with a number says it, too')
        .argParser(wholeNumber(1))
        .default(8),
    )
    .addOption(jsonOption())
    .action(async (name: string, { root, split, out, samples, pictures, columns, json, ...others }: PreviewFlags) => {
      const isCount = columns !== undefined && /^[1-9]\d*$/.test(columns)
      const flags = isCount ? others : { ...others, columns }
      await checkOutputs({ '--out': out }, { inputs: isSet(name) ? [] : [name] })
      const rows = isSet(name)
        ? await rowsOf(await openSet(name, root, split, signal), samples)
        : [{ title: basename(name), events: (await readRecording(name, flags, signal)).events }]
      const isLine = rows.every(({ events }) => isSound(events))
      const wanted = isLine ? '.svg' : '.png'
      if (!out.toLowerCase().endsWith(wanted))
        throw new SnnError(
          'ARGUMENT',
          `[data] --out ${out}, expected a name that ends in ${wanted} for ${isLine ? 'spike trains' : 'pictures'}.`,
          { name: '--out', value: out },
        )
      await replaceFile(out, isLine ? rasterSvg(rows) : contactSheet(rows, isCount ? Number(columns) : pictures))
      print(json, { out, rows: rows.map(({ title, events }) => ({ title, events: events.t.length })) }, () =>
        [
          `${out}, from the top:`,
          ...rows.flatMap(({ title, events }) => [
            `  ${title}, ${count(events.t.length)} events`,
            ...describeNotes(events),
          ]),
        ].join('\n'),
      )
    })
}

/** A set that the command line names. Throws `ARGUMENT` where its folder is not given. */
async function openSet(
  name: string,
  root: string | undefined,
  split: string | undefined,
  signal: AbortSignal,
): Promise<EventDataset> {
  const info = setNamed(name, setCatalogue)
  if (root === undefined)
    throw new SnnError(
      'ARGUMENT',
      `[data] no --root, expected the folder of ${info.title}. snn data download ${name} --root FOLDER gets it.`,
      { name: '--root', value: root },
    )
  return openEventSet(name, { root, split: split ?? Object.keys(info.splits).at(-1)!, signal })
}

/** The first sample of each class, then the second of each, and so on. */
async function rowsOf(dataset: EventDataset, samples: number): Promise<SheetRow[]> {
  const seen = new Map<number, number>()
  const order = dataset.labels.map((label, index) => {
    const rank = seen.get(label) ?? 0
    seen.set(label, rank + 1)
    return { rank, label, index }
  })
  const chosen = order.sort((a, b) => a.rank - b.rank || a.label - b.label).slice(0, samples)
  return Promise.all(
    chosen.map(async ({ index }) => {
      const { events, label, name } = await dataset.get(index)
      return { title: `${dataset.classes[label]!} (${name})`, events }
    }),
  )
}

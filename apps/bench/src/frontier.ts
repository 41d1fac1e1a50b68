import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { CodeName, ConversionReport } from '@snn/ann2snn'
import { snn, type Evaluation } from './command-line.js'
import { convertDetector, detector, lostBoxes } from './detection.js'
import { imagenetModels } from './imagenet.js'
import { cifarModels, mnistModels, selectModels, type Model } from './models.js'

/**
 * How few steps a code needs: every network is converted and evaluated by the command line as a user runs it,
 * calibrated on training images alone, and its accuracy on all test images is held against the ANN's.
 */
interface Case {
  readonly models: readonly string[]
  readonly code: CodeName
  /** Points that may be lost, by time steps without the latency; T are these and it. */
  readonly bounds: Readonly<Record<number, number>>
  /** Flags of `snn convert` beside `--code` and `--steps`. */
  readonly flags?: readonly string[]
  /** Whether the network is made for one number of steps (`--steps`): one conversion for each. */
  readonly forSteps?: true
}

const mnist = mnistModels.map(({ name }) => name)
const cifar = cifarModels.map(({ name }) => name).filter((name) => name !== 'vit-ibp-3-3-8')

const calibrated = ['--weights', 'calibrate'] as const

const cases: readonly Case[] = [
  { models: [...mnist, ...cifar], code: 'delta', bounds: { 2: 2, 4: 0.5 } },
  { models: ['squeezenet1.1'], code: 'delta', bounds: { 4: 2 } },
  { models: ['mobilenet_v1'], code: 'delta', bounds: { 4: 2, 8: 1 } },
  { models: ['vit-ibp-3-3-8'], code: 'delta', bounds: { 8: 1 } },
  { models: ['vit-ibp-3-3-8'], code: 'differential', bounds: { 8: 1 } },
  {
    models: mnist.filter((name) => name !== 'tiny-allconv'),
    code: 'binary',
    bounds: { 8: 1 },
    flags: calibrated,
    forSteps: true,
  },
  { models: ['tiny-allconv'], code: 'binary', bounds: { 16: 2 }, flags: calibrated, forSteps: true },
  {
    models: cifar.filter((name) => name !== 'resnet20'),
    code: 'binary',
    bounds: { 8: 2 },
    flags: [...calibrated, '--samples', '4000'],
    forSteps: true,
  },
  {
    models: ['resnet20'],
    code: 'binary',
    bounds: { 8: 3, 16: 1.5 },
    flags: ['--wait', '1', ...calibrated],
    forSteps: true,
  },
  { models: ['resnet20'], code: 'phase', bounds: { 4: 1 }, flags: ['--levels', '4'] },
  {
    models: ['mobilenet_v1'],
    code: 'signed',
    bounds: { 32: 12 },
    flags: ['--wait', '2', ...calibrated],
    forSteps: true,
  },
]

interface Row {
  readonly model: string
  readonly code: CodeName
  readonly flags: readonly string[]
  readonly T: number
  readonly images: number
  readonly ann: number
  readonly snn: number
  readonly bound: number
  readonly report: ConversionReport
  /** Latency included. */
  readonly total: number
  /** To convert, and to evaluate the SNN. */
  readonly seconds: readonly [number, number]
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { samples: { type: 'string', default: 'Infinity' } },
  })
  const folder = await mkdtemp(join(tmpdir(), 'snn-frontier-'))
  let missed = 0
  let shown = 0
  console.log(
    '| model | code | T | images | ANN | SNN | lost | bound | within | T, latency | weights | operations / MACs | seconds to convert, to run |\n|---|---|---:|---:|---:|---:|---:|---:|---|---|---|---:|---|',
  )
  try {
    const models = [...selectModels([...mnistModels, ...cifarModels], []), ...(await imagenetModels(folder))]
    // a word chooses a code or a part of the name of a model; of both kinds, one of each must fit
    const words = (isCode: boolean): string[] =>
      positionals.filter((word) => cases.some(({ code }) => code === word) === isCode)
    const chosen = (value: string, filters: readonly string[]): boolean =>
      filters.length === 0 || filters.some((filter) => value.includes(filter))
    for (const { code, flags = [], bounds, forSteps, models: names } of cases.filter(({ code }) =>
      chosen(code, words(true)),
    )) {
      for (const model of models.filter(({ name }) => names.includes(name) && chosen(name, words(false)))) {
        const steps = Object.keys(bounds).map(Number)
        for (const group of forSteps ? steps.map((T) => [T]) : [steps]) {
          const rows = await measure(
            folder,
            model,
            code,
            [...flags, ...(forSteps ? ['--steps', String(group[0])] : [])],
            group,
            bounds,
            Number(values.samples),
          )
          shown += rows.length
          for (const row of rows) if (!print(row)) missed++
        }
      }
    }
    if (chosen('delta', words(true)) && chosen(detector.name, words(false))) {
      missed += await detect(folder)
      shown++
    }
    if (shown === 0) throw new Error(`no row fits ${positionals.join(' ')}`)
  } finally {
    await rm(folder, { recursive: true })
  }
  if (missed > 0) process.exitCode = 1
}

async function measure(
  folder: string,
  model: Model,
  code: CodeName,
  flags: readonly string[],
  steps: readonly number[],
  bounds: Case['bounds'],
  samples: number,
): Promise<Row[]> {
  const out = join(folder, `${model.name}-${code}.snn.onnx`)
  const images = Math.min(model.testSamples, samples)
  const started = performance.now()
  const { report } = (await snn(
    'convert',
    model.file,
    '--calibrate',
    model.calibrate,
    '--code',
    code,
    ...flags,
    '--preprocess',
    JSON.stringify(model.preprocess),
    '--out',
    out,
  )) as { readonly report: ConversionReport }
  const seconds = (performance.now() - started) / 1000
  const total = steps.map((T) => report.latency + T)
  const { ann, snn: results } = (await snn(
    'eval',
    out,
    '--data',
    model.test,
    '--samples',
    String(images),
    '--steps',
    total.join(),
    '--against',
    model.file,
  )) as Evaluation
  return steps.map((T, i) => ({
    model: model.name,
    code,
    flags,
    T,
    images,
    ann: ann.accuracy,
    snn: results[i]!.accuracy,
    bound: bounds[T]!,
    report,
    total: total[i]!,
    seconds: [seconds, results[i]!.seconds],
  }))
}

/** Prints a row, and tells whether its bound is kept. */
function print({ model, code, flags, T, images, ann, snn: accuracy, bound, report, total, seconds }: Row): boolean {
  const lost = 100 * (ann - accuracy)
  // accuracies are counts of images: half an image of slack for the rounding of differences
  const isWithin = lost <= bound + 50 / images
  const operations = report.synapticOperations.find((step) => step.T === total)
  const cells = [
    model,
    [code, ...flags].join(' '),
    T,
    images,
    (100 * ann).toFixed(2),
    (100 * accuracy).toFixed(2),
    lost.toFixed(2),
    bound,
    isWithin ? 'yes' : 'NO',
    `${total}, ${report.latency}`,
    report.weights,
    operations ? operations.ratio.toFixed(2) : '',
    seconds.map((value) => value.toFixed(0)).join(', '),
  ]
  console.log(`| ${cells.join(' | ')} |`)
  return isWithin
}

/** The rows of the detector, converted by the command line and evaluated by the library; how many bounds are missed. */
async function detect(folder: string): Promise<number> {
  const started = performance.now()
  const { file, report } = await convertDetector(folder)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const { boxes, lost, leastOverlap, total } = await lostBoxes(file)
  const operations = report.synapticOperations.find(({ T }) => T === total)
  console.log(
    `| ${detector.name} | ${report.code.name} | ${total} | 3 | ${boxes} boxes | least IoU ${leastOverlap.toFixed(3)} | ${lost} boxes | 0, at IoU 0.8 | ${lost === 0 ? 'yes' : 'NO'} | ${total}, ${report.latency} | ${report.weights} | ${operations?.ratio.toFixed(2) ?? ''} | ${seconds}, |`,
  )
  return lost > 0 ? 1 : 0
}

void main()

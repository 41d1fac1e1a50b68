import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { describeWarnings, type ConversionReport, type Target, type Wording } from '@snn/ann2snn'
import type { ImageDataset, PreprocessSpec } from '@snn/datasets'
import { take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { hasBranches, splitEncoder, type Approximation, type Resources } from '@snn/deploy-lava'
import type { Network } from '@snn/nn'
import { SnnError } from '@snn/tensor'
import { replaceFile, replaceFolder } from '@snn/tensor/node'
import { withBackend } from '../backend.js'
import { withoutImages } from '../calibration-images.js'
import { evaluateModel, type Work } from '../evaluate-model.js'
import { conversionFlags } from '../conversion-flags.js'
import { isCheckpoint, isSpiking, readModel } from '../model-file.js'
import { toLava } from './to-lava.js'
import { checkNirTarget, toNirFile } from './to-nir-file.js'
import { unsuited } from './unsuited.js'
import { spikingSource, type SourceOptions } from './spiking-source.js'

export type DeployTarget = 'lava' | 'nir' | 'speck' | 'xylo'

export interface DeployModelOptions extends Omit<
  SourceOptions,
  'target' | 'calibrate' | 'samples' | 'steps' | 'check'
> {
  readonly target: DeployTarget
  /** DATA as a user writes it, or a data set. */
  readonly calibrate: string | ImageDataset
  /** Calibration samples, drawn at random with a fixed seed. */
  readonly samples?: number
  /** The folder to write. */
  readonly out: string
  /** Data to measure on. Default: the calibration samples. */
  readonly eval?: string | ImageDataset
  readonly evalSamples?: number
  /** The plain classifier that a spiking network came from. */
  readonly against?: string
  readonly steps?: number
  readonly weightBits?: number
  readonly percentile?: number
  readonly approximate?: readonly Approximation[]
  /** Passes of quantisation-aware training over the calibration samples. */
  readonly tune?: number
  /**
   * Lava: whether a classifier is converted once more, for the reset by subtraction that the chip has not. Default
   * true.
   */
  readonly softReset?: boolean
  readonly sameData?: boolean
}

/** A form of the network, from the classifier to the chip. */
export interface DeploymentRow {
  readonly network: string
  /** Undefined where the data have no labels. */
  readonly accuracy?: number | undefined
  /** Share of samples with the class of the float SNN. */
  readonly agreement?: number
}

export interface DeploymentLint {
  readonly layer: string
  readonly effect: 'rejects' | 'changes' | 'warning'
  readonly what: string
  readonly fix?: string
}

/** What a target adds. */
export interface Deployed {
  readonly files: Readonly<Record<string, Uint8Array | string>>
  /** What whoever uses the files has to know. */
  readonly notes?: readonly string[]
  readonly rows: readonly DeploymentRow[]
  /** Spikes of one sample, mean over the data. */
  readonly spikes: readonly { readonly layer: string; readonly neurons: number; readonly perSample: number }[]
  readonly layers?: readonly object[]
  readonly resources: Resources & { readonly weightBytes?: number }
  readonly lint: readonly DeploymentLint[]
  /** That the float network, from which all others are made, is hardly better than guessing. */
  readonly warnings?: readonly string[]
}

/** The object that `snn deploy --json` prints. */
export interface Deployment extends Omit<Deployed, 'files' | 'notes' | 'warnings'> {
  readonly model: string
  readonly target: DeployTarget
  readonly out: string
  readonly files: readonly string[]
  readonly steps: number
  readonly calibration: string
  /** What accuracy was measured on. */
  readonly data: string
  readonly samples: number
  readonly preprocess: PreprocessSpec | null
  readonly because?: string
  readonly labelOffset?: number
  readonly conversion?: ConversionReport
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
}

const conversionTargets: Readonly<Record<DeployTarget, Target>> = {
  lava: 'loihi',
  nir: 'nir',
  speck: 'speck',
  xylo: 'xylo',
}

/**
 * Reports speak in flags of `snn deploy`: no code but spikes, thresholds of channels by calibration alone, and weights
 * named only where they are not calibrated already.
 */
export function deployWording({ weights: made }: ConversionReport): Wording {
  const write: Wording['write'] = ({ per, weights, ...options }) =>
    conversionFlags(
      per !== undefined
        ? { mode: 'sequential' }
        : weights === undefined || made === 'calibrated'
          ? options
          : { ...options, weights },
    )
  return { write, tried: [{ code: 'delta' }] }
}

/** From a classifier or a spiking network to the files of a chip, measured at every step of the way. */
export async function deployModel(path: string, options: DeployModelOptions, work: Work): Promise<Deployment> {
  const { target, calibrate, samples = 1000, out, evalSamples = Infinity, against, sameData = false } = options
  refuseChipFile(path)
  await checkFolder(out)
  checkFlags(options)
  const plain = !isCheckpoint(path) && !isSpiking(await readModel(path, { batch: 'keep' }))
  if (plain && against !== undefined)
    throw new SnnError(
      'ARGUMENT',
      `[deploy] --against for ${path}, which is the classifier itself, expected it only for a spiking network. Leave it out.`,
      { name: '--against', value: against },
    )
  const calibration = typeof calibrate === 'string' ? await openDataset(calibrate, { signal: work.signal }) : calibrate
  const opened =
    typeof options.eval === 'string' ? await openDataset(options.eval, { signal: work.signal }) : options.eval
  const suits = async (snn: Network): Promise<unknown> =>
    target === 'lava'
      ? hasBranches((await splitEncoder(snn)).chip, options.approximate && { approximate: options.approximate })
      : checkNirTarget(target, snn)
  const check = (snn: Network): Promise<unknown> =>
    suits(snn).catch((error: unknown) => {
      // a classifier has just been given the code of the chip
      throw unsuited(error, path, target, plain ? {} : snn.metadata)
    })
  return withBackend(async (backend) => {
    const source = await spikingSource(
      path,
      { ...options, target: conversionTargets[target], calibrate: calibration, samples, steps: options.steps, check },
      backend,
      work,
    )
    const chosen = opened
      ? evalSamples < opened.length
        ? take(opened, evalSamples)
        : opened
      : take(calibration, Math.min(samples, evalSamples), { shuffle: true })
    const data = !opened || sameData ? chosen : withoutImages(chosen, source.metadata.calibration ?? [])
    const measure = { source, data, backend, work }
    const classifier = plain ? path : against
    const { output, sizes, batch } = options
    const asItTakes = {
      ...(source.preprocess && { preprocess: source.preprocess }),
      labelOffset: source.labelOffset,
      output,
      sizes,
      ...(batch !== undefined && { batch }),
    }
    const ann =
      classifier === undefined || data.labelled === false
        ? undefined
        : (await evaluateModel(classifier, { data, ...asItTakes }, work)).ann
    const {
      files,
      rows,
      notes: ofFiles = [],
      warnings: ofNetwork = [],
      ...deployed
    } = target === 'lava'
      ? await toLava(measure, { ...options, calibration: take(calibration, samples, { shuffle: true }) })
      : await toNirFile(target, measure)
    const { T, preprocess = null, because, labelOffset, report, notes } = source
    const deployment: Deployment = {
      model: path,
      target,
      out,
      files: [...Object.keys(files), 'report.json'],
      steps: T,
      calibration: calibration.description,
      data: data.description,
      samples: data.length,
      preprocess,
      ...(because !== undefined && { because }),
      ...(labelOffset !== 0 && { labelOffset }),
      rows: [...(ann ? [{ network: 'ANN', accuracy: ann.accuracy }] : []), ...rows],
      ...deployed,
      ...(report && { conversion: report }),
      notes: [
        ...notes,
        ...ofFiles,
        ...(opened
          ? []
          : ['Measured on the calibration samples, which chose thresholds: give other ones with --eval.']),
      ],
      warnings: [
        ...ofNetwork,
        ...misfits(target, deployed.resources),
        ...(report ? describeWarnings(report, deployWording(report)) : []),
      ],
    }
    work.signal.throwIfAborted()
    await replaceFolder(out, async (folder) => {
      for (const [name, content] of Object.entries({
        ...files,
        'report.json': `${JSON.stringify(deployment, undefined, 2)}\n`,
      }))
        await replaceFile(join(folder, name), content)
    })
    return deployment
  })
}

/** The chips that a target is for: a network that fits on none of them runs in simulation alone. */
const chipsOf: Readonly<Record<DeployTarget, RegExp>> = { lava: /^Loihi/, speck: /^Speck/, xylo: /^Xylo/, nir: /^$/ }

/** What the table of accuracies does not show: that the chip cannot hold the network. */
function misfits(target: DeployTarget, { chips }: Resources): string[] {
  const own = chips.filter(({ chip }) => chipsOf[target].test(chip))
  return own.length === 0 || own.some(({ fits }) => fits)
    ? []
    : [
        `${own.map(({ chip }) => chip).join(' and ')} cannot hold this network: what was measured is a simulation. ${own[0]!.problems[0]!.fix}`,
      ]
}

/** What becomes of the files that this command writes. */
const chipFiles: Readonly<Record<string, string>> = {
  '.net': 'Simulate it with loadNetwork and readNet of @snn/deploy-lava',
  '.nir':
    'Read it with fromNir and readNir of @snn/nir, and write the network with toOnnx of @snn/snn-file: its .snn.onnx file is taken here',
}

function refuseChipFile(path: string): void {
  const fix = chipFiles[extname(path)]
  if (fix !== undefined)
    throw new SnnError(
      'ARGUMENT',
      `[deploy] ${path} is a network for chips already, expected a classifier in ONNX, a .snn.onnx file or a checkpoint. ${fix}.`,
      { name: 'FILE', value: path },
    )
}

/** Before long work: a folder that is there is replaced only where it is one that `snn deploy` has written. */
async function checkFolder(out: string): Promise<void> {
  const fail = (reason: string): never => {
    throw new SnnError(
      'OUTPUT',
      `[output] --out ${out || "''"} cannot be written: ${reason}. Give the name of a folder, new or one that snn deploy has written.`,
      { path: out, reason },
    )
  }
  if (basename(out) === '' || basename(out) === '.' || basename(out) === '..') fail('it is no name of a folder')
  const info = await stat(out).catch(() => undefined)
  if (info && !info.isDirectory()) fail('a file stands in the place of the folder')
  if (!info) return
  const names = await readdir(out)
  const written: readonly unknown[] = await readFile(join(out, 'report.json'), 'utf8').then(filesOf, () => [])
  const other = names.find((name) => !written.includes(name))
  if (other !== undefined) fail(`another folder is there, which holds ${other}`)
}

/** The files that a report names. */
function filesOf(report: string): readonly unknown[] {
  try {
    const { files } = JSON.parse(report) as { readonly files?: unknown }
    return Array.isArray(files) ? files : []
  } catch {
    return []
  }
}

/** Flags of one target with another would do nothing without a word. */
function checkFlags({ target, weightBits, percentile, approximate, tune, softReset }: DeployModelOptions): void {
  if (target === 'lava') return
  const given = Object.entries({
    '--weight-bits': weightBits,
    '--percentile': percentile,
    '--approximate': approximate,
    '--tune': tune,
    '--no-soft-reset': softReset === false ? softReset : undefined,
  }).find(([, value]) => value !== undefined)
  if (given)
    throw new SnnError(
      'ARGUMENT',
      `[deploy] ${given[0]} with --target ${target}, expected it only for lava. Leave it out.`,
      { name: given[0], value: given[1] },
    )
}

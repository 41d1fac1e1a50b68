import {
  convert,
  importOnnx,
  type Conversion,
  type ConversionReport,
  type ConvertOptions,
  type Target,
} from '@snn/ann2snn'
import { readSnn, type SnnMetadata } from '@snn/snn-file'
import { parsePreprocess, take, type ImageDataset, type Loader, type PreprocessSpec } from '@snn/datasets'
import { needsSequence, readoutOf, type Network } from '@snn/nn'
import { SnnError, type Backend, type Shape } from '@snn/tensor'
import { readClassifier, type ClassifierOptions } from '../classifier.js'
import { withDigests } from '../calibration-images.js'
import type { Work } from '../evaluate-model.js'
import { inputSettings, refuseForNumbers, type InputWish } from '../input-settings.js'
import { inputShape, isCheckpoint, isSpiking, modelDigest, readBytes, readModel } from '../model-file.js'
import { batchesFor, completeSpec, pictureShapes, withoutLabels } from '../preprocessing.js'
import { openTrained } from '../trained-network.js'

export interface SourceOptions extends ClassifierOptions, InputWish, Pick<ConvertOptions, 'weights' | 'mode'> {
  readonly target: Target
  readonly calibrate: ImageDataset
  readonly samples: number
  readonly steps: number | undefined
  readonly batch?: number | undefined
  /** Throws for layers that the target cannot have, whatever their weights: asked before a long calibration. */
  readonly check: (snn: Network) => Promise<unknown>
}

/** A spiking network that is to be deployed, however it came about. */
export interface SpikingSource {
  readonly snn: Network
  readonly T: number
  readonly input: Shape
  readonly preprocess: PreprocessSpec | undefined
  readonly because?: string
  readonly labelOffset: number
  readonly metadata: Pick<SnnMetadata, 'classNames' | 'calibration' | 'source'>
  /** Of a network that was converted here. */
  readonly report?: ConversionReport
  /**
   * Where the target resets to 0: the same classifier, converted for neurons that are reset by subtraction, which loses
   * nothing at a spike.
   */
  readonly withSoftReset?: () => Promise<Network>
  readonly notes: readonly string[]
  batches(dataset: ImageDataset, batch?: number): Loader
}

/** Reads a spiking network, or converts a plain classifier so that it keeps to what the target can do. */
export async function spikingSource(
  path: string,
  options: SourceOptions,
  backend: Backend,
  work: Work,
): Promise<SpikingSource> {
  const { calibrate, samples, batch } = options
  const dataset = take(calibrate, samples, { shuffle: true })
  refuseForNumbers(options.preprocess, dataset)
  const source =
    isCheckpoint(path) || isSpiking(await readModel(path, { batch: 'keep' }))
      ? await spiking(path, dataset, options)
      : await converted(path, dataset, options, backend, work)
  return {
    ...source,
    batches: (own, size) =>
      batchesFor(own, source.preprocess, source.input, { batch: size ?? batch, signal: work.signal }),
  }
}

type Unbatched = Omit<SpikingSource, 'batches'>

async function spiking(
  path: string,
  dataset: ImageDataset,
  { steps, preprocess, labelOffset, weights, mode, check }: SourceOptions,
): Promise<Unbatched> {
  for (const [name, value] of Object.entries({ '--weights': weights, '--mode': mode })) {
    if (value !== undefined)
      throw new SnnError(
        'ARGUMENT',
        `[deploy] ${name} for ${path}, which is a spiking network already, expected it only for a model that is to be converted. Leave it out.`,
        { name, value },
      )
  }
  const { snn, metadata } = isCheckpoint(path) ? await openTrained(path) : readSnn(await readBytes(path))
  const whole = needsSequence(snn)
  if (whole !== undefined)
    throw new SnnError(
      'NEEDS_SEQUENCE',
      `[deploy] '${whole}' looks at steps to come, which no chip can do, expected layers that go step by step. Train without it.`,
      { layer: whole },
    )
  await check(snn)
  const T = steps ?? metadata.T
  if (T === undefined)
    throw new SnnError('ARGUMENT', `[deploy] ${path} does not say for how many steps it is, expected --steps.`, {
      name: '--steps',
      value: undefined,
    })
  const input = inputShape(snn.inputs, path)
  const stored = metadata.preprocess === undefined ? undefined : parsePreprocess(metadata.preprocess)
  if (preprocess === 'auto')
    throw new SnnError('ARGUMENT', `[deploy] --preprocess auto for ${path}, which knows its own. Leave it out.`, {
      name: '--preprocess',
      value: preprocess,
    })
  const spec = completeSpec(preprocess ?? stored, dataset, input, await pictureShapes(dataset))
  return {
    snn: named(snn),
    T,
    input,
    preprocess: spec,
    labelOffset: labelOffset ?? metadata.labelOffset ?? 0,
    metadata,
    notes: [],
  }
}

async function converted(
  path: string,
  samples: ImageDataset,
  options: SourceOptions,
  backend: Backend,
  work: Work,
): Promise<Unbatched> {
  const {
    calibrate,
    target,
    steps = 32,
    mode,
    weights = mode === undefined || mode === 'sequential' ? 'calibrate' : 'keep',
    output,
    batch,
  } = options
  const { dataset, digests } = withDigests(samples)
  const classifier = await readClassifier({ path, dataset, preprocess: options.preprocess }, options, 'free')
  const { network, notes, classNames: ofModel } = importOnnx(classifier.graph, output === undefined ? {} : { output })
  const input = inputShape(network.inputs, path)
  const {
    preprocess,
    labelOffset,
    because,
    warnings,
    notes: changes,
    classNames: ofData,
  } = await inputSettings(classifier, dataset, options, work)
  const classNames = ofModel ?? ofData
  const batches = withoutLabels(batchesFor(dataset, preprocess, input, { batch, signal: work.signal }), dataset)
  const make = (own: ConvertOptions): Promise<Conversion> =>
    convert(network, batches, { target, T: steps, labelOffset, backend, signal: work.signal, ...own })
  // a long calibration is not begun for a network that the target cannot have: this has its layers, from two samples
  await options.check((await make({ mode: 'max', samples: 2, steps: [1] })).snn)
  const calibrated: ConvertOptions = {
    weights,
    ...(mode !== undefined && { mode }),
    steps: [steps],
    onProgress: work.onProgress,
  }
  const { snn, report } = await make(calibrated)
  return {
    snn: named(snn),
    T: steps,
    input,
    preprocess,
    labelOffset,
    metadata: { ...(classNames && { classNames }), calibration: await digests(), source: await modelDigest(path) },
    ...(because !== undefined && { because }),
    report: { ...report, warnings: [...warnings, ...report.warnings] },
    // the rules of speck are those of loihi but for the reset
    ...(target === 'loihi' && {
      withSoftReset: async () => named((await make({ ...calibrated, target: 'speck' })).snn),
    }),
    notes: [...(calibrate.notes ?? []), ...changes, ...notes, ...report.notes],
  }
}

/** The network with the read-out that it has without saying so. */
function named(snn: Network): Network {
  snn.metadata = { ...snn.metadata, readout: readoutOf(snn) }
  return snn
}

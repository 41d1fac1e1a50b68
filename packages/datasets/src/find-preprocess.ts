import { SnnError, sizeOf, type Shape, type TensorLike } from '@snn/tensor'
import { checkMembers } from '@snn/tensor/library'
import type { ImageDataset, ImageSample } from './dataset.js'
import { fitPicture, type FitSpec } from './fit-picture.js'
import { parsePreprocess, preprocess, type PreprocessSpec } from './preprocess.js'
import { preprocessPresets, type PreprocessPreset } from './preprocess-presets.js'
import { take } from './take.js'

/** What a preprocessing, with an offset of the labels, gave. */
export interface PreprocessTrial {
  /** What differs from others, in words: `imagenet`, `tf, bgr`. */
  readonly name: string
  readonly spec: PreprocessSpec
  /** What is added to a label of the data to give the index of its class. */
  readonly labelOffset: number
  readonly samples: number
  /** Share of right classes. */
  readonly accuracy: number
}

/** Options of `findPreprocess`. */
export interface FindPreprocessOptions {
  /** Shape of one sample of the network's input: it says how many channels there are, and where. */
  readonly input: Shape
  /** The class of each sample, of at most 16 at once. */
  readonly predict: (samples: readonly TensorLike[]) => Promise<ArrayLike<number>>
  /** What trials have in common: size, resizing, layout. */
  readonly common?: PreprocessSpec
  /** Tried before the presets, by name: what metadata say, for one. */
  readonly others?: Readonly<Record<string, PreprocessSpec>>
  /**
   * Pictures, drawn at random (seed 0). Default 100; trials that are hard to tell apart get four times as many, of
   * small pictures twice.
   */
  readonly samples?: number
  /** Whether trials that are hard to tell apart are tried on more pictures. Default true. */
  readonly again?: boolean
  /** Offsets of labels. Default 0, -1 and 1. */
  readonly labelOffsets?: readonly number[]
  /** How many classes the network tells apart: offsets with which some label is none of them come last. */
  readonly classes?: number | undefined
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Is told how far the work is. */
  readonly onProgress?:
    | ((progress: { readonly stage: string; readonly done: number; readonly total: number }) => void)
    | undefined
}

/** The preprocessings that are tried for pictures in so many channels, by what distinguishes them. */
export function preprocessCandidates(
  channels: number,
  isFlat = false,
): readonly (readonly [name: string, spec: PreprocessSpec])[] {
  const names = Object.keys(preprocessPresets) as PreprocessPreset[]
  const spec = (preset: PreprocessPreset, order?: 'rgb' | 'bgr'): PreprocessSpec =>
    parsePreprocess(order ? { preset, channels: order } : preset)
  if (channels !== 3) {
    return names.flatMap((name) => {
      const of = spec(name)
      return of.channels === undefined
        ? [[name, channels === 1 ? { ...of, channels: 'gray' as const } : of] as const]
        : []
    })
  }
  const colour = names.filter((name) => name !== 'mnist' && name !== 'fashion-mnist' && name !== 'inverted')
  const orders = colour.flatMap((name) => {
    const own = spec(name).channels === 'bgr' ? 'bgr' : 'rgb'
    const other = own === 'rgb' ? 'bgr' : 'rgb'
    return [
      [name, spec(name, own)],
      [`${name.replace(/-bgr$/, '')}, ${other}`, spec(name, other)],
    ] as const
  })
  // a flat input does not say whether colours or places come first
  return isFlat
    ? orders.flatMap(([name, of]) => [
        [name, { ...of, layout: 'flat' as const }] as const,
        [`${name}, places first`, { ...of, layout: 'flat-nhwc' as const }] as const,
      ])
    : orders
}

/**
 * Tries usual preprocessings on labelled pictures, best first. `predict` is the network: ONNX Runtime, say, or a
 * `Network`. Trials of equal accuracy stay in the order of presets.
 *
 * Throws `ARGUMENT` for a data set without labels.
 */
export async function findPreprocess(
  dataset: ImageDataset,
  options: FindPreprocessOptions,
): Promise<readonly PreprocessTrial[]> {
  checkMembers('findPreprocess', dataset, 'dataset', ['length', 'get()'], 'a data set such as await openDataset(..)')
  checkMembers('findPreprocess', options, 'options', ['input', 'predict()'], '{ input, predict, .. }')
  const {
    input,
    predict,
    common: { resize, size, interpolation, ...common } = {},
    others = {},
    samples = 100,
    again = true,
    labelOffsets = [0, -1, 1],
    classes,
    signal,
    onProgress,
  } = options
  if (dataset.labelled === false)
    throw new SnnError(
      'ARGUMENT',
      `[findPreprocess] ${dataset.description}, without labels, expected labelled pictures: the right preprocessing is that of the right classes. Give labels, or say how to preprocess.`,
      { name: 'data', value: dataset.description },
    )
  const channels = channelsOf(input, dataset)
  const isFlat = input.filter((n) => n !== 1).length <= 1
  const candidates =
    dataset.dtype === 'float32'
      ? [['as they are', undefined] as const]
      : [...Object.entries(others), ...preprocessCandidates(channels, isFlat)]
  const specs = new Map<string, PreprocessSpec | undefined>(candidates)
  const fit = {
    ...(resize !== undefined && { resize }),
    ...(size && { size }),
    ...(interpolation && { interpolation }),
  }
  const pictures = await fitted(take(dataset, samples, { shuffle: true }), fit, signal)
  let done = 0
  const run = async (
    name: string,
    spec: PreprocessSpec | undefined,
    seen: readonly ImageSample[],
  ): Promise<PreprocessTrial[]> => {
    const prepare = spec && preprocess({ ...common, ...spec })
    const predicted: number[] = []
    for (let from = 0; from < seen.length; from += atOnce) {
      signal?.throwIfAborted()
      const batch = seen.slice(from, from + atOnce).map((sample) => (prepare ? prepare(sample)[0] : sample.image))
      predicted.push(...Array.from(await predict(batch)))
    }
    onProgress?.({ stage: 'try', done: ++done, total: Math.max(done, candidates.length) })
    return labelOffsets.map((labelOffset) => {
      const right = seen.reduce((sum, { label }, i) => sum + (label + labelOffset === predicted[i] ? 1 : 0), 0)
      return {
        name,
        spec: { ...fit, ...common, ...spec },
        labelOffset,
        samples: seen.length,
        accuracy: right / seen.length,
      }
    })
  }
  const labels = pictures.map(({ label }) => label)
  const fits = new Map(
    labelOffsets.map((offset) => [
      offset,
      classes === undefined || labels.every((label) => label + offset >= 0 && label + offset < classes),
    ]),
  )
  const best = (trials: readonly PreprocessTrial[]): PreprocessTrial[] =>
    [...trials].sort(
      (one, other) =>
        Number(fits.get(other.labelOffset)) - Number(fits.get(one.labelOffset)) || other.accuracy - one.accuracy,
    )
  const first: PreprocessTrial[] = []
  for (const [name, spec] of candidates) first.push(...(await run(name, spec, pictures)))
  let trials = best(first)
  for (let count = 4 * samples; ; count *= 4) {
    const rivals = trials.filter((trial) => isClose(trial, trials[0]!))
    const enough = count > 4 * samples && count * sizeOf(input) > manyNumbers
    if (!again || rivals.length < 2 || enough || trials[0]!.samples === dataset.length || dataset.dtype === 'float32')
      return trials
    const more = await fitted(take(dataset, count, { shuffle: true }), fit, signal)
    const second: PreprocessTrial[] = []
    // as the candidates have them: the pictures have their size already
    for (const { name, labelOffset } of rivals)
      second.push((await run(name, specs.get(name), more)).find((trial) => trial.labelOffset === labelOffset)!)
    trials = [...best(second), ...trials.slice(rivals.length)]
  }
}

/** Numbers in the inputs of a trial that a third look may cost: 1600 pictures of 32 x 32 with three colours. */
const manyNumbers = 2 ** 23

/** Samples that `predict` gets at once. */
const atOnce = 16

/** The samples, with pictures of the size of the network: photographs as they are would fill the memory. */
async function fitted(dataset: ImageDataset, fit: FitSpec, signal: AbortSignal | undefined): Promise<ImageSample[]> {
  const apply = dataset.dtype === 'uint8' ? fitPicture(fit) : undefined
  const samples: ImageSample[] = []
  for (let i = 0; i < dataset.length; i++) {
    signal?.throwIfAborted()
    const { image, label } = await dataset.get(i)
    samples.push({ image: apply ? apply(image) : image, label })
  }
  return samples
}

/** Channels of the network's input: its axis of 1 or 3; of a flat one those of the pictures. */
function channelsOf(input: Shape, { shape }: ImageDataset): number {
  if (input.length === 3) return input[0] === 1 || input[0] === 3 ? input[0] : input[2]!
  return shape?.[0] ?? 1
}

/**
 * Whether a trial is as good as the best but for chance: within two standard deviations of a share of so many samples.
 */
function isClose(trial: PreprocessTrial, best: PreprocessTrial): boolean {
  const { accuracy, samples } = best
  return best.accuracy - trial.accuracy <= 2 * Math.sqrt((accuracy * (1 - accuracy)) / samples) + 1.5 / samples
}

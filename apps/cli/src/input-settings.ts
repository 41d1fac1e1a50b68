import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { inputRange, type ClassOutput, type ConversionWarning } from '@snn/ann2snn'
import {
  findPreprocess,
  metadataPreprocess,
  publishedPreprocess,
  type FindPreprocessOptions,
  type ImageDataset,
  type PreprocessSpec,
  type PreprocessTrial,
} from '@snn/datasets'
import type { OnnxGraph } from '@snn/onnx'
import { SnnError, type Shape, type TensorLike } from '@snn/tensor'
import { openAnn } from './ann.js'
import type { Work } from './evaluate-model.js'
import { changesOf, completeSpec, pictureShapes, shaped } from './preprocessing.js'
import { percent } from './table.js'

/** What a user says about how data become inputs and labels classes. */
export interface InputWish {
  readonly preprocess?: PreprocessSpec | 'auto' | undefined
  readonly labelOffset?: number | undefined
}

/** How they do. */
export interface InputSettings {
  /** Undefined for data that need no preprocessing. */
  readonly preprocess: PreprocessSpec | undefined
  readonly labelOffset: number
  /** Where the preprocessing comes from, where the user has not said it. */
  readonly because?: string
  /** Names of the network's classes, where the data have them. */
  readonly classNames?: readonly string[]
  /**
   * Where another preprocessing than the one assumed is clearly right, and where the data's classes are not the
   * network's.
   */
  readonly warnings: readonly (ConversionWarning & { readonly message: string })[]
  /** What is done to the pictures though nobody has said so. */
  readonly notes: readonly string[]
}

/** A plain ONNX classifier. */
export interface Classifier {
  readonly path: string
  readonly graph: OnnxGraph
  readonly output: ClassOutput
  /** Shape of one sample. */
  readonly input: Shape
}

/**
 * Throws `ARGUMENT` for a preprocessing of numbers that are ready for the network: it would do nothing without a word.
 */
export function refuseForNumbers(preprocess: InputWish['preprocess'], { dtype, description }: ImageDataset): void {
  if (preprocess === undefined || preprocess === 'auto' || dtype === 'uint8') return
  throw new SnnError(
    'ARGUMENT',
    `[snn] --preprocess for ${description}, which are numbers that are ready for the network, expected it only for pixels (uint8). Leave it out, or give pixels.`,
    { name: '--preprocess', value: preprocess },
  )
}

/**
 * What the user says; else what the model's metadata, a file beside it, or its input tell; with `auto` what is found on
 * labelled pictures.
 */
export async function inputSettings(
  model: Classifier,
  dataset: ImageDataset,
  wish: InputWish,
  work: Work,
): Promise<InputSettings> {
  const { preprocess, labelOffset } = wish
  const shapes = dataset.dtype === 'uint8' ? await pictureShapes(dataset) : []
  if (preprocess === 'auto') {
    if (dataset.labelled === false)
      throw new SnnError(
        'ARGUMENT',
        `[snn] --preprocess auto for ${dataset.description}, without labels, expected labelled pictures: the usual preprocessings are tried on them. Give labels, or say how pixels become inputs: SPEC in --help.`,
        { name: '--preprocess', value: preprocess },
      )
    const trials = await tryPreprocessing(model, dataset, labelOffset, work)
    const [best] = trials
    if (!isClear(trials)) {
      throw new SnnError(
        'ARGUMENT',
        `[snn] --preprocess auto on ${best!.samples} labelled pictures, of which the best of those tried gets ${percent(best!.accuracy, 1)} right: that is not clearly more than guessing. Give more pictures of the network's classes, check their labels, or say how they are prepared.`,
        { name: '--preprocess', value: preprocess },
      )
    }
    const spec = dataset.dtype === 'uint8' ? best!.spec : undefined
    const equals = equalsOf(trials)
    const ofClasses = classesOf(classCount(model), dataset, best!.labelOffset)
    const because = `${best!.name}, the best of those tried: ${best!.samples} samples, ${percent(best!.accuracy, 1)} right${equals.length > 0 ? `, as with ${equals.join(', ')}` : ''}`
    return {
      preprocess: spec,
      labelOffset: best!.labelOffset,
      because,
      ...ofClasses,
      notes: [...changesOf(shapes, spec), ...ofClasses.notes],
    }
  }
  const told = preprocess ? undefined : await toldPreprocess(model)
  const spec = completeSpec(preprocess ?? told?.spec, dataset, model.input, shapes)
  const isAssumed = spec !== undefined && preprocess === undefined && told === undefined
  const { classNames, warnings, notes } = classesOf(classCount(model), dataset, labelOffset)
  const doubted = isAssumed && dataset.labelled !== false ? await doubts(model, dataset, labelOffset, work) : []
  return {
    preprocess: spec,
    labelOffset: labelOffset ?? 0,
    ...(spec && preprocess === undefined && { because: told?.because ?? assumed }),
    ...(classNames && { classNames }),
    warnings: [...warnings, ...doubted],
    notes: [...changesOf(shapes, spec, preprocess), ...notes],
  }
}

/** How many classes a classifier tells apart; undefined where its file does not say. */
function classCount({ graph, output }: Classifier): number | undefined {
  const outputs =
    graph.values
      .get(output.scores)
      ?.shape?.slice(1)
      .reduce<number>((count, dim) => count * (typeof dim === 'number' ? dim : NaN), 1) ?? NaN
  return Number.isNaN(outputs) ? undefined : Math.max(2, outputs)
}

/**
 * The data's names of classes; where folders are numbered that are not as many as the network tells apart, beside a
 * class 0 for the rest, a warning in their place; how folders are numbered where their names are no numbers.
 */
export function classesOf(
  outputs: number | undefined,
  { classes, numberedByName }: ImageDataset,
  labelOffset = 0,
): Pick<InputSettings, 'classNames' | 'warnings' | 'notes'> {
  if (!classes) return { warnings: [], notes: [] }
  if (!numberedByName) return { classNames: classes, warnings: [], notes: [] }
  const numbers = classes.slice(0, 4).map((name, i) => `${name} = ${i}`)
  const notes = classes.every((name, i) => name === String(i))
    ? []
    : [
        `the folders are classes in the order of their names: ${numbers.join(', ')}${classes.length > 4 ? ' ..' : ''}. Where the network has another order, a labels.json says the index of each picture.`,
      ]
  if (outputs === undefined || outputs === classes.length + Math.max(0, labelOffset))
    return { classNames: classes, warnings: [], notes }
  const message = `The data have folders for ${classes.length} classes, numbered in the order of their names, and the network tells ${outputs} apart: labels are wrong where a class has no folder. Give folders for all, or a labels.json that says the index of each picture.`
  return { warnings: [{ code: 'labels', samples: 0, message }], notes }
}

/** Names of those that got as many pictures right as the best: these do not tell them apart. */
export function equalsOf([best, ...others]: readonly PreprocessTrial[]): readonly string[] {
  return others
    .filter(({ accuracy, samples }) => accuracy === best!.accuracy && samples === best!.samples)
    .map(
      ({ name, labelOffset }) => `${name}${labelOffset === best!.labelOffset ? '' : ` (label offset ${labelOffset})`}`,
    )
}

/**
 * Whether the best of those tried is better than guessing, which is the best that the same pictures with labels moved
 * by one give: by three standard errors, and by a fifth of what guessing leaves.
 */
export function isClear([best, ...others]: readonly PreprocessTrial[]): boolean {
  const moved = others.filter(({ labelOffset }) => labelOffset !== best!.labelOffset)
  if (moved.length === 0) return true
  const guess = Math.max(...moved.map(({ accuracy }) => accuracy))
  const { accuracy, samples } = best!
  return (
    accuracy - guess > 0.2 * (1 - guess) &&
    accuracy - guess > 3 * Math.sqrt(((guess + 1 / samples) * (1 - guess)) / samples)
  )
}

/** Labelled pictures that an assumption is checked on. */
const checkedSamples = 48

/**
 * Says so where another of the usual preprocessings gets far more pictures right than pixels of 0..1, which are
 * assumed: by three standard errors, and 10 points.
 */
async function doubts(
  model: Classifier,
  dataset: ImageDataset,
  labelOffset: number | undefined,
  work: Work,
): Promise<InputSettings['warnings']> {
  const trials = await tryPreprocessing(model, dataset, labelOffset, work, { samples: checkedSamples, again: false })
  const [best] = trials
  const own = trials.find((trial) => trial.name === '0-1' && trial.labelOffset === (labelOffset ?? 0))
  if (
    !own ||
    best!.accuracy - own.accuracy < Math.max(0.1, 3 * Math.sqrt((own.accuracy * (1 - own.accuracy)) / own.samples))
  )
    return []
  const offset = best!.labelOffset === own.labelOffset ? '' : ` with ${best!.labelOffset} added to the labels`
  const message = `Of ${own.samples} labelled pictures the network gets ${percent(own.accuracy, 1)} right with the preprocessing that was assumed, ${percent(best!.accuracy, 1)} with ${best!.name}${offset}. Give --preprocess auto, which takes the best.`
  return [{ code: 'preprocess', samples: own.samples, message }]
}

/** Said of the preprocessing that nobody has said and nothing tells. */
const assumed =
  'assumed, for nothing says otherwise; snn inspect MODEL --data DATA shows others, --preprocess auto takes the best'

/** Every preprocessing that is tried, best first, in ONNX Runtime. */
export async function tryPreprocessing(
  model: Classifier,
  dataset: ImageDataset,
  labelOffset: number | undefined,
  { signal, onProgress }: Work,
  how: Pick<FindPreprocessOptions, 'samples' | 'again'> = {},
): Promise<readonly PreprocessTrial[]> {
  const { path, input, output } = model
  const told = await toldPreprocess(model)
  await using ann = await openAnn(path, output)
  const { scale: _, ...common } = completeSpec(undefined, dataset, input, await pictureShapes(dataset)) ?? {}
  return await findPreprocess(dataset, {
    input,
    common,
    others: told ? { [told.because]: told.spec } : {},
    ...how,
    ...(labelOffset === undefined ? {} : { labelOffsets: [labelOffset] }),
    classes: classCount(model),
    signal,
    onProgress,
    async predict(pictures) {
      const classes: number[] = []
      for (let from = 0; from < pictures.length; from += ann.batch ?? pictures.length) {
        classes.push(
          ...Array.from(await ann.classes(stacked(pictures.slice(from, from + (ann.batch ?? pictures.length)), input))),
        )
      }
      return classes
    },
  })
}

function stacked(samples: readonly TensorLike[], input: Shape): TensorLike {
  const rows = samples.map((sample) => shaped(sample, input).data as Float32Array)
  const data = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
  rows.reduce((at, row) => (data.set(row, at), at + row.length), 0)
  return { data, shape: [samples.length, ...input] }
}

interface Told {
  readonly spec: PreprocessSpec
  readonly because: string
}

/** What is known of a model's preprocessing without data. */
async function toldPreprocess({ path, graph }: Classifier): Promise<Told | undefined> {
  const stated = metadataPreprocess(graph.metadata)
  if (stated) return { spec: stated, because: 'the metadata of the model' }
  const published = await publishedBeside(path)
  if (published) return published
  const range = inputRange(graph)
  if (!range) return undefined
  const { low, high, because } = range
  // as it is written for the usual ranges
  const scale = high - low === 255 ? 1 : high - low === 2 ? 1 / 127.5 : 1 / 255
  return { spec: { scale, ...(low !== 0 && { mean: -low }) }, because }
}

/** A file of the model's publisher, beside it or in the folder above, as repositories with a folder `onnx` have it. */
async function publishedBeside(path: string): Promise<Told | undefined> {
  const folder = dirname(resolve(path))
  for (const name of ['preprocessor_config.json', 'config.json']) {
    for (const place of basename(folder) === 'onnx' ? [folder, dirname(folder)] : [folder]) {
      const text = await readFile(join(place, name), 'utf8').catch(() => undefined)
      if (text === undefined) continue
      const spec = publishedPreprocess(parsed(text, join(place, name)))
      if (spec) return { spec, because: join(place, name) }
    }
  }
  return undefined
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SnnError(
      'ARGUMENT',
      `[snn] ${file} is no JSON (${(cause as Error).message}), expected how pictures are prepared. Mend it, or say it with --preprocess.`,
      { name: file, value: text.slice(0, 80) },
      { cause },
    )
  }
}

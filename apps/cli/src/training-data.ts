import {
  preprocess,
  splitByClass,
  subset,
  take,
  loader,
  toFrames,
  type Dataset,
  type ImageDataset,
  type Loader,
  type PreprocessSpec,
  type Transform,
} from '@snn/datasets'
import { cifar10, fashionMnist, openDataset, openEventSet, setCatalogue, type EventDataset } from '@snn/datasets/node'
import { repeat, sameShape, SnnError, type Shape, type Tensor } from '@snn/tensor'
import { timeFirst } from '@snn/train'
import { completeSpec, pictureShapes } from './preprocessing.js'

/** Labelled data in batches, and how they enter a network. */
export interface TrainingSets {
  readonly train: Loader
  readonly test: Loader
  /** Of one sample at one step. */
  readonly shape: Shape
  readonly classes: number
  readonly classNames?: readonly string[]
  readonly description: string
  /** How pictures become inputs. */
  readonly preprocess?: PreprocessSpec
  /** What `encode` does. */
  readonly encoding: 'constant' | 'sequence'
  /** [N, ..] -> [T, N, ..] */
  readonly encode: (x: Tensor) => Tensor
}

export interface TrainingDataOptions {
  /** The folder of the data set; with `test`, DATA to train on. */
  readonly data: string
  /** DATA to measure on; of pictures only. */
  readonly test?: string
  readonly T: number
  readonly batch: number
  readonly seed: number
  /** The first so many samples, drawn at random, of each part. */
  readonly samples?: number
  readonly testSamples?: number
  readonly signal: AbortSignal
}

type Split = 'train' | 'test'

/** Sets of pictures: how their parts are opened, and their pixels. */
const pictureSets: Readonly<
  Record<
    string,
    { open(root: string, split: Split, signal: AbortSignal): Promise<ImageDataset>; readonly spec: PreprocessSpec }
  >
> = {
  mnist: { open: (root, split, signal) => openDataset(`${root}:${split}`, { signal }), spec: {} },
  fashionMnist: { open: (root, split, signal) => fashionMnist({ root, split, signal }), spec: {} },
  cifar10: {
    open: (root, split, signal) => cifar10({ root, split, signal }),
    spec: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  },
}

/** Names that `snn train` takes. */
export const trainingSetNames: readonly string[] = [...Object.keys(pictureSets), ...Object.keys(setCatalogue)]

/** Opens both parts of a set. Throws `ARGUMENT` for an unknown name, `DATA_NOT_FOUND` where the files are not there. */
export function openTrainingSets(name: string, options: TrainingDataOptions): Promise<TrainingSets> {
  if (Object.hasOwn(pictureSets, name)) return openPictures(name, options)
  if (Object.hasOwn(setCatalogue, name)) return openRecordings(name, options)
  throw new SnnError(
    'ARGUMENT',
    `[train] data set ${JSON.stringify(name)}, expected one of ${trainingSetNames.join(', ')}.`,
    { name: 'DATASET', value: name },
  )
}

async function openPictures(name: string, options: TrainingDataOptions): Promise<TrainingSets> {
  const { data, test, T, signal } = options
  const { open, spec } = pictureSets[name]!
  const [, folder] = (test === undefined && /^(.+):(?:train|test)$/.exec(data)) || []
  if (folder !== undefined)
    throw new SnnError(
      'ARGUMENT',
      `[train] --data ${data} is one part of a set, expected its folder: it is trained on one part and measured on the other. Give --data ${folder}, or --test DATA, too.`,
      { name: '--data', value: data },
    )
  const parts =
    test === undefined
      ? [await open(data, 'train', signal), await open(data, 'test', signal)]
      : [await openDataset(data, { signal }), await openDataset(test, { signal })]
  const [trainSet, testSet] = parts as [ImageDataset, ImageDataset]
  const [shape, ...others] = [...(await pictureShapes(trainSet)), ...(await pictureShapes(testSet))]
  if (!shape || others.some((other) => !sameShape(other, shape)))
    throw new SnnError(
      'ARGUMENT',
      `[train] pictures of different sizes in ${trainSet.description}, or in ${testSet.description}, expected one size in both. Resize them.`,
      { name: '--data', value: data },
    )
  const whole = completeSpec(spec, trainSet, shape, [shape])
  const transform = preprocess(spec)
  return {
    ...batches(trainSet, testSet, transform, options),
    shape,
    classes: trainSet.classes?.length ?? 10,
    ...(trainSet.classes && { classNames: trainSet.classes }),
    ...(whole && { preprocess: whole }),
    encoding: 'constant',
    encode: (x) => repeat(x, T),
  }
}

async function openRecordings(name: string, options: TrainingDataOptions): Promise<TrainingSets> {
  const { data, T, signal } = options
  const info = setCatalogue[name as keyof typeof setCatalogue]
  if (options.test !== undefined)
    throw new SnnError('ARGUMENT', `[train] --test with ${info.title}, expected it for pictures alone. Leave it out.`, {
      name: '--test',
      value: options.test,
    })
  const splits = Object.keys(info.splits)
  const open = (split: string): Promise<EventDataset> => openEventSet(name, { root: data, split, signal })
  const testSplit = ['test', 'val', 'valid'].find((split) => splits.includes(split))
  const first = await open(splits[0]!)
  // sets without parts: the first 9 of 10 recordings of every class
  const [trainSet, testSet] =
    testSplit === undefined
      ? splitByClass(first.labels, 0.9).map((indices) => subset(first, indices))
      : [first, await open(testSplit)]
  const frames = toFrames({ by: 'number', n: T })
  const { width, height, polarities } = first.sensor
  const shape = height === 1 && polarities === 1 ? [width] : [polarities, height, width]
  return {
    ...batches(trainSet!, testSet!, ({ events, label }) => [frames(events), label], options),
    shape,
    classes: first.classes.length,
    classNames: first.classes,
    encoding: 'sequence',
    encode: timeFirst,
  }
}

function batches<S>(
  trainSet: Dataset<S>,
  testSet: Dataset<S>,
  transform: Transform<S>,
  { batch, seed, samples = Infinity, testSamples = Infinity, signal }: TrainingDataOptions,
): Pick<TrainingSets, 'train' | 'test' | 'description'> {
  const part = (dataset: Dataset<S>, count: number): Dataset<S> =>
    count < dataset.length ? take(dataset, count, { shuffle: true, seed }) : dataset
  const [train, test] = [part(trainSet, samples), part(testSet, testSamples)]
  const options = { batch, seed, signal, transform, prefetch: 2 }
  return {
    train: loader(train, { ...options, shuffle: true }),
    test: loader(test, options),
    description: `${train.description}; ${test.description}`,
  }
}

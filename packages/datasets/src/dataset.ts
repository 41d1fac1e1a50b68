import { SnnError, type Shape, type TensorLike } from '@snn/tensor'
import { checkArray, checkMembers } from '@snn/tensor/library'

/** A finite collection of samples that are read by index, each only when asked for. */
export interface Dataset<S> {
  readonly length: number
  /** What the data are, in one line without folders: equal for equal files on every machine. */
  readonly description: string
  /**
   * The sample at `index`, 0 to length - 1. `draw` chooses among the outcomes where samples are changed at random; a
   * loader gives another in each pass. Throws `ARGUMENT` for another index and `DATA_INVALID` for a damaged file.
   */
  get(index: number, draw?: number): Promise<S>
}

/** A picture and its class. Pixels are uint8 of shape [C, H, W], colours in the order red, green, blue. */
export interface ImageSample {
  readonly image: TensorLike
  /** Index of the class, from 0. */
  readonly label: number
}

/** Pictures with class labels. */
export interface ImageDataset extends Dataset<ImageSample> {
  /** `uint8`: pixels, 0 to 255, [C, H, W]. `float32`: numbers that are already what the network takes, in any shape. */
  readonly dtype: 'uint8' | 'float32'
  /** The shape of every image; absent where pictures may differ in size. */
  readonly shape?: Shape
  /** `false` where samples have no classes: their labels are -1. */
  readonly labelled?: false
  /** Names of the classes by label, where the source has them. */
  readonly classes?: readonly string[]
  /**
   * Whether labels number the names of folders that are there, in their order: where a class has no folder, those
   * behind it have another number.
   */
  readonly numberedByName?: true
  /** What a user should know of how the source was read, as files that were left out. */
  readonly notes?: readonly string[]
}

/** Throws `ARGUMENT` unless `index` is one of a data set of this length. */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return
  throw new SnnError(
    'ARGUMENT',
    `[dataset] sample ${index} of ${length}, expected a whole number from 0 to ${length - 1}.`,
    { name: 'index', value: index },
  )
}

/** A data set that knows the classes of its samples without reading them. */
export interface LabelledDataset<S> extends Dataset<S> {
  /** The class of each sample. */
  readonly labels: readonly number[]
  /** The name of each sample. */
  readonly names?: readonly string[]
}

/** The samples at `indices`, in that order; nothing is read or copied. */
export function subset(dataset: ImageDataset, indices: readonly number[], description?: string): ImageDataset
export function subset<D extends LabelledDataset<unknown>>(
  dataset: D,
  indices: readonly number[],
  description?: string,
): D
export function subset<S>(dataset: Dataset<S>, indices: readonly number[], description?: string): Dataset<S>
export function subset<S>(
  dataset: Dataset<S> & Partial<LabelledDataset<S>>,
  indices: readonly number[],
  description?: string,
): Dataset<S> {
  checkMembers('subset', dataset, 'dataset', ['length', 'get()'], 'a data set such as await openDataset(..)')
  checkArray('subset', indices, 'indices')
  for (const index of indices) checkIndex(index, dataset.length)
  const { labels, names } = dataset
  return {
    ...dataset, // dtype, shape and classes of pictures; sensor and unit of time of events
    ...(labels && { labels: indices.map((index) => labels[index]!) }),
    ...(names && { names: indices.map((index) => names[index]!) }),
    length: indices.length,
    description: description ?? `${indices.length} samples of ${dataset.description}`,
    async get(index, draw) {
      checkIndex(index, indices.length)
      return dataset.get(indices[index]!, draw)
    },
  }
}

/** Data sets one after another. Their dtype must be equal; shape and classes are kept where all agree. */
export function concatenate(datasets: readonly ImageDataset[], description: string): ImageDataset {
  checkArray('concatenate', datasets, 'datasets')
  for (const dataset of datasets)
    checkMembers(
      'concatenate',
      dataset,
      'one of the data sets',
      ['length', 'get()'],
      'a data set such as await openDataset(..)',
    )
  const first = datasets[0]
  if (!first || datasets.some((dataset) => dataset.dtype !== first.dtype)) {
    const dtypes = datasets.map((dataset) => dataset.dtype)
    throw new SnnError(
      'DTYPE',
      `[concatenate] data sets of [${dtypes.join(', ')}], expected at least one, all of one dtype.`,
      { dtypes },
    )
  }
  const same = (value: (dataset: ImageDataset) => unknown): boolean =>
    datasets.every((dataset) => JSON.stringify(value(dataset)) === JSON.stringify(value(first)))
  const length = datasets.reduce((sum, dataset) => sum + dataset.length, 0)
  return {
    length,
    description,
    dtype: first.dtype,
    ...(first.shape && same((d) => d.shape) ? { shape: first.shape } : {}),
    ...(first.classes && same((d) => d.classes) ? { classes: first.classes } : {}),
    async get(index, draw) {
      checkIndex(index, length)
      for (const dataset of datasets) {
        if (index < dataset.length) return dataset.get(index, draw)
        index -= dataset.length
      }
      throw new Error('unreachable')
    },
  }
}

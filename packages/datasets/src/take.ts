import { checkMembers, checkObject, SnnError } from '@snn/tensor'
import { subset, type Dataset, type ImageDataset, type LabelledDataset } from './dataset.js'
import { permutation } from './random.js'

export interface TakeOptions {
  /** Draw the samples at random, as data sorted by class need it. Default false: the first ones. */
  readonly shuffle?: boolean
  /** Default 0. */
  readonly seed?: number
}

/** `count` samples of a data set, or all when it has fewer. */
export function take(dataset: ImageDataset, count: number, options?: TakeOptions): ImageDataset
export function take<D extends LabelledDataset<unknown>>(dataset: D, count: number, options?: TakeOptions): D
export function take<S>(dataset: Dataset<S>, count: number, options?: TakeOptions): Dataset<S>
export function take<S>(dataset: Dataset<S>, count: number, options: TakeOptions = {}): Dataset<S> {
  checkMembers('take', dataset, 'dataset', ['length', 'get()'], 'a data set such as await openDataset(..)')
  checkObject('take', options)
  if (!Number.isInteger(count) || count < 0) {
    throw new SnnError('ARGUMENT', `[take] count ${count}, expected a whole number of at least 0.`, { name: 'count', value: count })
  }
  const { shuffle = false, seed = 0 } = options
  if (count >= dataset.length) return dataset
  const indices = shuffle ? permutation(dataset.length, seed).slice(0, count) : Array.from({ length: count }, (_, i) => i)
  return subset(dataset, indices, `${shuffle ? `random ${count} (seed ${seed})` : `first ${count}`} of ${dataset.description}`)
}

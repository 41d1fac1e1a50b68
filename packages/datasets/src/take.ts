import { SnnError } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { subset, type Dataset, type ImageDataset, type LabelledDataset } from './dataset.js'
import { permutation } from './random.js'

export interface TakeOptions {
  /**
   * Draw the samples at random, as data sorted by class need it; all of them come in another order. Default false: the
   * first ones.
   */
  readonly shuffle?: boolean
  /** Default 0. */
  readonly seed?: number
  /** Leave out so many first, in the order drawn: those that a call with this `count` takes. Default 0. */
  readonly skip?: number
}

/** `count` samples of a data set, or all that there are behind `skip`. */
export function take(dataset: ImageDataset, count: number, options?: TakeOptions): ImageDataset
export function take<D extends LabelledDataset<unknown>>(dataset: D, count: number, options?: TakeOptions): D
export function take<S>(dataset: Dataset<S>, count: number, options?: TakeOptions): Dataset<S>
export function take<S>(dataset: Dataset<S>, count: number, options: TakeOptions = {}): Dataset<S> {
  checkMembers('take', dataset, 'dataset', ['length', 'get()'], 'a data set such as await openDataset(..)')
  checkObject('take', options)
  const { shuffle = false, seed = 0, skip = 0 } = options
  for (const [name, value] of Object.entries({ count, skip })) {
    if (!Number.isInteger(value) || value < 0)
      throw new SnnError('ARGUMENT', `[take] ${name} ${value}, expected a whole number of at least 0.`, { name, value })
  }
  const isAll = skip === 0 && count >= dataset.length
  if (isAll && !shuffle) return dataset
  const indices = shuffle ? permutation(dataset.length, seed) : Array.from({ length: dataset.length }, (_, i) => i)
  const what =
    skip === 0
      ? shuffle
        ? `random ${count}`
        : `first ${count}`
      : `${shuffle ? 'random ' : ''}samples ${skip} to ${Math.min(skip + count, dataset.length) - 1}`
  return subset(
    dataset,
    indices.slice(skip, skip + count),
    isAll ? dataset.description : `${what}${shuffle ? ` (seed ${seed})` : ''} of ${dataset.description}`,
  )
}

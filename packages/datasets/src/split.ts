import { SnnError } from '@snn/tensor'
import { checkArray, checkOptions } from '@snn/tensor/library'
import { permutation } from './random.js'

export interface SplitOptions {
  /** Choose the samples of each class by chance instead of the first ones. Default false. */
  readonly shuffle?: boolean
  /** Default 0. */
  readonly seed?: number
}

/**
 * Indices of two parts with the same share of every class: per class the first ceil(n ratio) samples, and the rest. For
 * `subset`:
 *
 *   const [train, test] = splitByClass(all.labels, 0.9).map((indices) => subset(all, indices))
 */
export function splitByClass(
  labels: readonly number[],
  ratio: number,
  options: SplitOptions = {},
): readonly [number[], number[]] {
  checkArray('splitByClass', labels, 'labels', 'the classes of all samples')
  checkOptions('splitByClass', options, ['shuffle', 'seed'])
  const { shuffle = false, seed = 0 } = options
  if (!(ratio >= 0 && ratio <= 1))
    throw new SnnError('ARGUMENT', `[splitByClass] ratio ${ratio}, expected a number from 0 to 1.`, {
      name: 'ratio',
      value: ratio,
    })
  const byClass = new Map<number, number[]>()
  const order = shuffle ? permutation(labels.length, seed) : labels.map((_, index) => index)
  for (const index of order) {
    const list = byClass.get(labels[index]!)
    if (list) list.push(index)
    else byClass.set(labels[index]!, [index])
  }
  const first: number[] = []
  const rest: number[] = []
  for (const indices of byClass.values()) {
    const count = Math.ceil(indices.length * ratio)
    first.push(...indices.slice(0, count))
    rest.push(...indices.slice(count))
  }
  const ascending = (a: number, b: number): number => a - b
  return [first.sort(ascending), rest.sort(ascending)]
}

import { formatShape, oneHot, sameShape, scalar, SnnError, tensor, where, type DType, type Tensor } from '@snn/tensor'
import { checkTensor, checkOptions } from '@snn/tensor/library'

export interface LossOptions {
  /** `mean` over the samples (default), `sum`, or `none`: one value for each sample, [N]. */
  readonly reduction?: 'mean' | 'sum' | 'none'
  /** Factors of the samples by their class, [K]. The mean is over samples, not over factors. */
  readonly weight?: readonly number[]
}

/** Values of the samples [N] as the options say, after the factors of their classes. */
export function reduceLoss(values: Tensor, { reduction = 'mean' }: Pick<LossOptions, 'reduction'>): Tensor {
  if (reduction === 'none') return values
  return reduction === 'sum' ? values.sum() : values.mean()
}

/** The values [N] times the factors of the classes that `labels` [N] name. */
export function weighByClass(
  values: Tensor,
  labels: Tensor,
  classes: number,
  weight: readonly number[] | undefined,
  operation: string,
): Tensor {
  if (!weight) return values
  if (weight.length !== classes || !weight.every((w) => w >= 0)) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] weight ${JSON.stringify(weight)} for ${classes} classes, expected one number of at least 0 for each.`,
      { name: 'weight', value: weight },
    )
  }
  return values.mul(
    oneHot(labels, classes, { dtype: values.dtype })
      .mul(tensor(weight, { dtype: values.dtype }))
      .sum(-1),
  )
}

/** Throws `SHAPE` unless `x` has this many axes. */
export function checkAxes(operation: string, x: Tensor, axes: readonly string[]): void {
  checkTensor(operation, x)
  if (x.shape.length === axes.length) return
  throw new SnnError('SHAPE', `[${operation}] input of shape ${formatShape(x.shape)}, expected [${axes.join(',')}].`, {
    shapes: [x.shape],
  })
}

/** Throws `SHAPE` unless `labels` are one class index for each of `n` samples. */
export function checkLabels(operation: string, labels: Tensor, n: number): void {
  checkTensor(operation, labels, 'labels')
  if (labels.shape.length === 1 && labels.shape[0] === n) return
  throw new SnnError(
    'SHAPE',
    `[${operation}] labels of shape ${formatShape(labels.shape)}, expected [${n}], one class index for each sample.`,
    { shapes: [labels.shape, [n]] },
  )
}

/**
 * Class indices [..] as rows of classes [.., K]: 1 for the class, else 0. A label that is none of 0 .. K - 1 gives NaN,
 * and so does a loss of such a row: `fit` then ends with `NOT_FINITE`, where zeros would train on without a word.
 */
export function classTargets(labels: Tensor, classes: number, options: { readonly dtype?: DType } = {}): Tensor {
  checkTensor('classTargets', labels, 'labels')
  checkOptions('classTargets', options, ['dtype'])
  const { dtype = 'float32' } = options
  const index = labels.cast('int32')
  const isClass = index.ge(0).and(index.lt(classes))
  return oneHot(index, classes, { dtype }).add(where(isClass, scalar(0, dtype), scalar(NaN, dtype)).expandDims(-1))
}

/** Throws `SHAPE` unless both have one shape. */
export function checkSame(operation: string, x: Tensor, y: Tensor): void {
  checkTensor(operation, x, 'prediction')
  checkTensor(operation, y, 'target')
  if (sameShape(x.shape, y.shape)) return
  throw new SnnError(
    'SHAPE',
    `[${operation}] prediction ${formatShape(x.shape)} and target ${formatShape(y.shape)}, expected one shape.`,
    { shapes: [x.shape, y.shape] },
  )
}

/** [N, ..] -> [N], the mean of each sample. */
export function meanOfSamples(x: Tensor): Tensor {
  return x.shape.length === 1 ? x : x.mean(x.shape.slice(1).map((_, i) => i + 1))
}

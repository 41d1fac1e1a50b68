import { SnnError, where, type Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import { binaryCrossEntropy } from './cross-entropy.js'
import { l1, mse } from './mean-squared-error.js'
import { checkAxes, checkLabels, classTargets } from './reduction.js'

/** Similarity of spike trains, as rows: x [N, D], y [M, D] -> [N, M]. */
export type Kernel = (x: Tensor, y: Tensor) => Tensor

/** x y^T */
export function linearKernel(): Kernel {
  return (x, y) => products('linearKernel', x, y)
}

function products(operation: string, x: Tensor, y: Tensor): Tensor {
  checkTensor(operation, x)
  checkTensor(operation, y, 'y')
  return x.matmul(y.transpose())
}

/** (x y^T)^degree. Throws `ARGUMENT` unless the degree is a whole number of at least 1. */
export function polynomialKernel(options: { readonly degree?: number } = {}): Kernel {
  checkOptions('polynomialKernel', options, ['degree'])
  const { degree = 2 } = options
  if (!Number.isSafeInteger(degree) || degree < 1)
    throw new SnnError('ARGUMENT', `[polynomialKernel] degree ${degree}, expected a whole number of at least 1.`, {
      name: 'degree',
      value: degree,
    })
  return (x, y) => {
    const product = products('polynomialKernel', x, y)
    return Array.from({ length: degree - 1 }).reduce<Tensor>((power) => power.mul(product), product)
  }
}

/** sigma(alpha x y^T) */
export function sigmoidKernel(options: { readonly alpha?: number } = {}): Kernel {
  checkOptions('sigmoidKernel', options, ['alpha'])
  const { alpha = 1 } = options
  return (x, y) => products('sigmoidKernel', x, y).mul(alpha).sigmoid()
}

/** exp(-|x_i - y_j|^2 / (2 sigma^2)). Throws `ARGUMENT` unless sigma is positive. */
export function gaussianKernel(options: { readonly sigma?: number } = {}): Kernel {
  checkOptions('gaussianKernel', options, ['sigma'])
  const { sigma = 1 } = options
  if (!(sigma > 0))
    throw new SnnError('ARGUMENT', `[gaussianKernel] sigma ${sigma}, expected a positive number.`, {
      name: 'sigma',
      value: sigma,
    })
  return (x, y) => {
    const product = products('gaussianKernel', x, y)
    const square = (z: Tensor): Tensor => z.square().sum(-1)
    const distance = square(x).expandDims(1).add(square(y).expandDims(0)).sub(product.mul(2))
    return distance.div(-2 * sigma * sigma).exp()
  }
}

/**
 * Cosines: x y^T over the products of the norms plus 1e-8. A row without a spike counts as one of length 1, so that it
 * has a gradient, too.
 */
export function cosineKernel(): Kernel {
  return (x, y) => {
    const product = products('cosineKernel', x, y)
    const norm = (z: Tensor): Tensor => {
      const square = z.square().sum(-1)
      return where(square.gt(0), square, 1).sqrt()
    }
    return product.div(norm(x).expandDims(1).mul(norm(y).expandDims(0)).add(1e-8))
  }
}

export interface SpikeSimilarityOptions {
  /** Default: `cosineKernel()`. */
  readonly kernel?: Kernel
  /** How the similarities are compared. Default `mse`. */
  readonly compare?: 'mse' | 'l1' | 'binaryCrossEntropy'
  /** Number of classes; needed for class indices. */
  readonly classes?: number
}

const comparisons = { mse, l1, binaryCrossEntropy } as const

/**
 * Makes the spikes of samples of one class alike, those of different classes unlike, in any hidden layer: spikes [N, M,
 * T], class indices [N] (with `classes: K`) or rows of classes [N, K], several of which may be 1:
 *
 *   L = compare(kernel(s_i, s_j), min(y_i y_j^T, 1))    over all pairs of samples i, j, spikes flattened to [N, M T]
 *
 * @throws `SHAPE` for other shapes, `ARGUMENT` for class indices without `classes`
 */
export function spikeSimilarity(spikes: Tensor, labels: Tensor, options: SpikeSimilarityOptions = {}): Tensor {
  checkTensor('spikeSimilarity', spikes, 'spikes')
  checkTensor('spikeSimilarity', labels, 'labels')
  checkOptions('spikeSimilarity', options, ['kernel', 'compare', 'classes'])
  const { kernel = cosineKernel(), compare = 'mse', classes } = options
  checkAxes('spikeSimilarity', spikes, ['N', 'M', 'T'])
  if (!Object.hasOwn(comparisons, compare))
    throw new SnnError(
      'ARGUMENT',
      `[spikeSimilarity] compare ${compare}, expected ${Object.keys(comparisons).join(', ')}.`,
      { name: 'compare', value: compare },
    )
  const rows = labels.shape.length === 2 ? labels.cast(spikes.dtype) : rowsOf(spikes, labels, classes)
  const flat = spikes.flatten(1)
  return comparisons[compare](kernel(flat, flat), rows.matmul(rows.transpose()).minimum(1))
}

function rowsOf(spikes: Tensor, labels: Tensor, classes: number | undefined): Tensor {
  checkLabels('spikeSimilarity', labels, spikes.shape[0]!)
  if (classes === undefined)
    throw new SnnError('ARGUMENT', '[spikeSimilarity] class indices without their number, expected { classes }.', {
      name: 'classes',
      value: classes,
    })
  return classTargets(labels, classes, { dtype: spikes.dtype })
}

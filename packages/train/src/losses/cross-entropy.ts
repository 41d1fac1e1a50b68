import { SnnError, type Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import {
  checkAxes,
  checkLabels,
  classTargets,
  checkSame,
  reduceLoss,
  weighByClass,
  meanOfSamples,
  type LossOptions,
} from './reduction.js'

/** x - log sum exp(x) along the last axis, without overflow. */
export function logSoftmax(x: Tensor): Tensor {
  checkTensor('logSoftmax', x)
  const shifted = x.sub(x.max(-1, { keepDims: true }).stopGradient())
  return shifted.sub(shifted.exp().sum(-1, { keepDims: true }).log())
}

export interface CrossEntropyOptions extends LossOptions {
  /** Share e of the target that is spread over all classes: (1 - e) y + e / K. Default 0. */
  readonly labelSmoothing?: number
}

/** -sum_k y_k log softmax(x)_k along the last axis: logits [.., N, K] and labels [N] -> [.., N]. */
export function crossEntropyOf(
  logits: Tensor,
  labels: Tensor,
  operation: string,
  { labelSmoothing = 0, weight }: CrossEntropyOptions,
): Tensor {
  const [n = 0, classes = 0] = logits.shape.slice(-2)
  checkLabels(operation, labels, n)
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] labelSmoothing ${labelSmoothing}, expected a number from 0 to below 1.`,
      { name: 'labelSmoothing', value: labelSmoothing },
    )
  }
  const hard = classTargets(labels, classes, { dtype: logits.dtype })
  const target = labelSmoothing === 0 ? hard : hard.mul(1 - labelSmoothing).add(labelSmoothing / classes)
  return weighByClass(logSoftmax(logits).mul(target).sum(-1).neg(), labels, classes, weight, operation)
}

/**
 * Cross-entropy of logits [N, K] against class indices [N]:
 *
 *   L_n = -sum_k y_nk log softmax(x_n)_k,    y = (1 - labelSmoothing) oneHot(labels) + labelSmoothing / K
 *
 * @throws `SHAPE` for other shapes, `ARGUMENT` for options outside of their domains
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkTensor('crossEntropy', logits, 'logits')
  checkTensor('crossEntropy', labels, 'labels')
  checkOptions('crossEntropy', options, ['labelSmoothing', 'weight', 'reduction'])
  checkAxes('crossEntropy', logits, ['N', 'K'])
  return reduceLoss(crossEntropyOf(logits, labels, 'crossEntropy', options), options)
}

/**
 * Cross-entropy of probabilities p [N, ..] against targets y in 0..1 of the same shape; in logarithms p and 1 - p are
 * at least 1e-38:
 *
 *   L_n = -mean(y log p + (1 - y) log(1 - p))
 *
 * @throws `SHAPE` when the shapes differ
 */
export function binaryCrossEntropy(
  probabilities: Tensor,
  target: Tensor,
  options: Pick<LossOptions, 'reduction'> = {},
): Tensor {
  checkTensor('binaryCrossEntropy', probabilities, 'probabilities')
  checkTensor('binaryCrossEntropy', target, 'target')
  checkOptions('binaryCrossEntropy', options, ['reduction'])
  checkSame('binaryCrossEntropy', probabilities, target)
  const log = (p: Tensor): Tensor => p.maximum(1e-38).log()
  const values = target
    .mul(log(probabilities))
    .add(
      target
        .neg()
        .add(1)
        .mul(log(probabilities.neg().add(1))),
    )
    .neg()
  return reduceLoss(meanOfSamples(values), options)
}

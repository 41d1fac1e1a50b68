import { formatShape, sameShape, SnnError, type Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import { crossEntropyOf, type CrossEntropyOptions } from './cross-entropy.js'
import {
  checkAxes,
  checkLabels,
  classTargets,
  meanOfSamples,
  reduceLoss,
  weighByClass,
  type LossOptions,
} from './reduction.js'

/**
 * Cross-entropy of the highest membrane potentials of v [T, N, K] against class indices [N] (Zenke and Vogels 2021):
 *
 *   L_n = CE(max_t v_tn, y_n)
 *
 * As `ce_max_membrane_loss` of snnTorch.
 */
export function maxMembraneCrossEntropy(v: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkTensor('maxMembraneCrossEntropy', v, 'v')
  checkTensor('maxMembraneCrossEntropy', labels, 'labels')
  checkOptions('maxMembraneCrossEntropy', options, ['labelSmoothing', 'weight', 'reduction'])
  checkAxes('maxMembraneCrossEntropy', v, ['T', 'N', 'K'])
  return reduceLoss(crossEntropyOf(v.max(0), labels, 'maxMembraneCrossEntropy', options), options)
}

export interface MembraneMseOptions extends LossOptions {
  /** Potential of the right class. Default 1. */
  readonly onTarget?: number
  /** Potential of the others. Default 0. */
  readonly offTarget?: number
}

/**
 * Squared distance of membrane potentials v [T, N, K] to targets, for class indices [N], or [T, N] where they change
 * with time:
 *
 *   L_n = mean_tk (v_tnk - target_tnk)^2,    target = onTarget for the class, else offTarget
 *
 * As `mse_membrane_loss` of snnTorch. Class factors (`weight`) need one class for each sample.
 *
 * @throws `SHAPE` for other shapes, `ARGUMENT` for `weight` with labels that change
 */
export function membraneMse(v: Tensor, labels: Tensor, options: MembraneMseOptions = {}): Tensor {
  checkTensor('membraneMse', v, 'v')
  checkTensor('membraneMse', labels, 'labels')
  checkOptions('membraneMse', options, ['onTarget', 'offTarget', 'reduction', 'weight'])
  const { onTarget = 1, offTarget = 0, weight } = options
  checkAxes('membraneMse', v, ['T', 'N', 'K'])
  const [T = 0, n = 0, classes = 0] = v.shape
  const changing = labels.shape.length === 2
  if (!changing) checkLabels('membraneMse', labels, n)
  else if (!sameShape(labels.shape, [T, n])) {
    throw new SnnError(
      'SHAPE',
      `[membraneMse] labels of shape ${formatShape(labels.shape)}, expected [${n}] or [${T},${n}].`,
      { shapes: [labels.shape, [T, n]] },
    )
  }
  if (changing && weight)
    throw new SnnError(
      'ARGUMENT',
      '[membraneMse] weight with labels that change over time, expected one class for each sample. Leave it out.',
      { name: 'weight', value: weight },
    )
  const target = classTargets(labels, classes, { dtype: v.dtype })
    .mul(onTarget - offTarget)
    .add(offTarget)
  const values = meanOfSamples(v.sub(target).square().mean(0))
  return reduceLoss(weighByClass(values, labels, classes, weight, 'membraneMse'), options)
}

import { SnnError, type Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import { crossEntropyOf, type CrossEntropyOptions } from './cross-entropy.js'
import { checkAxes, meanOfSamples, reduceLoss } from './reduction.js'

export interface TetOptions extends CrossEntropyOptions {
  /** Share of the squared distance to `mean`. Default 0. */
  readonly lambda?: number
  /** What outputs are drawn to, as a rule the threshold. Default 1. */
  readonly mean?: number
}

/**
 * Temporal efficient training (Deng et al., ICLR 2022): the cross-entropy of every step instead of that of the mean
 * output, for outputs [T, N, K] and class indices [N]:
 *
 *   L_n = (1 - lambda) mean_t CE(o_tn, y_n) + lambda mean_tk (o_tnk - mean)^2
 *
 * With lambda = 0 this is the `ce_rate_loss` of snnTorch.
 *
 * @throws `SHAPE` for other shapes, `ARGUMENT` for options outside of their domains
 */
export function tet(outputs: Tensor, labels: Tensor, options: TetOptions = {}): Tensor {
  checkTensor('tet', outputs, 'outputs')
  checkTensor('tet', labels, 'labels')
  checkOptions('tet', options, ['lambda', 'mean', 'labelSmoothing', 'weight', 'reduction'])
  const { lambda = 0, mean = 1 } = options
  checkAxes('tet', outputs, ['T', 'N', 'K'])
  if (!(lambda >= 0 && lambda <= 1))
    throw new SnnError('ARGUMENT', `[tet] lambda ${lambda}, expected a number from 0 to 1.`, {
      name: 'lambda',
      value: lambda,
    })
  const entropy = crossEntropyOf(outputs, labels, 'tet', options).mean(0)
  if (lambda === 0) return reduceLoss(entropy, options)
  const distance = meanOfSamples(outputs.sub(mean).square().mean(0))
  return reduceLoss(entropy.mul(1 - lambda).add(distance.mul(lambda)), options)
}

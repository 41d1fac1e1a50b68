import type { Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import { checkSame, meanOfSamples, reduceLoss, type LossOptions } from './reduction.js'

/**
 * Mean squared error of a prediction [N, ..] and a target of the same shape: L_n = mean((x_n - y_n)^2). Throws `SHAPE`
 * when they differ.
 */
export function mse(prediction: Tensor, target: Tensor, options: Pick<LossOptions, 'reduction'> = {}): Tensor {
  checkTensor('mse', prediction, 'prediction')
  checkTensor('mse', target, 'target')
  checkOptions('mse', options, ['reduction'])
  checkSame('mse', prediction, target)
  return reduceLoss(meanOfSamples(prediction.sub(target).square()), options)
}

/**
 * Mean absolute error of a prediction [N, ..] and a target of the same shape: L_n = mean(|x_n - y_n|). Throws `SHAPE`
 * when they differ.
 */
export function l1(prediction: Tensor, target: Tensor, options: Pick<LossOptions, 'reduction'> = {}): Tensor {
  checkTensor('l1', prediction, 'prediction')
  checkTensor('l1', target, 'target')
  checkOptions('l1', options, ['reduction'])
  checkSame('l1', prediction, target)
  return reduceLoss(meanOfSamples(prediction.sub(target).abs()), options)
}

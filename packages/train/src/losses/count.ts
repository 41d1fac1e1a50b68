import { SnnError, type Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import { crossEntropyOf, type CrossEntropyOptions } from './cross-entropy.js'
import { inGroups, spikeCount, type PopulationOptions } from './population.js'
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
 * Cross-entropy of spike counts c = sum_t s_t of spikes [T, N, K] (or [T, N, K p] with `classes: K`) against class
 * indices [N]:
 *
 *   L_n = CE(c_n, y_n)
 *
 * As `ce_count_loss` of snnTorch (Eshraghian et al., Proceedings of the IEEE 2023).
 */
export function countCrossEntropy(
  spikes: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions & PopulationOptions = {},
): Tensor {
  checkTensor('countCrossEntropy', spikes, 'spikes')
  checkTensor('countCrossEntropy', labels, 'labels')
  checkOptions('countCrossEntropy', options, ['classes', 'labelSmoothing', 'weight', 'reduction'])
  checkAxes('countCrossEntropy', spikes, ['T', 'N', 'K'])
  return reduceLoss(
    crossEntropyOf(spikeCount(spikes, 'countCrossEntropy', options), labels, 'countCrossEntropy', options),
    options,
  )
}

export interface CountMseOptions extends LossOptions, PopulationOptions {
  /** Share of the steps in which the right class is to fire. Default 1. */
  readonly correctRate?: number
  /** Share of the steps in which the others are to fire. Default 0. */
  readonly incorrectRate?: number
}

/**
 * Squared distance of spike counts c [N, K] to target counts (Shrestha and Orchard, NeurIPS 2018), for spikes [T, N, K]
 * or, with
 * `classes: K`, groups of p neurons [T, N, K p]:
 *
 *   L_n = mean_k (c_nk - target_nk)^2 / T,    target = floor(T p correctRate) for the class y_n, else floor(T p
 *   incorrectRate)
 *
 * As `mse_count_loss` of snnTorch.
 *
 * @throws `SHAPE` for other shapes, `ARGUMENT` for rates outside of 0 to 1
 */
export function countMse(spikes: Tensor, labels: Tensor, options: CountMseOptions = {}): Tensor {
  checkTensor('countMse', spikes, 'spikes')
  checkTensor('countMse', labels, 'labels')
  checkOptions('countMse', options, ['correctRate', 'incorrectRate', 'classes', 'reduction', 'weight'])
  const { correctRate = 1, incorrectRate = 0, weight } = options
  checkAxes('countMse', spikes, ['T', 'N', 'K'])
  for (const [name, value] of Object.entries({ correctRate, incorrectRate })) {
    if (!(value >= 0 && value <= 1))
      throw new SnnError('ARGUMENT', `[countMse] ${name} ${value}, expected a number from 0 to 1.`, { name, value })
  }
  const [T = 0, n = 0] = spikes.shape
  checkLabels('countMse', labels, n)
  const [classes, p] = inGroups(spikes, 'countMse', options).shape.slice(-2) as [number, number]
  const counts = spikeCount(spikes, 'countMse', options)
  const [on, off] = [Math.floor(T * correctRate * p), Math.floor(T * incorrectRate * p)]
  const target = classTargets(labels, classes, { dtype: counts.dtype })
    .mul(on - off)
    .add(off)
  const values = meanOfSamples(counts.sub(target).square()).div(T)
  return reduceLoss(weighByClass(values, labels, classes, weight, 'countMse'), options)
}

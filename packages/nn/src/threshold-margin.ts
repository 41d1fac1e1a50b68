import { full, where, type Tensor, type Variable } from '@snn/tensor'
import { checkMembers, checkObject, checkTensor } from '@snn/tensor/library'
import { check } from './check.js'

/** Options of `setThresholdMargin`. `training`: whether the thresholds differ between label and others. */
export interface ThresholdMarginOptions {
  readonly training?: boolean
  /** Threshold of the neuron of the label, in training. Default 1.1. */
  readonly label?: number
  /** Threshold of the others, in training. Default 0.9. */
  readonly other?: number
  /** Threshold of all outside of training. Default 1. */
  readonly evaluation?: number
}

/**
 * Sets the thresholds of output neurons so that training leaves a margin between the classes: the neuron of the label
 * must reach more, the others less. In a trace, before the network runs; the neurons have `threshold` [N, C] as their
 * option `threshold`.
 *
 * @throws `SHAPE` unless the labels, one-hot, are [N, C] like the Variable
 */
export function setThresholdMargin(threshold: Variable, labels: Tensor, options: ThresholdMarginOptions = {}): void {
  checkMembers('setThresholdMargin', threshold, 'threshold', ['assign()'], 'a Variable')
  checkTensor('setThresholdMargin', labels, 'labels')
  checkObject('setThresholdMargin', options)
  const { training = false, label = 1.1, other = 0.9, evaluation = 1 } = options
  for (const [name, value] of Object.entries({ label, other, evaluation }))
    check('setThresholdMargin', name, value, Number.isFinite(value), 'a finite number')
  const { dtype } = threshold
  const margin = where(labels.ne(0), full(labels.shape, label, { dtype }), full(labels.shape, other, { dtype }))
  threshold.assign(training ? margin : full(labels.shape, evaluation, { dtype }))
}

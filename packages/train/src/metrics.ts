import { formatShape, sameShape, SnnError, type Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import { firstSpikeTime } from './losses/first-spike.js'
import { inGroups, spikeCount, type PopulationOptions } from './losses/population.js'
import { checkAxes } from './losses/reduction.js'

/**
 * The class with most spikes (or the highest sum of outputs) over time: [T, N, K], or [T, N, K p] with `classes: K` ->
 * int32 [N]. Ties go to the lower class.
 */
export function predictByRate(outputs: Tensor, options: PopulationOptions = {}): Tensor {
  checkTensor('predictByRate', outputs, 'outputs')
  checkOptions('predictByRate', options, ['classes'])
  checkAxes('predictByRate', outputs, ['T', 'N', 'K'])
  return spikeCount(outputs, 'predictByRate', options).argmax()
}

/**
 * The class that fires first: spikes [T, N, K], or [T, N, K p] with `classes: K` -> int32 [N]. Ties go to the lower
 * class; silent neurons count as firing at the last step.
 */
export function predictByFirstSpike(spikes: Tensor, options: PopulationOptions = {}): Tensor {
  checkTensor('predictByFirstSpike', spikes, 'spikes')
  checkOptions('predictByFirstSpike', options, ['classes'])
  checkAxes('predictByFirstSpike', spikes, ['T', 'N', 'K'])
  return inGroups(firstSpikeTime(spikes), 'predictByFirstSpike', options).min(-1).neg().argmax()
}

/**
 * The share of predictions int32 [N] that equal the labels [N]: a float32 scalar from 0 to 1. Throws `SHAPE` when the
 * shapes differ.
 */
export function accuracy(predictions: Tensor, labels: Tensor): Tensor {
  checkTensor('accuracy', predictions, 'predictions')
  checkTensor('accuracy', labels, 'labels')
  if (!sameShape(predictions.shape, labels.shape)) {
    throw new SnnError(
      'SHAPE',
      `[accuracy] predictions ${formatShape(predictions.shape)} and labels ${formatShape(labels.shape)}, expected one shape.`,
      { shapes: [predictions.shape, labels.shape] },
    )
  }
  return predictions.cast('int32').eq(labels.cast('int32')).cast('float32').mean()
}

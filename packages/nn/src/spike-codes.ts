import { oneHot, scan, SnnError, zeros, type Tensor } from '@snn/tensor'
import { checkTensor } from '@snn/tensor/library'
import { checkSizes } from './check.js'

/** Where each neuron fires first: spikes [T, ..] -> bool [T, ..], true at the first spike and nowhere else. */
export function firstSpikeIndex(spikes: Tensor): Tensor {
  checkTensor('firstSpikeIndex', spikes, 'spikes')
  if (spikes.shape.length === 0)
    throw new SnnError(
      'SHAPE',
      '[firstSpikeIndex] spikes of shape [], expected [T,..]. Give the spikes of all steps.',
      { shapes: [spikes.shape] },
    )
  const fired = spikes.ne(0)
  const [, first] = scan(
    (before: Tensor, now: Tensor) => [before.or(now), now.and(before.not())] as const,
    zeros(spikes.shape.slice(1), { dtype: 'bool' }),
    fired,
  )
  return first
}

/**
 * Labels for `size` output neurons of each class (see `voting`): [N] whole numbers -> [N, classes size], ones for the
 * neurons of the label.
 */
export function redundantOneHot(labels: Tensor, classes: number, size: number): Tensor {
  checkTensor('redundantOneHot', labels, 'labels')
  checkSizes('redundantOneHot', { classes, size })
  const codes = oneHot(labels, classes).expandDims(-1)
  return codes.broadcastTo([...labels.shape, classes, size]).reshape([...labels.shape, classes * size])
}

import { formatShape, sameShape, SnnError, stack, where, type Tensor } from '@snn/tensor'
import { checkOptions, checkTensor } from '@snn/tensor/library'
import { crossEntropyOf, type CrossEntropyOptions } from './cross-entropy.js'
import { firstSpikeTime, spikeTimes } from './first-spike.js'
import {
  checkAxes,
  checkLabels,
  classTargets,
  meanOfSamples,
  reduceLoss,
  weighByClass,
  type LossOptions,
} from './reduction.js'

export interface TemporalMseOptions extends LossOptions {
  /** Whether the targets are class indices [N] (default), or times: [N, K], or [F, N, K] for the first F spikes. */
  readonly target?: 'labels' | 'times'
  /**
   * When the right class is to fire: a step, or several for the first spikes one after another; negative ones count
   * from the end. Default 0.
   */
  readonly onTarget?: number | readonly number[]
  /** When the others are to fire. Default -1, the last step. */
  readonly offTarget?: number | readonly number[]
  /** Times nearer to the target than this many steps count as on it. Default 0. */
  readonly tolerance?: number
}

/**
 * Squared distance of spike times to target times, for spikes [T, N, K]:
 *
 *   L_n = mean_fk ((time_fnk - target_fnk) / T)^2
 *
 * A missing spike counts as one at the last step; gradients flow as if d time / d s = -1 at the spike. As
 * `mse_temporal_loss` of snnTorch.
 *
 * @throws `SHAPE` for other shapes, `ARGUMENT` for different numbers of target times, and `weight` with times as
 * targets
 */
export function temporalMse(spikes: Tensor, target: Tensor, options: TemporalMseOptions = {}): Tensor {
  checkTensor('temporalMse', spikes, 'spikes')
  checkTensor('temporalMse', target, 'target')
  checkOptions('temporalMse', options, ['target', 'onTarget', 'offTarget', 'tolerance', 'reduction', 'weight'])
  const { tolerance = 0, weight, target: kind = 'labels' } = options
  checkAxes('temporalMse', spikes, ['T', 'N', 'K'])
  const [T = 0, , classes = 0] = spikes.shape
  if (!(tolerance >= 0))
    throw new SnnError('ARGUMENT', `[temporalMse] tolerance ${tolerance}, expected a number of steps of at least 0.`, {
      name: 'tolerance',
      value: tolerance,
    })
  if (weight && kind === 'times')
    throw new SnnError(
      'ARGUMENT',
      "[temporalMse] weight with target: 'times', expected class indices as targets. Leave it out.",
      { name: 'weight', value: weight },
    )
  const wanted = kind === 'labels' ? timesOfClasses(spikes, target, options) : givenTimes(spikes, target)
  const away = spikeTimes(spikes, wanted.shape[0]!).sub(wanted)
  const far = tolerance === 0 ? away : where(away.abs().lt(tolerance), 0, away)
  const values = meanOfSamples(far.div(T).square().mean(0))
  return reduceLoss(kind === 'labels' ? weighByClass(values, target, classes, weight, 'temporalMse') : values, options)
}

/** Target times [F, N, K] of class indices [N]. */
function timesOfClasses(spikes: Tensor, labels: Tensor, { onTarget = 0, offTarget = -1 }: TemporalMseOptions): Tensor {
  const [T = 0, n = 0, classes = 0] = spikes.shape
  checkLabels('temporalMse', labels, n)
  const [on, off] = [onTarget, offTarget].map((times) => (typeof times === 'number' ? [times] : times)) as [
    readonly number[],
    readonly number[],
  ]
  if (on.length !== off.length || on.length === 0) {
    throw new SnnError(
      'ARGUMENT',
      `[temporalMse] ${on.length} times in onTarget and ${off.length} in offTarget, expected as many, at least one.`,
      { name: 'onTarget', value: onTarget },
    )
  }
  const step = (time: number): number => (time < 0 ? T + time : time)
  const hot = classTargets(labels, classes, { dtype: spikes.dtype })
  return stack(on.map((time, f) => hot.mul(step(time) - step(off[f]!)).add(step(off[f]!))))
}

function givenTimes(spikes: Tensor, target: Tensor): Tensor {
  const [T = 0, ...rest] = spikes.shape
  const times = target.shape.length === rest.length ? target.expandDims(0) : target
  if (!sameShape(times.shape.slice(1), rest)) {
    throw new SnnError(
      'SHAPE',
      `[temporalMse] target times of shape ${formatShape(target.shape)}, expected ${formatShape(rest)} or [F,${rest.join(',')}].`,
      { shapes: [target.shape, rest] },
    )
  }
  const values = times.cast(spikes.dtype)
  return where(values.lt(0), values.add(T), values)
}

export interface TemporalCrossEntropyOptions extends CrossEntropyOptions {
  /** How an early spike becomes a high score: `negate`, -time (default), or `reciprocal`, 1 / (time + 1). */
  readonly inverse?: 'negate' | 'reciprocal'
}

/**
 * Cross-entropy of inverted first-spike times of spikes [T, N, K] against class indices [N]:
 *
 *   L_n = CE(-time_n, y_n)    or    CE(1 / (time_n + 1), y_n)
 *
 * As `ce_temporal_loss` of snnTorch. Times and gradients as in `temporalMse`.
 */
export function temporalCrossEntropy(
  spikes: Tensor,
  labels: Tensor,
  options: TemporalCrossEntropyOptions = {},
): Tensor {
  checkTensor('temporalCrossEntropy', spikes, 'spikes')
  checkTensor('temporalCrossEntropy', labels, 'labels')
  checkOptions('temporalCrossEntropy', options, ['inverse', 'labelSmoothing', 'weight', 'reduction'])
  checkAxes('temporalCrossEntropy', spikes, ['T', 'N', 'K'])
  const { inverse = 'negate' } = options
  if (inverse !== 'negate' && inverse !== 'reciprocal') {
    throw new SnnError(
      'ARGUMENT',
      `[temporalCrossEntropy] inverse ${String(inverse)}, expected 'negate' or 'reciprocal'.`,
      { name: 'inverse', value: inverse },
    )
  }
  const time = firstSpikeTime(spikes)
  const scores = inverse === 'negate' ? time.neg() : time.add(1).pow(-1)
  return reduceLoss(crossEntropyOf(scores, labels, 'temporalCrossEntropy', options), options)
}

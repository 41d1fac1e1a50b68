import { formatShape, iota, scalar, scatterAdd, SnnError, take, type Tensor } from '@snn/tensor'
import { defineStatefulLayer, type State } from '../layer.js'
import { batchNormalize, checkChannels, moments, moved, unbiased, type BatchNormConfig } from './norm.js'

/** Indices of the steps of x [T, ..] in arrays with one entry for each of `steps` steps; t counts on after them. */
function stepsOf(
  kind: string,
  x: Tensor,
  { t }: State,
  steps: number,
): { readonly indices: Tensor; readonly next: State } {
  const T = x.shape[0]!
  if (T > steps) {
    throw new SnnError(
      'SHAPE',
      `[${kind}] input of shape ${formatShape(x.shape)}, expected at most ${steps} steps, for which it has parameters. Give it more steps, or run fewer.`,
      { shapes: [x.shape] },
    )
  }
  return {
    indices: iota([T], 0)
      .add(t!)
      .minimum(steps - 1),
    next: { t: t!.add(T) },
  }
}

/**
 * Batch normalisation with a factor for each step (Duan et al., NeurIPS 2022: temporal effective batch normalisation):
 *
 *   y[t] = scale[t] batchNorm(x)[t]
 *
 * with `weight`, `bias`, `mean`, `variance` [C] as in `batchNormLayer`, over T and N together, and `scale` [steps]. The
 * step index is state; steps beyond the last one that has a factor use that.
 */
export const temporalEffectiveBatchNormLayer = defineStatefulLayer<BatchNormConfig, 'temporalEffectiveBatchNorm'>(
  'temporalEffectiveBatchNorm',
  (config, variables) => {
    const scale = variables['scale']!
    return {
      initialState: () => ({ t: scalar(0, 'int32') }),
      sequence(x, state, context) {
        const { indices, next } = stepsOf('temporalEffectiveBatchNorm', x, state, scale.shape[0]!)
        const factors = take(scale.read(), indices, 0).reshape([-1, ...x.shape.slice(1).map(() => 1)])
        return {
          output: batchNormalize('temporalEffectiveBatchNorm', x, config, variables, context).mul(factors),
          state: next,
        }
      },
    }
  },
  ['weight', 'bias', 'scale'],
)

/**
 * Batch normalisation through time (Kim and Panda 2021): each step has statistics and a weight of its own, and there is
 * no bias,
 *
 *   y[t] = (x[t] - mean[t]) / sqrt(var[t] + epsilon) weight[t]
 *
 * with `weight`, `mean`, `variance` [steps, C]. In training the statistics of the step's batch are used, and the
 * running ones move by `momentum` towards them (the variance unbiased). The step index is state; steps beyond the last
 * one that has parameters use those.
 */
export const batchNormThroughTimeLayer = defineStatefulLayer<BatchNormConfig, 'batchNormThroughTime'>(
  'batchNormThroughTime',
  (config, { weight, mean, variance }) => ({
    initialState: () => ({ t: scalar(0, 'int32') }),
    sequence(x, state, context) {
      const { epsilon, momentum } = config
      const [steps, channels] = mean!.shape as [number, number]
      checkChannels('batchNormThroughTime', x, channels, config, context)
      const { indices, next } = stepsOf('batchNormThroughTime', x, state, steps)
      const perStep = (t: Tensor): Tensor => t.reshape([x.shape[0]!, 1, channels, ...x.shape.slice(3).map(() => 1)])
      let [m, v] = [take(mean!.read(), indices, 0), take(variance!.read(), indices, 0)]
      if (context.training) {
        const now = moments(
          x,
          [...x.shape.keys()].filter((axis) => axis !== 0 && axis !== 2),
        )
        const rows = indices.expandDims(1).broadcastTo(m.shape)
        const change = (running: Tensor, to: Tensor): Tensor =>
          scatterAdd(rows, moved(running, to, momentum).sub(running), 0, steps)
        mean!.assign(mean!.read().add(change(m, now.mean)))
        variance!.assign(variance!.read().add(change(v, unbiased(now.variance, now.count))))
        ;[m, v] = [now.mean, now.variance]
      }
      const scale = take(weight!.read(), indices, 0).div(v.add(epsilon).sqrt())
      return { output: x.sub(perStep(m)).mul(perStep(scale)), state: next }
    },
  }),
  ['weight'],
)

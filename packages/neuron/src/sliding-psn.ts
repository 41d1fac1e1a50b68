import { atan, surrogateParts, type Surrogate } from '@snn/surrogate'
import { full, scalar, variable, type DType, type Tensor, type Variable } from '@snn/tensor'
import { checkObject, type DrawnVariables } from '@snn/tensor/library'
import { checkState, stepIndex } from './check-state.js'
import { checkEach, flagFault, surrogateFault, variableFault, wholeFault } from './options.js'
import type { Cell } from './spec.js'
import { weights } from './weights.js'

export interface SlidingPsnOptions {
  /** How many of the last steps are seen. */
  readonly k: number
  /**
   * Begin with weights 1 for the newest step and half as much for each older, else with weights drawn from U(-1 / sqrt
   * k, 1 / sqrt k). Default true.
   */
  readonly exponential?: boolean
  /** Default: `atan()`. */
  readonly surrogate?: Surrogate
  /** [k], the newest step last. */
  readonly weight?: Variable
  /** A scalar; at first -1. */
  readonly bias?: Variable
}

/**
 * Sliding parallel spiking neuron (Fang et al., arXiv:2304.12760), for any number of steps: the last k inputs weighted,
 * no reset. A step function whose state is the queue `x1`, .. `x{k-1}` of the inputs before, and `v`:
 *
 *   charge  v <- sum_j weight[k - 1 - j] x[t - j] + bias, j = 0 .. k - 1, with x = 0 before the start
 *   fire    s  = H(v)
 *
 * @throws `ARGUMENT` for an option outside of its domain
 */
export function slidingPsn(options: SlidingPsnOptions): Cell {
  checkObject('slidingPsn', options)
  const kind = 'slidingPsn'
  const { k, exponential = true, surrogate = atan() } = options
  checkEach(kind, options, {
    k: wholeFault,
    exponential: flagFault,
    surrogate: surrogateFault,
    weight: variableFault([k]),
    bias: variableFault([]),
  })
  const halves = () =>
    variable(
      { data: Float32Array.from({ length: k }, (_, i) => 2 ** (i - k + 1)), shape: [k] },
      { name: `${kind}.weight` },
    )
  const own = weights(
    kind,
    { weight: { shape: [k], bound: 1 / Math.sqrt(k) }, bias: { shape: [], bound: 0, at: -1 } },
    { weight: options.weight ?? (exponential ? halves() : undefined), bias: options.bias },
  )
  return queueCell({ kind, config: { k, exponential }, own, surrogate, k }, (dtype) => {
    const weight = own.variables.weight.read().cast(dtype)
    return { weight: (age) => weight.at(0, k - 1 - age), bias: own.variables.bias.read().cast(dtype) }
  })
}

interface QueueParts {
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  readonly own: DrawnVariables<'weight' | 'bias'>
  readonly surrogate: Surrogate
  /** How many inputs are seen. */
  readonly k: number
  /** How many steps there are weights for; then the step index is state too. */
  readonly steps?: number
}

/**
 * s = H(sum_age weight(age) x[t - age] + bias) as a step with a queue of the inputs before; `weights`: those of step t,
 * an index of shape [1].
 */
export function queueCell(
  { kind, config, own, surrogate, k, steps }: QueueParts,
  weights: (dtype: DType, t: Tensor) => { readonly weight: (age: number) => Tensor; readonly bias: Tensor },
): Cell {
  const queue = Array.from({ length: k - 1 }, (_, i) => `x${i + 1}`)
  const spiking = surrogateParts(surrogate)
  return {
    contract: 1,
    kind,
    config: { ...config, ...spiking.config },
    variables: { ...own.variables, ...spiking.variables },
    trainable: ['weight', 'bias', ...spiking.trainable],
    ...(steps !== undefined && { steps }),
    initialize: own.initialize,
    initialState: (shape, dtype) => ({
      ...Object.fromEntries(['v', ...queue].map((name) => [name, full(shape, 0, { dtype })])),
      ...(steps !== undefined && { t: scalar(0, 'int32') }),
    }),
    step(x, state) {
      checkState(kind, x, state, ['v', ...queue])
      const { weight, bias } = weights(
        x.dtype,
        steps === undefined ? scalar(0, 'int32') : stepIndex(kind, state['t'], steps),
      )
      const seen: Tensor[] = [x, ...queue.map((name) => state[name]!)]
      const v = seen.reduce((h, now, age) => h.add(now.mul(weight(age))), bias.broadcastTo(x.shape))
      const spike = surrogate.spike(v)
      return {
        spike,
        output: spike,
        state: {
          v,
          ...Object.fromEntries(queue.map((name, i) => [name, seen[i]!])),
          ...(steps !== undefined && { t: state['t']!.add(1) }),
        },
      }
    },
  }
}

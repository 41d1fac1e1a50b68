import { atan, isLearnable, isVariable, surrogateParts, type Surrogate } from '@snn/surrogate'
import { scalar, take, tensor, type Tensor, type Variable } from '@snn/tensor'
import { checkObject, type DrawnVariables } from '@snn/tensor/library'
import { checkEach, surrogateFault, variableFault, wholeFault } from './options.js'
import { sequenceCell, type SequenceCell } from './sequence-cell.js'
import { queueCell } from './sliding-psn.js'
import type { Cell } from './spec.js'
import { weights } from './weights.js'

export interface PsnOptions {
  /** Number of time steps. */
  readonly T: number
  /** Default: `atan()`. */
  readonly surrogate?: Surrogate
  /** [T, T], in place of one drawn from U(-1 / sqrt T, 1 / sqrt T). */
  readonly weight?: Variable
  /** [T], in place of one of -1. */
  readonly bias?: Variable
}

/**
 * Parallel spiking neuron (Fang et al., arXiv:2304.12760): no reset, no state, and all steps at once, those to come
 * too:
 *
 *   h[t] = sum_i weight[t, i] x[i] + bias[t]
 *   s[t] = H(h[t])
 *
 * @throws `ARGUMENT` for an option outside of its domain; `SHAPE`, from the layer, for another number of steps
 */
export function psn(options: PsnOptions): SequenceCell {
  checkObject('psn', options)
  return parallel('psn', options, { T: options.T }, (weight) => weight, 'slidingPsn')
}

export interface MaskedPsnOptions extends PsnOptions {
  /** How many of the last steps are seen once lambda is 1. */
  readonly k: number
  /** From 0, all steps, to 1, the last k: a Variable, to be raised while training. Default 0. */
  readonly lambda?: number | Variable
}

/**
 * `psn` that comes to see but the last `k` steps (Fang et al., arXiv:2304.12760):
 *
 *   h[t] = sum_i weight[t, i] (lambda M[t, i] + 1 - lambda) x[i] + bias[t], M[t, i] = 1 where 0 <= t - i < k, else 0
 *   s[t] = H(h[t])
 *
 * With lambda the number 1 it looks at nothing to come, and is a step function like `slidingPsn`, whose state is the
 * queue of the inputs before,
 * `v` and the step index `t`; steps after the last use the weights of the last. A layer whose lambda has been raised to
 * 1 becomes one by
 * `maskedPsn({ k, T, lambda: 1, weight, bias })` of its Variables.
 *
 * Errors as `psn`.
 */
export function maskedPsn(options: MaskedPsnOptions & { readonly lambda: 1 }): Cell
export function maskedPsn(options: MaskedPsnOptions & { readonly lambda?: Variable }): SequenceCell
export function maskedPsn(options: MaskedPsnOptions): Cell | SequenceCell
export function maskedPsn(settings: MaskedPsnOptions): Cell | SequenceCell {
  checkObject('maskedPsn', settings)
  const { k, lambda = 0, ...options } = settings
  checkEach('maskedPsn', { k, lambda }, { k: wholeFault, lambda: lambdaFault })
  const { T } = options
  if (lambda === 1) return masked(k, options)
  const band = Array.from({ length: T * T || 0 }, (_, at) =>
    at % T <= Math.floor(at / T) && Math.floor(at / T) - (at % T) < k ? 1 : 0,
  )
  const config = { k, T, ...(typeof lambda === 'number' && { lambda }) }
  return parallel(
    'maskedPsn',
    options,
    config,
    (weight) => {
      const share = (
        typeof lambda === 'number' ? scalar(lambda, weight.dtype) : lambda.read().cast(weight.dtype)
      ).minimum(1)
      const mask = tensor(band, { dtype: weight.dtype }).reshape([T, T])
      return weight.mul(mask.mul(share).add(share.neg().add(1)))
    },
    'one with lambda: 1',
    typeof lambda === 'number' ? {} : { lambda },
  )
}

function lambdaFault(value: unknown): string | undefined {
  const fits =
    typeof value === 'number'
      ? value >= 0 && value <= 1
      : typeof value === 'object' && value !== null && !isLearnable(value as Variable) && isVariable(value as Variable)
  return fits ? undefined : 'a number from 0 to 1, or a Variable'
}

/** The step of a layer that sees the last k steps only. */
function masked(k: number, options: PsnOptions): Cell {
  const { T, surrogate = atan() } = options
  const own = ownWeights('maskedPsn', options)
  return queueCell(
    { kind: 'maskedPsn', config: { k, T, lambda: 1 }, own, surrogate, k: Math.min(k, T), steps: T },
    (dtype, t) => {
      const row = take(own.variables.weight.read().cast(dtype), t, 0).reshape([T])
      return {
        weight: (age) => take(row, t.sub(age).maximum(0), 0).at(0, 0),
        bias: take(own.variables.bias.read().cast(dtype), t, 0).at(0, 0),
      }
    },
  )
}

function ownWeights(kind: string, options: PsnOptions): DrawnVariables<'weight' | 'bias'> {
  const { T, weight, bias } = options
  checkEach(kind, options, {
    T: wholeFault,
    surrogate: surrogateFault,
    weight: variableFault([T, T]),
    bias: variableFault([T]),
  })
  return weights(
    kind,
    { weight: { shape: [T, T], bound: 1 / Math.sqrt(T) }, bias: { shape: [T], bound: 0, at: -1 } },
    { weight, bias },
  )
}

/** s = H(seen(weight) x + bias), over the steps. `instead`: what goes step by step. */
function parallel(
  kind: string,
  options: PsnOptions,
  config: Readonly<Record<string, unknown>>,
  seen: (weight: Tensor) => Tensor,
  instead: string,
  others: Readonly<Record<string, Variable>> = {},
): SequenceCell {
  const { T, surrogate = atan() } = options
  const own = ownWeights(kind, options)
  const spiking = surrogateParts(surrogate)
  return sequenceCell(
    {
      kind,
      config: { ...config, ...spiking.config },
      variables: { ...own.variables, ...others, ...spiking.variables },
      trainable: ['weight', 'bias', ...spiking.trainable],
      steps: T,
      initialize: own.initialize,
    },
    (x) => {
      const [w, b] = [own.variables.weight.read().cast(x.dtype), own.variables.bias.read().cast(x.dtype)]
      const h = seen(w)
        .matmul(x.flatten(1))
        .add(b.reshape([T, 1]))
      return surrogate.spike(h.reshape(x.shape))
    },
    instead,
  )
}

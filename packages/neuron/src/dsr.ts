import { learnable, numberFault, parameterFault, wrongOption, type Learnable } from '@snn/surrogate'
import { customGradient, full, scan, SnnError, tensor, type Tensor, type Variable } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { checkState } from './check-state.js'
import { checkEach, type Fault } from './options.js'
import { describeParameters, layerParameters, restoreParameters } from './parameter.js'
import type { Cell } from './spec.js'

export interface DsrOptions {
  /** One for the layer. Default: `learnable(6)`, of `dsrLif` `learnable(1)`. */
  readonly threshold?: number | Learnable | Variable
  /** The threshold is held at or above this. Default 0.01, of `dsrLif` 0.1. */
  readonly lowestThreshold?: number
  /** Fires from this share of the threshold on. Default 0.5, of `dsrLif` 0.3. */
  readonly alpha?: number
  /** Factor of the gradient of the threshold. Default 1. */
  readonly thresholdGradientScale?: number
}

export interface DsrLifOptions extends DsrOptions {
  /** Default 2. */
  readonly tau?: number
  /** Length of a step. Default 0.05. */
  readonly dt?: number
}

/**
 * Integrate-and-fire trained by its spike representation (Meng et al., arXiv:2205.00459): forward, with the state v,
 *
 *   v <- v + x[t]     s[t] = threshold where v >= alpha threshold, else 0     v <- v - s[t]
 *
 * and backward, over a whole sequence [T, N, ..], as a function of the mean input r, with G the sum over t of the
 * gradients that come in:
 *
 *   dx[t]      = G / T where 0 <= r <= threshold, else 0
 *   dthreshold = scale sum G where r > threshold
 *
 * @throws `ARGUMENT` for an option outside of its domain; `NEEDS_SEQUENCE`, from the layer, for a gradient of single
 * steps
 */
export function dsrIntegrateAndFire(options: DsrOptions = {}): Cell {
  checkObject('dsrIntegrateAndFire', options)
  return dsr(
    'dsrIntegrateAndFire',
    { threshold: learnable(6), lowestThreshold: 0.01, alpha: 0.5, thresholdGradientScale: 1, ...options },
    {},
    (T) => ({
      kept: 1,
      gain: 1,
      height: 1,
      inner: 1,
      outer: 1,
      largest: 1,
      weights: Array<number>(T).fill(1),
      strictlyPositive: false,
    }),
  )
}

/**
 * The same with a leak: with beta = exp(-dt / tau), weights w[t] = exp(-dt (T - 1 - t) / tau) and R(z) = sum w z / sum
 * w,
 *
 *   v <- beta v + (1 - beta) x[t]     q = threshold where v >= alpha threshold, else 0     v <- v - q     s[t] = q / dt
 *
 *   dx[t]      = R(ds) / tau where 0 < R(x) < threshold tau / dt, else 0
 *   dthreshold = dt scale T sum R(ds) where R(x) > threshold tau / dt
 */
export function dsrLif(settings: DsrLifOptions = {}): Cell {
  checkObject('dsrLif', settings)
  const { tau = 2, dt = 0.05, ...options } = settings
  checkEach('dsrLif', { tau, dt }, { tau: positive, dt: positive })
  return dsr(
    'dsrLif',
    { threshold: learnable(1), lowestThreshold: 0.1, alpha: 0.3, thresholdGradientScale: 1, ...options },
    { tau, dt },
    (T) => ({
      kept: Math.exp(-dt / tau),
      gain: 1 - Math.exp(-dt / tau),
      height: 1 / dt,
      inner: 1 / tau,
      outer: dt,
      largest: tau / dt,
      weights: Array.from({ length: T }, (_, t) => Math.exp((-dt * (T - 1 - t)) / tau)),
      strictlyPositive: true,
    }),
  )
}

const positive: Fault = (value) => numberFault(value, [0, Infinity])

/** What tells the two neurons apart. */
interface Form {
  /** v <- kept v + gain x, and a spike hands on height threshold. */
  readonly kept: number
  readonly gain: number
  readonly height: number
  /** Factors of the gradients of x and threshold. */
  readonly inner: number
  readonly outer: number
  /** The largest mean input, in thresholds, that has a gradient. */
  readonly largest: number
  /** Of the mean over time. */
  readonly weights: readonly number[]
  readonly strictlyPositive: boolean
}

function dsr(
  kind: string,
  options: Required<DsrOptions>,
  extra: Readonly<Record<string, number>>,
  formOf: (T: number) => Form,
): Cell {
  const { lowestThreshold, alpha, thresholdGradientScale } = options
  checkEach(kind, options, {
    lowestThreshold: positive,
    alpha: (value) =>
      numberFault(value, [0, Infinity]) === undefined && (value as number) <= 1
        ? undefined
        : 'a number above 0, at most 1',
    thresholdGradientScale: (value) => numberFault(value),
    threshold: (value) => parameterFault(value, [0, Infinity]),
  })
  const { threshold } = options
  if (typeof threshold === 'object' && ('per' in threshold ? threshold.per !== 'layer' : threshold.shape.length > 0))
    throw wrongOption(
      kind,
      'threshold',
      'one per channel or neuron',
      "a number, a scalar Variable, or learnable(..) per 'layer'",
    )
  const { variables, trainable, valuesFor } = layerParameters(kind, new Map([['threshold', threshold]]))
  const once = (before: Tensor, x: Tensor) => {
    const { kept, gain, height } = formOf(1)
    const theta = valuesFor(x.shape, x.dtype)['threshold']!.maximum(lowestThreshold)
    const u = before.mul(kept).add(x.mul(gain))
    const spike = u.ge(theta.mul(alpha)).cast(u.dtype)
    const q = spike.mul(theta)
    return { theta, spike, output: q.mul(height), state: { v: u.sub(q) } }
  }
  return {
    contract: 1,
    kind,
    config: {
      ...describeParameters(new Map([['threshold', threshold]])),
      lowestThreshold,
      alpha,
      thresholdGradientScale,
      ...extra,
    },
    variables,
    trainable,
    initialState: (shape, dtype) => ({ v: full(shape, 0, { dtype }) }),
    step(x, state) {
      checkState(kind, x, state, ['v'])
      const { theta, output, ...rest } = once(state['v']!, x)
      const refuse = (): never => {
        throw new SnnError(
          'NEEDS_SEQUENCE',
          `[${kind}] gradient of single steps, expected that of a whole sequence, for it comes from means over time. Train with the network's forward, not its step, stepwise or stream.`,
          { layer: kind },
        )
      }
      return { ...rest, output: customGradient(output, [x, theta], refuse) }
    },
    sequence(x, state) {
      const [T, ...shape] = x.shape as [number, ...number[]]
      const form = formOf(T)
      const total = form.weights.reduce((a, b) => a + b)
      const mean = (z: Tensor): Tensor =>
        z
          .mul(tensor(form.weights, { dtype: z.dtype }).reshape([T, ...shape.map(() => 1)]))
          .sum(0)
          .div(total)
      const [last, ys] = scan(
        (before: Tensor, now: Tensor) => {
          const {
            output,
            spike,
            state: { v },
          } = once(before, now)
          return [v, { output, recorded: { v, spike } }] as const
        },
        state['v']!,
        x,
      )
      const theta = valuesFor(shape, x.dtype)['threshold']!.maximum(lowestThreshold)
      const output = customGradient(ys.output, [x, theta], (ds, [input, at]) => {
        const [r, g, limit] = [mean(input!), mean(ds), at!.mul(form.largest)]
        const inside = form.strictlyPositive ? r.gt(0).and(r.lt(limit)) : r.ge(0).and(r.le(limit))
        const dx = g.mul(form.inner).mul(inside.cast(g.dtype))
        const dtheta = g
          .mul(r.gt(limit).cast(g.dtype))
          .sum()
          .mul(T * form.outer * thresholdGradientScale)
        return [dx.broadcastTo(input!.shape), dtheta]
      })
      return { output, state: { v: last.stopGradient() }, recorded: ys.recorded }
    },
  }
}

type Config = Readonly<Record<string, unknown>>
type Variables = Readonly<Record<string, Variable>>

export const restoreDsrIntegrateAndFire = (config: Config, variables: Variables): Cell =>
  restore('dsrIntegrateAndFire', dsrIntegrateAndFire, config, variables)
export const restoreDsrLif = (config: Config, variables: Variables): Cell =>
  restore('dsrLif', dsrLif, config, variables)

/** A layer again from what it says of itself. */
function restore(kind: string, make: (options: DsrLifOptions) => Cell, config: Config, variables: Variables): Cell {
  const { options, learned } = restoreParameters(kind, ['threshold'], config, variables)
  const cell = make({ ...config, ...options })
  Object.assign(cell.variables, learned)
  return cell
}

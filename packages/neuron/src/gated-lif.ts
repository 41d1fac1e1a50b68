import { numberFault, sigmoid, surrogateParts, type Surrogate } from '@snn/surrogate'
import { full, scalar, take, type Tensor, type Variable } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { checkState, stepIndex } from './check-state.js'
import { checkEach, surrogateFault, variableFault, wholeFault, type Fault } from './options.js'
import type { Cell } from './spec.js'
import { weights } from './weights.js'

export interface GatedLifOptions {
  /** Number of time steps. */
  readonly T: number
  /** One set of parameters for each channel (axis 1 of [N, C, ..]) in place of one for the layer. */
  readonly channels?: number
  /** At first: the share of v that decays, between 0 and 1. Default 0.25. */
  readonly tau?: number
  /** At first, between 0 and 1. Default 0.5. */
  readonly threshold?: number
  /** At first: the share of the input that gets in, between 0 and 1. Default 0.5. */
  readonly conduct?: number
  /** At first, between 0 and 1. Default threshold / (2 T). */
  readonly linearDecay?: number
  /** At first: what a spike subtracts, between 0 and 1. Default: the threshold. */
  readonly subreset?: number
  /** Default: `sigmoid()`. */
  readonly surrogate?: Surrogate
  /** Variables in place of those that the layer makes, by name; their values are those before the logistic function. */
  readonly raw?: { readonly [K in Raw]?: Variable }
}

type Raw = 'alpha' | 'beta' | 'gamma' | 'tau' | 'threshold' | 'linearDecay' | 'subreset' | 'conduct'

/**
 * Gated LIF (Yao et al., NeurIPS 2022), which learns how much of each way to decay, to integrate and to reset it takes.
 * Every parameter is learned before the logistic function; `conduct` has one for each step, t being state, and steps
 * after the last use that of the last. With the spike s before, 0 at first:
 *
 *   i = x (1 - beta (1 - conduct[t]))
 *   v <- (1 - alpha (1 - tau)) v - (1 - alpha) linearDecay + i
 *        - (1 - alpha (1 - tau)) gamma v s - (1 - gamma) subreset s
 *   s = H(v - threshold)
 *
 * The gates alpha, beta, gamma begin near 1/2, drawn from U(-0.1, 0.1) before the logistic function.
 *
 * @throws `ARGUMENT` for an option outside of its domain; `SHAPE`, from the layer, for a state that does not fit, and
 * in a network for a sequence of more than T steps
 */
export function gatedLif(options: GatedLifOptions): Cell {
  checkObject('gatedLif', options)
  const kind = 'gatedLif'
  const { T, channels, tau = 0.25, threshold = 0.5, conduct = 0.5, surrogate = sigmoid(), raw = {} } = options
  const { linearDecay = threshold / (2 * T), subreset = threshold } = options
  const shape = channels === undefined ? [] : [channels]
  const share: Fault = (value) => numberFault(value, [0, 1])
  checkEach(kind, options, {
    T: wholeFault,
    channels: wholeFault,
    tau: share,
    threshold: share,
    conduct: share,
    linearDecay: share,
    subreset: share,
    surrogate: surrogateFault,
    raw: (value) => (typeof value === 'object' ? undefined : 'Variables by name'),
  })
  const gate = { shape, bound: 0.1 }
  const begin = (value: number) => ({ shape, bound: 0, at: Math.log(value / (1 - value)) })
  const specs = {
    alpha: gate,
    beta: gate,
    gamma: gate,
    tau: begin(tau),
    threshold: begin(threshold),
    linearDecay: begin(linearDecay),
    subreset: begin(subreset),
    conduct: { ...begin(conduct), shape: [T, ...shape] },
  }
  checkEach(
    `${kind}.raw`,
    raw,
    Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, variableFault(spec.shape)])),
  )
  const own = weights(kind, specs, raw)
  const spiking = surrogateParts(surrogate)
  return {
    contract: 1,
    kind,
    config: {
      T,
      ...(channels !== undefined && { channels }),
      tau,
      threshold,
      conduct,
      linearDecay,
      subreset,
      ...spiking.config,
    },
    variables: { ...own.variables, ...spiking.variables },
    trainable: [...Object.keys(specs), ...spiking.trainable],
    steps: T,
    initialize: own.initialize,
    initialState: (size, dtype) => ({
      v: full(size, 0, { dtype }),
      s: full(size, 0, { dtype }),
      t: scalar(0, 'int32'),
    }),
    step(x, state) {
      checkState(kind, x, state, ['v', 's'])
      const { v: before, s: fired, t } = state
      const now = stepIndex(kind, t, T)
      /** One value, or one for each channel against [N, C, ..]. */
      const value = (name: Raw): Tensor => {
        const learnt = own.variables[name].read()
        const share = (name === 'conduct' ? take(learnt, now, 0).at(0, 0) : learnt).cast(x.dtype).sigmoid()
        return channels === undefined ? share : share.reshape([channels, ...x.shape.slice(2).map(() => 1)])
      }
      const [alpha, beta, gamma] = [value('alpha'), value('beta'), value('gamma')]
      const kept = value('tau').neg().add(1).mul(alpha).neg().add(1)
      const drained = alpha.neg().add(1).mul(value('linearDecay'))
      const subtracted = gamma.neg().add(1).mul(value('subreset'))
      const i = x.mul(value('conduct').neg().add(1).mul(beta).neg().add(1))
      const carried = before!.mul(kept)
      const v = carried.sub(drained).add(i).sub(carried.mul(gamma).mul(fired!)).sub(subtracted.mul(fired!))
      const spike = surrogate.spike(v.sub(value('threshold')))
      return { spike, output: spike, state: { v, s: spike, t: t!.add(1) } }
    },
  }
}

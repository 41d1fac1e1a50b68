import { zeros, type ConvOptions, type DType, type Shape, type Tensor } from '@snn/tensor'

/**
 * A connection: `weight` [out, in] of a linear layer, or [O, C / groups, kernel] of a convolution over one or two axes
 * with its window.
 */
export interface Synapse extends ConvOptions {
  readonly weight: Tensor
}

/** What a rule remembers from step to step, by name. */
export type RuleState = Readonly<Record<string, Tensor>>

/** Traces of the spikes before and behind the connection, in their shapes at one step. */
export interface Traces extends RuleState {
  readonly tracePre: Tensor
  readonly tracePost: Tensor
}

/** What a learning rule says in one step. */
export interface Update<S extends RuleState> {
  /** The change of the weight, in its shape: w <- w + delta. Summed over the batch; without gradient. */
  readonly delta: Tensor
  readonly state: S
}

/** A local learning rule: pure functions of spikes, weight and state. */
export interface PlasticityRule<S extends RuleState = RuleState> {
  readonly contract: 1
  readonly kind: string
  /** Whether `step` needs a reward. */
  readonly needsReward: boolean
  /** State of a connection between spikes of these shapes at one step, [N, ..]. */
  initialState(synapse: Synapse, pre: Shape, post: Shape, dtype: DType): S
  /** One step: spikes before the connection, pre [N, ..], and behind it, post [N, ..]. */
  step(synapse: Synapse, pre: Tensor, post: Tensor, state: S, reward?: Tensor): Update<S>
}

/** Traces at the start. */
export function noTraces(pre: Shape, post: Shape, dtype: DType): Traces {
  return { tracePre: zeros(pre, { dtype }), tracePost: zeros(post, { dtype }) }
}

/** Traces of spikes that decay by a factor a step: tr <- keep tr + gain s. */
export function decayed(
  traces: Traces,
  pre: Tensor,
  post: Tensor,
  [keepPre, keepPost]: readonly [number, number],
  [gainPre, gainPost] = [1, 1],
): Traces {
  return {
    tracePre: traces.tracePre.mul(keepPre).add(pre.mul(gainPre)).stopGradient(),
    tracePost: traces.tracePost.mul(keepPost).add(post.mul(gainPost)).stopGradient(),
  }
}

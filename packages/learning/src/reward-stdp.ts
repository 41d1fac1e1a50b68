import { formatShape, SnnError, zeros, type Tensor } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { pairUpdate, type Pairing } from './correlate.js'
import { decayed, noTraces, type PlasticityRule, type Traces } from './rule.js'
import { checkTaus, same, type StdpOptions } from './stdp.js'

/** Traces and spikes of the step before, of which the eligibility is made. */
interface Eligible extends Traces {
  readonly pre: Tensor
  readonly post: Tensor
}

/** The same with a trace of the eligibility, in the shape of the weight. */
interface Traced extends Eligible {
  readonly traceEligibility: Tensor
}

export interface MstdpetOptions extends StdpOptions {
  /** Time constant of the trace of the eligibility, in steps. */
  readonly tauEligibility: number
}

/**
 * Reward-modulated STDP (MSTDP; Florian, Neural Computation 2007): what the step before made eligible is learned in
 * proportion to the reward, one per sample, [N], or one for all, []:
 *
 *   delta       =  sum over samples of reward eligibility
 *   tracePre    <- e^(-1 / tauPre) tracePre + pre           tracePost <- e^(-1 / tauPost) tracePost + post
 *   eligibility <- fPost(w) (post x tracePre) - fPre(w) (tracePost x pre)
 *
 * The state keeps the factors of the eligibility, not their product, so it needs no memory per sample and weight; fPost
 * and fPre see the weight at the time of the reward.
 *
 * @throws `ARGUMENT` unless the time constants are positive; in a step `ARGUMENT` without a reward, `SHAPE` for one of
 * another shape
 */
export function mstdp(options: StdpOptions): PlasticityRule<Eligible> {
  checkOptions('mstdp', options, ['tauPre', 'tauPost', 'fPre', 'fPost'])
  const { tauPre, tauPost, fPre = same, fPost = same } = options
  checkTaus('mstdp', { tauPre, tauPost })
  return {
    contract: 1,
    kind: 'mstdp',
    needsReward: true,
    initialState: (_, pre, post, dtype) => nothingEligible(pre, post, dtype),
    step(synapse, pre, post, before, reward) {
      const perSample = rewardFor('mstdp', reward, [[], [post.shape[0]!]]).cast(post.dtype)
      const scale = perSample.reshape([-1, ...post.shape.slice(1).map(() => 1)])
      const rewarded: Pairing = { ...before, post: before.post.mul(scale), tracePost: before.tracePost.mul(scale) }
      return {
        delta: pairUpdate('mstdp', synapse, rewarded, fPre, fPost),
        state: eligible(before, pre, post, tauPre, tauPost),
      }
    },
  }
}

/**
 * The same with an eligibility trace (MSTDPET; Florian 2007), for rewards that come late, one for all samples, []:
 *
 *   traceEligibility <- e^(-1 / tauEligibility) traceEligibility + eligibility / tauEligibility
 *   delta            =  reward traceEligibility
 *   then tracePre, tracePost and eligibility as `mstdp`, summed over samples
 *
 * @throws as `mstdp`
 */
export function mstdpet(options: MstdpetOptions): PlasticityRule<Traced> {
  checkOptions('mstdpet', options, ['tauPre', 'tauPost', 'tauEligibility', 'fPre', 'fPost'])
  const { tauPre, tauPost, tauEligibility, fPre = same, fPost = same } = options
  checkTaus('mstdpet', { tauPre, tauPost, tauEligibility })
  return {
    contract: 1,
    kind: 'mstdpet',
    needsReward: true,
    initialState: ({ weight }, pre, post, dtype) => ({
      ...nothingEligible(pre, post, dtype),
      traceEligibility: zeros(weight.shape, { dtype }),
    }),
    step(synapse, pre, post, before, reward) {
      const eligibility = pairUpdate('mstdpet', synapse, before, fPre, fPost)
      const traceEligibility = before.traceEligibility
        .mul(Math.exp(-1 / tauEligibility))
        .add(eligibility.div(tauEligibility))
      const delta = traceEligibility.mul(rewardFor('mstdpet', reward, [[]]).cast(post.dtype)).stopGradient()
      return { delta, state: { ...eligible(before, pre, post, tauPre, tauPost), traceEligibility } }
    },
  }
}

function nothingEligible(...[pre, post, dtype]: Parameters<typeof noTraces>): Eligible {
  return { ...noTraces(pre, post, dtype), pre: zeros(pre, { dtype }), post: zeros(post, { dtype }) }
}

function eligible(before: Traces, pre: Tensor, post: Tensor, tauPre: number, tauPost: number): Eligible {
  return {
    ...decayed(before, pre, post, [Math.exp(-1 / tauPre), Math.exp(-1 / tauPost)]),
    pre: pre.stopGradient(),
    post: post.stopGradient(),
  }
}

function rewardFor(kind: string, reward: Tensor | undefined, shapes: readonly (readonly number[])[]): Tensor {
  if (!reward)
    throw new SnnError('ARGUMENT', `[${kind}] no reward, expected one for each step. Give { reward }.`, {
      name: 'reward',
      value: undefined,
    })
  if (shapes.some((shape) => shape.length === reward.shape.length && shape.every((n, i) => n === reward.shape[i])))
    return reward
  throw new SnnError(
    'SHAPE',
    `[${kind}] reward of shape ${formatShape(reward.shape)} at one step, expected ${shapes.map(formatShape).join(' or ')}. Give one reward for all samples${shapes.length > 1 ? ', or one per sample' : ''}.`,
    { shapes: [reward.shape, ...shapes] },
  )
}

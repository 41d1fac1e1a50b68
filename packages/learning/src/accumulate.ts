import { formatShape, repeat, scan, SnnError, zeros, type Tensor } from '@snn/tensor'
import { checkMembers, checkTensor, checkOptions } from '@snn/tensor/library'
import type { PlasticityRule, RuleState, Synapse, Update } from './rule.js'

export interface AccumulateOptions<S extends RuleState> {
  /** Where to start from; default: the initial state. */
  readonly state?: S | undefined
  /** Of rules that need one: [] for all steps, [T], or [T, N]. */
  readonly reward?: Tensor | undefined
}

/**
 * A rule over whole sequences, with a weight that stays as it is meanwhile: spikes pre and post [T, N, ..] -> the sum
 * of the changes, and the last state.
 *
 * @throws `SHAPE` for sequences that do not fit each other or the connection, and what the rule throws
 */
export function accumulate<S extends RuleState>(
  rule: PlasticityRule<S>,
  synapse: Synapse,
  pre: Tensor,
  post: Tensor,
  options: AccumulateOptions<S> = {},
): Update<S> {
  checkMembers('accumulate', rule, 'rule', ['step()', 'initialState()'], 'a rule such as stdp(..)')
  checkMembers('accumulate', synapse, 'synapse', ['weight'], 'a synapse: { weight, .. }')
  checkTensor('accumulate', pre, 'pre')
  checkTensor('accumulate', post, 'post')
  checkOptions('accumulate', options, ['state', 'reward'])
  const { state, reward } = options
  const T = pre.shape[0]
  if (pre.shape.length < 3 || post.shape.length < 3 || post.shape[0] !== T || post.shape[1] !== pre.shape[1]) {
    throw new SnnError(
      'SHAPE',
      `[accumulate] spikes of shapes ${formatShape(pre.shape)} and ${formatShape(post.shape)}, expected [T, N, ..] with equal T and N. Add the missing axes.`,
      { shapes: [pre.shape, post.shape] },
    )
  }
  const start = {
    sum: zeros(synapse.weight.shape, { dtype: synapse.weight.dtype }),
    state: state ?? rule.initialState(synapse, pre.shape.slice(1), post.shape.slice(1), pre.dtype),
  }
  const rewards = reward && (reward.shape.length === 0 ? repeat(reward, T!) : reward)
  const [last] = scan(
    (before, now: { pre: Tensor; post: Tensor; reward?: Tensor }) => {
      const { delta, state: after } = rule.step(synapse, now.pre, now.post, before.state, now.reward)
      return [{ sum: before.sum.add(delta), state: after }, {}] as const
    },
    start,
    { pre, post, ...(rewards && { reward: rewards }) },
  )
  return { delta: last.sum, state: last.state }
}

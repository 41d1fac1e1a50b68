import { atan, wrongOption } from '@snn/surrogate'
import type { Tensor } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'
import { resetMembrane } from './reset.js'

type Currents = Readonly<Record<'excitatory' | 'inhibitory' | 'v', Tensor>>

function clearedWhere({ excitatory, inhibitory, v }: Currents, s: Tensor): Currents {
  const clear = (t: Tensor): Tensor => resetMembrane(t, s, t, { to: 0 })
  return { excitatory: clear(excitatory), inhibitory: clear(inhibitory), v: clear(v) }
}

const model = defineNeuron('alphaLif', {
  parameters: { alpha: 0.9, beta: 0.8 },
  within: { alpha: [0, 1], beta: [0, 1] },
  state: { excitatory: 0, inhibitory: 0, v: 0 },
  settings: { resetDelay: true },
  resets: ['zero', 'none'],
  defaults: { surrogate: atan() },
  charge: (x, { excitatory, inhibitory, v }, { alpha, beta, threshold }, { reset, resetDelay }) => {
    const k = alpha.log().div(beta.log().sub(alpha.log())).add(1)
    const [rise, fall] = [excitatory.mul(alpha).add(x), inhibitory.mul(beta).sub(x)]
    const charged = { excitatory: rise, inhibitory: fall, v: rise.add(fall).mul(k) }
    return resetDelay && reset !== 'none' ? clearedWhere(charged, v.ge(threshold).cast(v.dtype)) : charged
  },
  reset: (state, s, _parameters, { reset, resetDelay }) =>
    resetDelay || reset === 'none' ? state : clearedWhere(state, s),
})

/**
 * snnTorch's `Alpha`: two currents, `excitatory` and `inhibitory`, whose sum answers an input by the alpha function.
 * `alpha` must be above `beta`:
 *
 *   charge  excitatory <- alpha excitatory + x     inhibitory <- beta inhibitory - x
 *           v <- k (excitatory + inhibitory), k = ln alpha / (ln beta - ln alpha) + 1
 *           all three to 0 where the last step spiked, without gradient
 *   fire    s  = H(v - threshold)
 *   reset   none here; with resetDelay: false all three to 0 at once
 *
 * @throws `ARGUMENT` when alpha is not above beta
 */
export const alphaLif: typeof model = Object.assign(
  (...[options = {}]: Parameters<typeof model>) => {
    const cell = model(options)
    const { alpha = 0.9, beta = 0.8 } = options
    if (typeof alpha === 'number' && typeof beta === 'number' && alpha <= beta)
      throw wrongOption('alphaLif', 'alpha', alpha, `a number above beta, ${beta}`)
    return cell
  },
  { kind: model.kind, spec: model.spec },
)

import { SnnError, where, type Variable } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkNumber, createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js'

export interface SgdOptions extends OptimizerOptions {
  /** Default 0: none. */
  readonly momentum?: number
  /** Share of the gradient that does not enter the momentum. Default 0. */
  readonly dampening?: number
  /** Looks one step ahead along the momentum. Default false. */
  readonly nesterov?: boolean
}

/**
 * Stochastic gradient descent, with momentum (Sutskever et al. 2013) as PyTorch has it; lr is 1e-3 unless told:
 *
 *   g <- g + weightDecay p
 *   b <- g at the first step, then momentum b + (1 - dampening) g
 *   p <- p - lr b,    or with nesterov p - lr (g + momentum b),    or without momentum p - lr g
 *
 * @throws `ARGUMENT` for values outside of their domains, and for nesterov without momentum or with dampening
 */
export function sgd(parameters: Readonly<Record<string, Variable>>, options: SgdOptions = {}): Optimizer {
  checkOptions('sgd', options, ['momentum', 'dampening', 'nesterov', 'lr', 'clip', 'weightDecay'])
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options
  checkNumber('sgd', 'momentum', momentum, 0)
  checkNumber('sgd', 'dampening', dampening, 0)
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new SnnError(
      'ARGUMENT',
      `[sgd] nesterov with momentum ${momentum} and dampening ${dampening}, expected a momentum above 0 and no dampening.`,
      { name: 'nesterov', value: nesterov },
    )
  }
  return createOptimizer('sgd', parameters, 1e-3, options, {
    memory: momentum === 0 ? [] : ['momentum'],
    update(p, gradient, [b], { lr, first }) {
      const g = weightDecay === 0 ? gradient : gradient.add(p.mul(weightDecay))
      if (!b) return { value: p.sub(g.mul(lr)), memory: [] }
      const next = b.mul(momentum).add(dampening === 0 ? g : where(first, g, g.mul(1 - dampening)))
      return { value: p.sub((nesterov ? g.add(next.mul(momentum)) : next).mul(lr)), memory: [next] }
    },
  })
}

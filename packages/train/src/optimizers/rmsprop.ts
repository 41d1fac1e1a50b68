import type { Variable } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkNumber, createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js'

export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the averages. Default 0.99. */
  readonly alpha?: number
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number
  /** Default 0: none. */
  readonly momentum?: number
  /**
   * Divides by the standard deviation of gradients instead of the root of their mean square (Graves 2013). Default
   * false.
   */
  readonly centered?: boolean
}

/**
 * RMSprop (Tieleman and Hinton 2012) as PyTorch has it, lr 1e-2 unless told:
 *
 *   g <- g + weightDecay p
 *   v <- alpha v + (1 - alpha) g^2      m <- alpha m + (1 - alpha) g (centered)
 *   d  = g / (sqrt(v - m^2) + epsilon), without m unless centered
 *   b <- momentum b + d
 *   p <- p - lr b,    or without momentum p - lr d
 *
 * @throws `ARGUMENT` for values outside of their domains
 */
export function rmsprop(parameters: Readonly<Record<string, Variable>>, options: RmspropOptions = {}): Optimizer {
  checkOptions('rmsprop', options, ['alpha', 'epsilon', 'momentum', 'centered', 'lr', 'clip', 'weightDecay'])
  const { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options
  checkNumber('rmsprop', 'alpha', alpha, 0, 1)
  checkNumber('rmsprop', 'epsilon', epsilon, 0)
  checkNumber('rmsprop', 'momentum', momentum, 0)
  return createOptimizer('rmsprop', parameters, 1e-2, options, {
    memory: ['square', ...(centered ? ['mean'] : []), ...(momentum === 0 ? [] : ['momentum'])],
    update(p, gradient, before, { lr }) {
      const [v, ...rest] = before
      const g = weightDecay === 0 ? gradient : gradient.add(p.mul(weightDecay))
      const square = v!.mul(alpha).add(g.square().mul(1 - alpha))
      const mean = centered ? rest[0]!.mul(alpha).add(g.mul(1 - alpha)) : undefined
      const spread = mean ? square.sub(mean.square()) : square
      const direction = g.div(spread.sqrt().add(epsilon))
      const memory = mean ? [square, mean] : [square]
      if (momentum === 0) return { value: p.sub(direction.mul(lr)), memory }
      const next = rest.at(-1)!.mul(momentum).add(direction)
      return { value: p.sub(next.mul(lr)), memory: [...memory, next] }
    },
  })
}

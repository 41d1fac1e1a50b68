import type { Variable } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkNumber, createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js'

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the averages of gradients and of their squares. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the root in the denominator. Default 1e-8. */
  readonly epsilon?: number
  /** Divides by the highest average of squares so far (Reddi et al., ICLR 2018). Default false. */
  readonly amsgrad?: boolean
}

/**
 * Adam (Kingma and Ba, ICLR 2015), lr 1e-3 unless told:
 *
 *   g <- g + weightDecay p
 *   m <- b1 m + (1 - b1) g      v <- b2 v + (1 - b2) g^2
 *   p <- p - lr (m / c1) / (sqrt(v / c2) + epsilon),    c_i = 1 - b_i^steps
 *
 * c1 and c2 are kept as the same averages, of ones: 1 - b^steps itself loses half of its digits in float32.
 *
 * @throws `ARGUMENT` for values outside of their domains
 */
export function adam(parameters: Readonly<Record<string, Variable>>, options: AdamOptions = {}): Optimizer {
  checkOptions('adam', options, ['betas', 'epsilon', 'amsgrad', 'lr', 'clip', 'weightDecay'])
  return adamOptimizer('adam', parameters, options, options.weightDecay ?? 0, false)
}

/**
 * Adam with decay of weights apart from the gradient (Loshchilov and Hutter, ICLR 2019), weightDecay 0.01 and lr 1e-3
 * unless told:
 *
 *   p <- p - lr weightDecay p, then as `adam` without decay
 *
 * @throws `ARGUMENT` for values outside of their domains
 */
export function adamW(parameters: Readonly<Record<string, Variable>>, options: AdamOptions = {}): Optimizer {
  checkOptions('adamW', options, ['betas', 'epsilon', 'amsgrad', 'lr', 'clip', 'weightDecay'])
  return adamOptimizer('adamW', parameters, options, options.weightDecay ?? 0.01, true)
}

function adamOptimizer(
  kind: string,
  parameters: Readonly<Record<string, Variable>>,
  options: AdamOptions,
  weightDecay: number,
  decoupled: boolean,
): Optimizer {
  const { betas: [b1, b2] = [0.9, 0.999], epsilon = 1e-8, amsgrad = false } = options
  checkNumber(kind, 'betas[0]', b1, 0, 1)
  checkNumber(kind, 'betas[1]', b2, 0, 1)
  checkNumber(kind, 'epsilon', epsilon, 0)
  return createOptimizer(kind, parameters, 1e-3, options, {
    memory: amsgrad ? ['mean', 'square', 'highest'] : ['mean', 'square'],
    shared: { meanOfOnes: (c) => c.mul(b1).add(1 - b1), squareOfOnes: (c) => c.mul(b2).add(1 - b2) },
    update(before, gradient, [m, v, highest], { lr }, { meanOfOnes, squareOfOnes }) {
      const p = decoupled && weightDecay !== 0 ? before.sub(before.mul(lr.mul(weightDecay))) : before
      const g = decoupled || weightDecay === 0 ? gradient : gradient.add(before.mul(weightDecay))
      const mean = m!.mul(b1).add(g.mul(1 - b1))
      const square = v!.mul(b2).add(g.square().mul(1 - b2))
      const most = highest?.maximum(square)
      const denominator = (most ?? square).sqrt().div(squareOfOnes!.sqrt()).add(epsilon)
      return {
        value: p.sub(mean.div(denominator).mul(lr.div(meanOfOnes!))),
        memory: [mean, square, ...(most ? [most] : [])],
      }
    },
  })
}

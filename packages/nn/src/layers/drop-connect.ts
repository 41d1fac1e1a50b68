import { uniform, zerosVariable, type Tensor } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkSize } from '../axes.js'
import { check, checkProbability } from '../check.js'
import { defineStatefulLayer, type StatefulLayer } from '../layer.js'
import { linearWeights, type WeightedOptions } from '../weighted.js'
import { affine } from './linear.js'

/** Settings of a linear layer whose connections are dropped in training. */
export interface DropConnectConfig {
  /** Probability of a connection being dropped, in [0, 1). */
  readonly p: number
  /** Whether the same connections stay dropped at all steps. */
  readonly invariant: boolean
  readonly activation: 'relu' | 'none'
}

/**
 * Fully connected, each sample with connections of its own (Wan et al., ICML 2013):
 *
 *   training   y = f((mask W) x + mask' b), mask = 1 with probability 1 - p, else 0
 *   otherwise  y = E f(u), u normal with mean (1 - p) (W x + b) and variance p (1 - p) (W^2 x^2 + b^2)
 *
 * with the activation f inside. For f = ReLU the expectation is mean Phi(mean / s) + s phi(mean / s), s the standard
 * deviation: what the paper samples. `weight` [out, in], optional `bias` [out], and `counter`, the number of the next
 * draw.
 */
export const dropConnectLinearLayer = defineStatefulLayer<DropConnectConfig, 'dropConnectLinear'>(
  'dropConnectLinear',
  ({ p, invariant, activation }, { weight, bias, counter }) => {
    let seed = 0
    return {
      initialize(key) {
        seed = key
      },
      initialState: () => ({ draw: counter!.read() }),
      step(x, state, { training }) {
        const [w, b] = [weight!.read(), bias?.read()]
        checkSize('dropConnectLinear', x, -1, w.shape[1]!)
        if (!training) {
          const mean = affine('dropConnectLinear', x, w, b).mul(1 - p)
          return {
            output:
              activation === 'none'
                ? mean
                : rectified(mean, affine('dropConnectLinear', x.square(), w.square(), b?.square()).mul(p * (1 - p))),
            state,
          }
        }
        const draw = state['draw']!
        counter!.assign(draw.add(1))
        const N = x.shape[0]!
        // streams 0 and 1 drew the weights
        const masked = (t: Tensor, stream: number): Tensor =>
          t.mul(
            uniform([N, ...t.shape], { seed, stream, offset: draw })
              .ge(p)
              .cast(t.dtype),
          )
        const product = x.reshape([N, -1, w.shape[1]!]).matmul(masked(w, 2).transpose())
        const y = (b ? product.add(masked(b, 3).expandDims(1)) : product).reshape([...x.shape.slice(0, -1), -1])
        return { output: activation === 'relu' ? y.relu() : y, state: { draw: invariant ? draw : draw.add(1) } }
      },
    }
  },
  ['weight', 'bias'],
)

/** E max(u, 0) for u normal. */
function rectified(mean: Tensor, variance: Tensor): Tensor {
  const s = variance.maximum(1e-20).sqrt()
  const z = mean.div(s)
  const below = z.mul(Math.SQRT1_2).erf().add(1).mul(0.5)
  return mean.mul(below).add(
    s.mul(
      z
        .square()
        .mul(-0.5)
        .exp()
        .mul(1 / Math.sqrt(2 * Math.PI)),
    ),
  )
}

export interface DropConnectOptions extends WeightedOptions {
  /** Probability of a connection being dropped. Default 0.5. */
  readonly p?: number
  /** Whether the same connections stay dropped at all steps. Default false. */
  readonly invariant?: boolean
  /** What follows inside of the layer. Default 'relu'. */
  readonly activation?: 'relu' | 'none'
}

/**
 * Fully connected with dropped connections. See `dropConnectLinearLayer`.
 *
 * @throws `ARGUMENT` for sizes that are not positive whole numbers, and p outside of [0, 1)
 */
export function dropConnectLinear(inputs: number, outputs: number, options: DropConnectOptions = {}): StatefulLayer {
  checkOptions('dropConnectLinear', options, ['p', 'invariant', 'activation', 'bias', 'weightInit', 'biasInit'])
  const { p = 0.5, invariant = false, activation = 'relu' } = options
  checkProbability('dropConnectLinear', p)
  check(
    'dropConnectLinear',
    'activation',
    activation,
    activation === 'relu' || activation === 'none',
    "'relu' or 'none'",
  )
  const weights = linearWeights('dropConnectLinear', inputs, outputs, options)
  const layer = dropConnectLinearLayer(
    { p, invariant, activation },
    { ...weights.variables, counter: zerosVariable([], { name: 'dropConnectLinear.counter', dtype: 'int32' }) },
  )
  return {
    ...layer,
    initialize(key) {
      weights.initialize(key)
      layer.initialize!(key)
    },
  }
}

import { concat, formatShape, sameShape, SnnError, zeros, type Shape, type Tensor } from '@snn/tensor'
import { checkMembers, checkOptions } from '@snn/tensor/library'
import { checkSizes } from '../check.js'
import { drawnWeights, keyOf } from '../initialize.js'
import type { Config, StatefulLayer, Variables } from '../layer.js'
import { binary, type BinaryFunction } from '../layers/arithmetic.js'
import { linearLayer } from '../layers/linear.js'
import type { Part } from '../sequential.js'
import type { WeightedOptions } from '../weighted.js'
import { partLayer, prefixed, unprefixed } from './part-layer.js'

/**
 * How the input of a step and the output of the step before become the input of the inner part: a name, or a function
 * of one's own.
 */
export type Combine = BinaryFunction | ((x: Tensor, y: Tensor) => Tensor)

/**
 * A loop around a layer or network `sub` that keeps the shape of its input:
 *
 *   y[t] = sub(combine(x[t], y[t-1])), y[-1] = 0
 *
 * The state is `y` and that of `sub`, under `sub.`
 *
 * @throws `ARGUMENT` for a network with several inputs or outputs; `SHAPE`, when run, where y has not the shape of x
 */
export function elementwiseRecurrent(sub: Part, combine: Combine = 'add'): StatefulLayer {
  const named = typeof combine === 'string'
  if (named && !(combine in binary)) {
    throw new SnnError(
      'ARGUMENT',
      `[elementwiseRecurrent] combine '${combine}', expected one of ${Object.keys(binary).join(', ')}, or a function of (x, y). Correct it.`,
      { name: 'combine', value: combine },
    )
  }
  return recurrent('elementwiseRecurrent', { combine: named ? combine : 'custom' }, sub, {
    variables: {},
    feed: named ? binary[combine] : combine,
    outputShape: (shape) => shape,
  })
}

/**
 * A loop around a layer or network `sub` from [.., inputs] to [.., outputs]:
 *
 *   y[t] = sub(W [x[t], y[t-1]] + b), y[-1] = 0, with `weight` [inputs, inputs + outputs] and `bias` [inputs]
 *
 * The weights are drawn as those of `linear`. The state is `y` and that of `sub`, under `sub.`
 *
 * @throws `ARGUMENT` for sizes that are not positive whole numbers, and as `elementwiseRecurrent`
 */
export function linearRecurrent(
  sub: Part,
  inputs: number,
  outputs: number,
  options: WeightedOptions = {},
): StatefulLayer {
  checkOptions('linearRecurrent', options, ['bias'])
  const { bias = true } = options
  checkSizes('linearRecurrent', { inputs, outputs })
  const { variables, initialize } = drawnWeights(
    'linearRecurrent',
    { weight: [inputs, inputs + outputs], ...(bias && { bias: [inputs] }) },
    inputs + outputs,
  )
  return linearRecurrentLayer(sub, variables, initialize)
}

/** The same over given arrays. */
export function linearRecurrentLayer(
  sub: Part,
  variables: Variables,
  initialize?: (key: number) => void,
): StatefulLayer {
  checkMembers(
    'linearRecurrentLayer',
    variables,
    'variables',
    ['weight'],
    'Variables by name: weight [inputs, inputs + outputs], and bias [inputs]',
  )
  const linear = linearLayer({}, variables)
  const [inputs, both] = variables['weight']!.shape as readonly [number, number]
  return recurrent('linearRecurrent', {}, sub, {
    variables,
    feed: (x, y) => linear.apply([concat([x, y], -1)], { training: false, lead: 1 }),
    outputShape: (shape) => [...shape.slice(0, -1), both - inputs],
    initialize,
  })
}

interface Loop {
  readonly variables: Variables
  feed(x: Tensor, y: Tensor): Tensor
  outputShape(shape: Shape): Shape
  readonly initialize?: ((key: number) => void) | undefined
}

function recurrent(kind: string, config: Config, part: Part, loop: Loop): StatefulLayer {
  const sub = partLayer(kind, part)
  return {
    contract: 1,
    kind,
    config: { ...config, sub: { kind: sub.kind, config: sub.config } },
    get variables() {
      return { ...loop.variables, ...prefixed('sub', sub.variables()) }
    },
    get trainable() {
      return [...Object.keys(loop.variables), ...sub.trainable().map((name) => `sub.${name}`)]
    },
    initialize(key) {
      loop.initialize?.(key)
      sub.initialize?.(keyOf(key, 'sub'))
    },
    initialState: (shape, dtype) => ({
      y: zeros(loop.outputShape(shape), { dtype }),
      ...prefixed('sub', sub.initialState(shape, dtype)),
    }),
    step(x, state, context) {
      const { state: after, ...result } = sub.step(loop.feed(x, state['y']!), unprefixed('sub', state), context)
      checkOutput(kind, result.output.shape, state['y']!.shape)
      return { ...result, state: { y: result.output, ...prefixed('sub', after) } }
    },
  }
}

function checkOutput(kind: string, got: Shape, expected: Shape): void {
  if (sameShape(got, expected)) return
  throw new SnnError(
    'SHAPE',
    `[${kind}] the inner part gives ${formatShape(got)}, expected ${formatShape(expected)}, so that it can come in again. Correct the sizes of the inner part.`,
    { shapes: [got, expected] },
  )
}

import type { Tensor } from '@snn/tensor'
import { sampleAxis } from '../axes.js'
import { defineLayer } from '../layer.js'

/** The functions of two tensors that a layer can name. */
export const binary = {
  add: (x: Tensor, y: Tensor) => x.add(y),
  sub: (x: Tensor, y: Tensor) => x.sub(y),
  mul: (x: Tensor, y: Tensor) => x.mul(y),
  div: (x: Tensor, y: Tensor) => x.div(y),
  pow: (x: Tensor, y: Tensor) => x.pow(y),
  minimum: (x: Tensor, y: Tensor) => x.minimum(y),
  maximum: (x: Tensor, y: Tensor) => x.maximum(y),
} as const

/** Functions of two values. */
export type BinaryFunction = keyof typeof binary

/** Sum of all inputs of equal shape: where the branches of a residual network meet. */
export const addLayer = defineLayer<object, 'add'>('add', (inputs) => inputs.reduce((a, b) => a.add(b)))

/** One function of two inputs that broadcast over a sample's axes. */
export const binaryLayer = defineLayer<{ readonly function: BinaryFunction }, 'binary'>('binary', ([x, y], config) =>
  binary[config.function](x, y as Tensor),
)

/**
 * The same with the second operand a constant: the array `operand`, which broadcasts over a sample. `swap`: f(operand,
 * x).
 */
export const constantLayer = defineLayer<{ readonly function: BinaryFunction; readonly swap: boolean }, 'constant'>(
  'constant',
  ([x], config, { operand }) => {
    const c = operand!.read()
    return config.swap ? binary[config.function](c, x) : binary[config.function](x, c)
  },
  [],
)

/** Sum or mean or maximum over axes of a sample. */
export const reduceLayer = defineLayer<
  { readonly function: 'sum' | 'mean' | 'max' | 'min'; readonly axes: readonly number[]; readonly keepDims: boolean },
  'reduce'
>('reduce', ([x], config, _, context) =>
  x[config.function](
    config.axes.map((axis) => sampleAxis(axis, context)),
    { keepDims: config.keepDims },
  ),
)

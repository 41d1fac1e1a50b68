import { SnnError, type Tensor } from '@snn/tensor'
import { defineLayer } from '../layer.js'

const functions = {
  /** x y */
  and: (x: Tensor, y: Tensor) => x.mul(y),
  /** x + y - x y */
  or: (x: Tensor, y: Tensor) => x.add(y).sub(x.mul(y)),
  /** y without x: (1 - x) y */
  iand: (x: Tensor, y: Tensor) => y.sub(x.mul(y)),
} as const

/** Functions of two spikes. */
export type LogicFunction = keyof typeof functions

/**
 * Two inputs of spikes, so that spikes come out: where the branches of a spiking residual network meet (Fang et al.,
 * NeurIPS 2021).
 */
export const logicLayer = defineLayer<{ readonly function: LogicFunction }, 'logic'>(
  'logic',
  ([x, y, ...more], config) => {
    if (y && more.length === 0) return functions[config.function](x, y)
    throw new SnnError(
      'ARGUMENT',
      `[logic] ${y ? more.length + 2 : 1} inputs, expected two. Build a Network of named nodes.`,
      { name: 'inputs', value: more.length },
    )
  },
)

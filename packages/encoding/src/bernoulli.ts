import { SnnError, formatShape, uniform, type Tensor, type Variable } from '@snn/tensor'
import { checkTensor, checkObject } from '@snn/tensor/library'
import { checkFloat } from './check.js'

/** What the random numbers of an encoder follow from; equal ones give equal spikes on every backend. */
export interface RandomOptions {
  /** Default 0. */
  readonly seed?: number
  /**
   * Which draw of the seed: an int32 scalar, such as the step index of a scan. A Variable is read and then counts on by
   * one, so that every call of a compiled function draws anew. Default 0: the same numbers at each call.
   */
  readonly counter?: number | Tensor | Variable
}

/**
 * One draw: 1 with probability p, else 0; p of any shape, below 0 counts as 0 and above 1 as 1. There is no gradient;
 * `poissonPass` of @snn/surrogate has one.
 *
 *   s = [u < p],  u uniform in [0, 1)
 *
 * @throws `DTYPE` unless p is of a floating-point type, `ARGUMENT` for a seed or counter that is not a whole number
 */
export function bernoulli(p: Tensor, options: RandomOptions = {}): Tensor {
  checkTensor('bernoulli', p, 'p')
  checkObject('bernoulli', options)
  checkFloat('bernoulli', p)
  return uniform(p.shape, { seed: options.seed ?? 0, offset: drawOf('bernoulli', options.counter) })
    .cast(p.dtype)
    .lt(p)
    .cast(p.dtype)
}

/** The number of the draw; a Variable counts on. */
export function drawOf(operation: string, counter: RandomOptions['counter'] = 0): Tensor | number {
  if (
    typeof counter === 'number' ? !Number.isSafeInteger(counter) : counter.dtype !== 'int32' || counter.shape.length > 0
  ) {
    const got = typeof counter === 'number' ? String(counter) : `${counter.dtype}${formatShape(counter.shape)}`
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] option counter: ${got}, expected a whole number or an int32 scalar. Use variable({ data: Int32Array.of(0), shape: [] }).`,
      { name: 'counter', value: got },
    )
  }
  if (typeof counter === 'number' || !('assign' in counter)) return counter
  const draw = counter.read()
  counter.assign(draw.add(1))
  return draw
}

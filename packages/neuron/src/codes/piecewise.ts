import { where, type Tensor } from '@snn/tensor'

/** The activations that a graded neuron carries; the first is the default. */
export const activations = ['relu', 'clip', 'leakyRelu', 'identity'] as const

export interface PiecewiseParameters {
  readonly slope: Tensor
  readonly low: Tensor
  readonly high: Tensor
}

/** max(x, 0);  min(max(x, low), high);  x where x > 0, else slope x;  x */
export function piecewise(
  name: (typeof activations)[number],
  x: Tensor,
  { slope, low, high }: PiecewiseParameters,
): Tensor {
  if (name === 'relu') return x.relu()
  if (name === 'clip') return x.maximum(low).minimum(high)
  return name === 'leakyRelu' ? where(x.gt(0), x, x.mul(slope)) : x
}

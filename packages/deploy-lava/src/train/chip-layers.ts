import { defineLayer, type StatefulLayer } from '@snn/nn'
import { sigmoid, type Surrogate } from '@snn/surrogate'
import { conv, customGradient, where, zeros, type Tensor, type Variable } from '@snn/tensor'
import { scaleCut } from '../sim/compiled/flow.js'
import { half24 } from '../sim/integers.js'
import { toIntegers, type Rounding } from './quantized-weights.js'

/**
 * A dense synapse of the chip: a = W s in the integers of the file. `weight` [out, in], over the threshold; spikes [..,
 * in].
 */
export const lavaDense = defineLayer<Rounding>('lavaDense', ([s], rounding, { weight }) =>
  s.matmul(toIntegers(weight!.read(), rounding).transpose()),
)

export interface LavaConvConfig extends Rounding {
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly groups: number
}

/** A convolution of the chip. `weight` [O, C / groups, kH, kW], over the threshold; spikes [.., C, H, W]. */
export const lavaConv = defineLayer<LavaConvConfig>(
  'lavaConv',
  ([s], { stride, padding, dilation, groups, ...rounding }, { weight }) =>
    conv(s, toIntegers(weight!.read(), rounding), { stride, padding, dilation, groups }),
)

export interface LavaLifConfig {
  /** Of 4096: what of u and of v is lost in a step. */
  readonly iDecay: number
  readonly vDecay: number
  /** Undefined: never fires, and hands out its membrane. */
  readonly vThMant: number | undefined
  /** A weight 1 of the network in the file. */
  readonly scale: number
  /** Axes of a sample. */
  readonly axes: number
}

/** Largest bias: 13 bits with sign. */
const bias13: Omit<Rounding, 'scale'> = { step: 1, most: 4095 }

/**
 * The chip's neurons, with their own arithmetic (`processes/lif.ts`), of a = W s:
 *
 *   u <- cut(u (4096 - iDecay) / 4096) + 64 a,  wrapped to 24 bits
 *   v <- cut(v (4096 - vDecay) / 4096) + u + 64 bias,  clipped to 24 bits
 *   s  = v > 64 vThMant;  then v = 0
 *
 * In the backward pass nothing is cut, wrapped or clipped, and a spike has the surrogate's gradient in units of the
 * threshold. Neurons that never fire hand out v in units of the network.
 */
export function lavaLif(
  config: LavaLifConfig,
  variables: { readonly bias?: Variable },
  surrogate: Surrogate = sigmoid(),
): StatefulLayer {
  const { iDecay, vDecay, vThMant, scale, axes } = config
  const unit = 1 / (64 * scale)
  return {
    contract: 1,
    kind: 'lavaLif',
    config: { ...config },
    variables: { ...variables },
    initialState: (shape, dtype) => ({ u: zeros(shape, { dtype }), v: zeros(shape, { dtype }) }),
    step(a, { u, v }) {
      const x = decayed(u!, 4096 - iDecay)?.add(a.mul(64)) ?? a.mul(64)
      const current = where(x.gt(half24), x.sub(2 * half24), where(x.le(-half24), x.add(2 * half24), x))
      const driven = decayed(v!, 4096 - vDecay)?.add(current) ?? current
      const voltage = passing(variables.bias ? driven.add(biasOf(variables.bias)) : driven, (exact) =>
        exact.clip(1 - half24, half24 - 1),
      )
      if (vThMant === undefined) return { output: voltage.mul(unit), state: { u: current, v: voltage } }
      // whole numbers: above the threshold is at least one above it
      const spike = surrogate.spike(voltage.sub(64 * vThMant + 1).mul(unit))
      return { spike, output: spike, state: { u: current, v: voltage.mul(spike.neg().add(1)) } }
    },
  }

  function biasOf(bias: Variable): Tensor {
    const integers = toIntegers(bias.read(), { ...bias13, scale }).mul(64)
    return axes === 1 ? integers : integers.reshape([-1, ...Array<number>(axes - 1).fill(1)])
  }
}

/**
 * What is left of a state in the next step, cut toward zero, with the gradient of the product; undefined for nothing.
 */
function decayed(state: Tensor, left: number): Tensor | undefined {
  if (left === 0) return undefined
  if (left === 4096) return state
  return customGradient(scaleCut(state, left, 12), [state], (dy) => [dy.mul(left / 4096)])
}

function passing(x: Tensor, exact: (x: Tensor) => Tensor): Tensor {
  return customGradient(exact(x), [x], (dy) => [dy])
}

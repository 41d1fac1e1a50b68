import type { NetValue } from './net-value.js'

/**
 * A network as lava-dl's `.net` files hold it: `layers[i]` is the group `/layer/i`.
 *
 * | kind | values |
 * |---|---|
 * | all | `type`, `shape` (C, H, W or [N]) |
 * | `input` | `neuron/*`, `weight`, `bias` (a note for whoever drives the neurons; the network does not apply them) |
 * | `dense` | `weight` [out, in], `bias` [out], `delay`, `inFeatures`, `outFeatures`, `neuron/*` |
 * | `dense` of resonators | `weight/real`, `weight/imag` instead of `weight` |
 * | `dense_rec` | `dense`, and `weight_rec` [out, out] |
 * | `conv` | `weight` [O, I / groups, kH, kW], `bias` [O], `stride`, `padding`, `dilation` ([H, W]), `groups`, `inChannels`, `outChannels`, `kernelSize`, `neuron/*` |
 * | `flatten` | `shape` |
 *
 * | neuron (`neuron/type`) | values |
 * |---|---|
 * | `CUBA`, `LOIHI` | `iDecay`, `vDecay` (12 bits), `vThMant` (17 bits), `refDelay`, `gradedSpike` |
 * | `SDNN` | `vThMant`, `sigma_output` |
 * | `RF_PHASE`, `RF_IZHIKEVICH` | `sinDecay`, `cosDecay`, `vThMant` |
 */
export interface NetFile {
  readonly layers: readonly NetLayer[]
  /** Data sets beside the layers, by path: `simulation/Ts`. */
  readonly other: Readonly<Record<string, NetValue>>
}

/** One layer of a `.net` file. */
export interface NetLayer {
  readonly kind: string
  /** Every data set of the layer by its path in the group: `weight`, `neuron/vThMant`, .. */
  readonly values: Readonly<Record<string, NetValue>>
}

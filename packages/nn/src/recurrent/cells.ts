import { customGradient, type Tensor } from '@snn/tensor'

type Spike = (u: Tensor) => Tensor

/**
 * Equations of a spiking recurrent cell, of the gates' shares of W x + b (`a`) and of W h + b (`b`). `h` is the output.
 */
export interface RecurrentCell {
  readonly gates: number
  readonly state: readonly ['h', ...string[]]
  step(
    a: readonly Tensor[],
    b: readonly Tensor[],
    state: Readonly<Record<string, Tensor>>,
    spike: Spike,
    spikeCandidate: Spike,
  ): Readonly<Record<string, Tensor>>
}

/** h = H(W x + W h) */
export const vanillaCell: RecurrentCell = {
  gates: 1,
  state: ['h'],
  step: (a, b, _, spike) => ({ h: spike(a[0]!.add(b[0]!)) }),
}

/**
 *   [i, f, g, o] = H(W x + W h)
 *   c = min(c f + i g, 1), the minimum without an effect on the gradient
 *   h = c o
 */
export const lstmCell: RecurrentCell = {
  gates: 4,
  state: ['h', 'c'],
  step: (a, b, { c }, spike, spikeCandidate) => {
    const [i, f, g, o] = a.map((x, gate) => (gate === 2 ? spikeCandidate : spike)(x.add(b[gate]!)))
    const sum = c!.mul(f!).add(i!.mul(g!))
    const now = customGradient(sum.minimum(1), [sum], (dy) => [dy])
    return { h: now.mul(o!), c: now }
  },
}

/**
 *   [r, z] = H(W x + W h)
 *   n = H(W x + r (W h))
 *   h = (1 - z) n + z h
 */
export const gruCell: RecurrentCell = {
  gates: 3,
  state: ['h'],
  step: (a, b, { h }, spike, spikeCandidate) => {
    const r = spike(a[0]!.add(b[0]!))
    const z = spike(a[1]!.add(b[1]!))
    const n = spikeCandidate(a[2]!.add(r.mul(b[2]!)))
    return { h: z.neg().add(1).mul(n).add(z.mul(h!)) }
  },
}

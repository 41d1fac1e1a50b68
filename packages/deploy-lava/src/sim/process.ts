/** Numbers for all neurons of a process: one for all, or one each in the order of its shape. */
export type PerNeuron = number | ArrayLike<number>

/**
 * A process that runs. In each step of Lava every synapse sends the sum it made in the step before, then every neuron
 * takes what arrived, changes its state and sends, then every synapse takes what arrived and sums.
 */
export interface RunningProcess {
  /** What arrives, by port. The network puts its arrays here. */
  readonly inputs: Record<string, Int32Array>
  /** What it sent in this step. */
  readonly out: Int32Array
  /** By Lava's names of the variables. */
  readonly state: Readonly<Record<string, Int32Array>>
  /** Fills `out`. Lava counts steps from 1. */
  send(step: number): void
  /** Synapses: sums what arrived in this step. */
  receive?(): void
}

/** `value` for `count` neurons. */
export function perNeuron(value: PerNeuron | undefined, count: number, fallback = 0): Int32Array {
  const given = value ?? fallback
  return typeof given === 'number' ? new Int32Array(count).fill(given) : Int32Array.from(given)
}

/** The same in doubles: thresholds and decays are not cut to 32 bits. */
export function perNeuronWide(value: PerNeuron, count: number): Float64Array {
  return typeof value === 'number' ? new Float64Array(count).fill(value) : Float64Array.from(value)
}

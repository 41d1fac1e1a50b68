/** A neuron's currents over time and the activation that it should have, for one place of one sample. */
export interface Trace {
  /** Its channel. */
  readonly channel: number
  /** Currents, one a step. */
  readonly currents: Float64Array
  readonly activation: number
}

export interface GridOptions {
  readonly T: number
  /** First step that it may fire at, and how many it integrates before. */
  readonly start: number
  readonly wait: number
  readonly signed: boolean
  /** No threshold above this. */
  readonly cap: number
}

export interface ChosenNeuron {
  readonly threshold: number
  readonly initial: number
  readonly current: number
}

const thresholdShares: readonly number[] = Array.from({ length: 11 }, (_, i) => (i + 1) / 10)
const ramps: readonly number[] = [0, 0.25, 0.5, 0.75, 1]

/**
 * Threshold and ramp of one channel, by trying: threshold = f max, initial potential threshold (1/2 - beta), current beta threshold / T, and
 * of all f and beta the pair with the least
 *
 *   mean((mean over t of o - a)^2) + mean over t of mean((sum over s <= t of o[s] / T - a (t + 1) / T)^2)
 *
 * where o is what the neuron emits and a the ANN's activation: as many spikes as needed, and evenly.
 */
export function chooseNeuron(traces: readonly Trace[], largest: number, options: GridOptions): ChosenNeuron {
  const { T, cap } = options
  let best: ChosenNeuron = { threshold: Math.min(largest, cap), initial: Math.min(largest, cap) / 2, current: 0 }
  let least = Infinity
  for (const share of thresholdShares) {
    const threshold = Math.min(share * largest, cap)
    for (const beta of ramps) {
      const neuron = { threshold, initial: threshold * (0.5 - beta), current: (beta * threshold) / T }
      let error = 0
      for (const trace of traces) {
        error += errorOf(trace, neuron, options)
        if (error >= least) break
      }
      if (error < least) [least, best] = [error, neuron]
    }
    if (threshold === cap) break
  }
  return best
}

/** The same arithmetic as `windowedIntegrateAndFire` and `signedIntegrateAndFire` of @snn/neuron. */
function errorOf({ currents, activation }: Trace, { threshold, initial, current }: ChosenNeuron, { T, start, wait, signed }: GridOptions): number {
  const charging = start - wait + T
  let v = initial
  let count = 0
  let uneven = 0
  for (let t = 0; t < start + T; t++) {
    if (t < charging) v += currents[t]! + (t >= start - wait ? current : 0)
    if (t < start) continue
    if (v >= threshold) {
      v -= threshold
      count++
    } else if (signed && v < 0 && count > 0) {
      v += threshold
      count--
    }
    const ahead = (count * threshold - activation * (t - start + 1)) / T
    uneven += ahead * ahead
  }
  const off = (count * threshold) / T - activation
  return off * off + uneven / T
}

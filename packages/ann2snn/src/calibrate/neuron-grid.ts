/** A neuron's currents over time and the activation that it should have, for one place of one sample. */
export interface Trace {
  /** Currents, one for each step that it integrates: the last come in while it may already fire. */
  readonly currents: Float64Array
  readonly activation: number
}

export interface GridOptions {
  /** Steps that it may fire at. */
  readonly T: number
  /** Steps that it integrates before, with its own current. */
  readonly wait: number
  readonly signed: boolean
  /** No threshold above this. */
  readonly cap: number
  /** Whether it can only start at 0. */
  readonly fromZero?: boolean
  /** Whether it is reset to 0, and not by subtraction. */
  readonly hard?: boolean
  /** It cannot fire at less. */
  readonly least?: number
}

export interface ChosenNeuron {
  /** What a spike stands for. */
  readonly threshold: number
  /** The potential that it fires at: the threshold, but for neurons that lose what exceeds it. */
  readonly level: number
  readonly initial: number
  readonly current: number
}

/** The usual ones first: what is worse than those is soon given up. */
const thresholdShares: readonly number[] = Array.from({ length: 11 }, (_, i) => (11 - i) / 10)
const ramps: readonly number[] = [0, 0.25, 0.5, 0.75, 1]
/**
 * For a reset to 0: what is lost at a spike is less beside a larger threshold, and is made up for by a level below it.
 */
const hardShares: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 6]
const levels: readonly number[] = [1, 0.9, 0.8, 0.7, 0.5]

/**
 * Threshold and ramp of one channel, by trying: threshold = f max, initial potential threshold (1/2 - beta), current
 * beta threshold / T, with and without what the mean current lacks (`missing`), and then small changes of each, for the
 * least
 *
 *   mean((mean over t of o - a)^2) + mean over t of mean((sum over s <= t of o[s] / T - a (t + 1) / T)^2)
 *
 * where o is what the neuron emits and a the ANN's activation: as many spikes as needed, and evenly. A neuron that
 * starts at 0 has the ramp in its current alone; one that is reset to 0 may fire at a level below its threshold, so
 * that its rate is right in spite of what is lost.
 */
export function chooseNeuron(traces: readonly Trace[], largest: number, options: GridOptions): ChosenNeuron {
  const { T, cap, fromZero = false, hard = false } = options
  // with a reset by subtraction a spike stands for what is subtracted, which a bound of the activation bounds
  const floor = hard ? (options.least ?? 0) : Math.min(cap, options.least ?? 0)
  const most = Math.max(hard ? 0 : floor, Math.min(largest, cap))
  let best: ChosenNeuron = {
    threshold: most,
    level: Math.max(floor, most),
    initial: fromZero ? 0 : most / 2,
    current: 0,
  }
  let least = Infinity
  const consider = (neuron: ChosenNeuron): void => {
    if (neuron.level < floor) return
    let error = 0
    for (const trace of traces) {
      error += errorOf(trace, neuron, options)
      if (error >= least) return
    }
    least = error
    best = neuron
  }
  // a bound of the activation is one of rates: with a reset to 0 the threshold is not what they reach
  const thresholds = new Set(
    hard
      ? hardShares.map((share) => share * most)
      : thresholdShares.map((share) => Math.max(floor, Math.min(share * largest, cap))),
  )
  for (const offset of [0, missing(traces, T)]) {
    for (const threshold of thresholds) {
      for (const part of hard ? levels : [1]) {
        const level = Math.max(floor, part * threshold)
        for (const beta of ramps)
          consider({
            threshold,
            level,
            initial: fromZero ? 0 : level * (0.5 - beta),
            current: (beta * level) / T + offset,
          })
      }
    }
  }
  for (const step of [1 / 8, 1 / 16, 1 / 32]) {
    for (const change of [step, -step]) {
      const threshold = best.threshold * (1 + change * 0.4)
      consider(
        hard
          ? { ...best, threshold }
          : { ...best, threshold: Math.min(cap, threshold), level: Math.min(cap, threshold) },
      )
      if (hard) consider({ ...best, level: best.level * (1 + change * 0.4) })
      if (!fromZero) consider({ ...best, initial: best.initial + change * best.level })
      consider({ ...best, current: best.current + (change * best.level) / T })
    }
  }
  return best
}

/**
 * The current without which the mean of the activations is missed: mean(relu(x + offset)) = mean(a), with x the mean
 * current.
 */
function missing(traces: readonly Trace[], T: number): number {
  const means = traces.map(({ currents }) => currents.reduce((sum, x) => sum + x, 0) / T)
  const wanted = traces.reduce((sum, { activation }) => sum + activation, 0)
  const reached = (offset: number): number => means.reduce((sum, x) => sum + Math.max(0, x + offset), 0)
  let [low, high] = [-1, 1].map((sign) => sign * means.reduce((most, x) => Math.max(most, Math.abs(x)), 0)) as [
    number,
    number,
  ]
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2
    if (reached(middle) < wanted) low = middle
    else high = middle
  }
  return wanted > 0 ? (low + high) / 2 : 0
}

/**
 * The error of a neuron on one trace, by the arithmetic of the neurons of the codes 'binary' and 'signed', which a law
 * test holds it to.
 */
export function errorOf(
  { currents, activation }: Trace,
  { threshold, level, initial, current }: ChosenNeuron,
  { T, wait, signed, hard = false }: GridOptions,
): number {
  const charging = currents.length
  const start = charging - T + wait
  let v = initial
  for (let t = 0; t < start; t++) v += currents[t]! + (t >= start - wait ? current : 0)
  let count = 0
  let uneven = 0
  let due = 0
  for (let t = start; t < start + T; t++) {
    if (t < charging) v += currents[t]! + current
    if (v >= level) {
      v = hard ? 0 : v - level
      count++
    } else if (signed && v < 0 && count > 0) {
      v += threshold
      count--
    }
    due += activation
    const ahead = count * threshold - due
    uneven += ahead * ahead
  }
  const off = (count * threshold) / T - activation
  return off * off + uneven / (T * T * T)
}

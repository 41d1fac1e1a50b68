/** Bins of a histogram. */
const bins = 4096

/**
 * The distribution of the positive among values that are not negative, in one pass and constant memory: a histogram
 * whose range doubles (neighbouring bins merge) whenever a larger value arrives. Quantiles are exact to range / 4096.
 * Zeros do not count: of a layer that is mostly zero they would be all that a percentile sees (the SNN toolbox of
 * Rueckauer et al. 2017 leaves them out too).
 */
export class Histogram {
  readonly #counts = new Float64Array(bins)
  #range = 0
  #maximum = 0
  #total = 0

  get maximum(): number {
    return this.#maximum
  }

  /** Adds `data[start], data[start + 1], .. data[end - 1]`. */
  add(data: ArrayLike<number>, start = 0, end = data.length): void {
    let maximum = this.#maximum
    for (let i = start; i < end; i++) if (data[i]! > maximum) maximum = data[i]!
    this.#maximum = maximum
    if (this.#range === 0 && maximum > 0) this.#range = maximum
    while (maximum > this.#range) this.#double()
    const scale = this.#range > 0 ? bins / this.#range : 0
    const counts = this.#counts
    for (let i = start; i < end; i++) {
      const value = data[i]!
      if (value === 0) continue
      const bin = (value * scale) | 0
      counts[bin < bins ? bin : bins - 1]!++
      this.#total++
    }
  }

  #double(): void {
    for (let i = 0; i < bins / 2; i++) this.#counts[i] = this.#counts[2 * i]! + this.#counts[2 * i + 1]!
    this.#counts.fill(0, bins / 2)
    this.#range *= 2
  }

  /**
   * The least value that at least the share `q` (0 to 1) of the positive values does not exceed; the maximum for q = 1.
   */
  quantile(q: number): number {
    if (q >= 1) return this.#maximum
    const wanted = q * this.#total
    let seen = 0
    for (let i = 0; i < bins; i++) {
      seen += this.#counts[i]!
      if (seen >= wanted) return Math.min(this.#maximum, ((i + 1) / bins) * this.#range)
    }
    return this.#maximum
  }
}

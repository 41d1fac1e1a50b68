/** What simulating samples may cost. */
export interface SampleLimit {
  /** Samples times steps. Default: not looked at. */
  readonly steps?: number
  /** Multiply-accumulates of the ANN times samples and steps. */
  readonly macs: number
  /** Samples, whatever they cost. */
  readonly least: number
  readonly most: number
}

/** Samples that `T` steps of a network of so many multiply-accumulates may be run on. */
export function samplesWithin(
  { steps = Infinity, macs: limit, least, most }: SampleLimit,
  macs: number,
  T: number,
): number {
  return Math.max(least, Math.min(most, Math.floor(steps / T), Math.floor(limit / (macs * T))))
}

import type { Measured } from './measure.js'

/** Share of samples with the same class. */
export function agreementOf({ classes }: Measured, other: Measured): number {
  return classes.reduce((same, value, n) => same + Number(value === other.classes[n]), 0) / classes.length
}

import type { DeploymentLint } from './deploy-model.js'

/** Share of samples that rounding may give another class without a word. */
const tolerated = 0.05

/** What helps where all bits are in use: thresholds that make the weights of a layer more alike. */
export const otherThresholds =
  'Convert with thresholds of whole layers, --mode 99.9% or --mode max, or with --weights keep.'

/** What rounding does to the classes of `same` of the samples left as they were, where that is more than a little. */
export function roundingLint(same: number, bits: number, fix: string): DeploymentLint[] {
  if (same >= 1 - tolerated) return []
  const what = `rounding to ${bits} bits gives ${(100 * (1 - same)).toFixed(0)} % of the samples another class: a layer has one step for all its weights, and few of them are far larger than the others`
  return [{ layer: '', effect: 'warning', what, fix }]
}

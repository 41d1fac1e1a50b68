import type { CodeSettings } from '../codes/code.js'
import type { ConversionPlan } from './plan.js'

/** Steps that pass before the output begins to count: what layers wait for each other. */
export function latencyOf(plan: ConversionPlan, settings: CodeSettings): number {
  return plan.code.start(neuronsDeep(plan) - 1, settings)
}

/** Layers of neurons on the longest path. */
export function neuronsDeep({ depths }: ConversionPlan): number {
  return Math.max(0, ...depths.values())
}

/** After how many steps a report looks at the output. */
export function stepsToReport(plan: ConversionPlan, settings: CodeSettings): readonly number[] {
  const { code } = plan
  const latency = latencyOf(plan, settings)
  if (code.name === 'phase') return [latency + settings.levels]
  if (settings.T > 0) return [...new Set([Math.ceil(settings.T / 2), settings.T])].map((T) => latency + T)
  if (code.name === 'stBif') return [8, 16, 32, 64]
  return code.spikes === 'graded' ? [1, 2, 3, 4, 8] : [4, 8, 16, 32, 64]
}

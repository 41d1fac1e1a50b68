import { clipLayer } from '@snn/nn'
import { SnnError, sizeOf } from '@snn/tensor'
import { measureActivations, neuronNames, type Per, type WorkOptions } from './activations.js'
import { balanceThresholds, type BalanceOptions } from './balance.js'
import { gaussianThresholds } from './gaussian.js'
import type { Batches } from '../data.js'
import type { ConversionPlan } from '../plan/plan.js'

/**
 * How thresholds are chosen: `'max'` or a percentile such as `'99.9%'` of the activations (Diehl et al. 2015; Rueckauer
 * et al. 2017), `'balance'` (local threshold balancing), `'sequential'` (for T steps, layer after layer, with the
 * spiking network in the loop), `'gaussian'` (the least error for T steps if pre-activations were normal), or given: by
 * layer name, one number or one per channel.
 */
export type ThresholdMode =
  | 'max'
  | 'balance'
  | 'sequential'
  | 'gaussian'
  | `${number}%`
  | { readonly thresholds: Readonly<Record<string, number | readonly number[]>> }

export interface ThresholdOptions extends WorkOptions {
  readonly mode: ThresholdMode
  readonly per: Per
  readonly balance?: BalanceOptions | undefined
  /** Steps that 'gaussian' quantises to. */
  readonly T?: number | undefined
}

/**
 * No channel gets less than this share of its layer's largest threshold: in rate codes dead channels alone; in graded
 * codes all the quiet ones, since a level too many costs nothing and a threshold too small takes many steps.
 */
const leastShare = { rate: 1e-3, graded: 0.05 }

export function parseMode(
  mode: ThresholdMode,
): 'balance' | 'sequential' | 'gaussian' | 'given' | { readonly quantile: number } {
  if (mode === 'max') return { quantile: 1 }
  if (mode === 'balance' || mode === 'sequential' || mode === 'gaussian') return mode
  if (typeof mode === 'object') return 'given'
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(mode)?.[1])
  if (!(percent > 0 && percent <= 100)) {
    throw new SnnError(
      'ARGUMENT',
      `[convert] mode ${JSON.stringify(mode)}, expected 'max', 'balance', 'sequential', 'gaussian', a percentile such as '99.9%', or { thresholds }.`,
      { name: 'mode', value: mode },
    )
  }
  return { quantile: percent / 100 }
}

/** Thresholds of every neuron node in units of the ANN's activation: length 1, or one per channel. */
export async function chooseThresholds(
  plan: ConversionPlan,
  data: Batches,
  options: ThresholdOptions,
): Promise<Map<string, Float64Array>> {
  const chosen = await chosenBy(parseMode(options.mode), plan, data, options)
  for (const { name, layer } of plan.network.nodes) {
    const own = chosen.get(name)
    if (!own) continue
    const cap = clipLayer.is(layer)
      ? Math.max(Math.abs(layer.config.low ?? Infinity), Math.abs(layer.config.high ?? Infinity))
      : Infinity
    const largest = own.reduce((a, b) => Math.max(a, b), 0) || 1
    const least = largest * (plan.code.spikes === 'graded' ? leastShare.graded : leastShare.rate)
    own.forEach((value, i) => (own[i] = Math.min(cap, Math.max(value, least))))
  }
  return chosen
}

async function chosenBy(
  mode: ReturnType<typeof parseMode>,
  plan: ConversionPlan,
  data: Batches,
  options: ThresholdOptions,
): Promise<Map<string, Float64Array>> {
  if (mode === 'balance') return balanceThresholds(plan, data, options.balance ?? {}, options)
  if (mode === 'gaussian') return gaussianThresholds(plan, data, options)
  if (mode === 'given') return given(plan, options)
  if (mode === 'sequential')
    throw new SnnError(
      'ARGUMENT',
      `[convert] mode 'sequential' for the code '${plan.code.name}', expected the code 'binary' or 'signed'.`,
      { name: 'mode', value: mode },
    )
  return quantiles(plan, data, mode.quantile, options)
}

async function quantiles(
  plan: ConversionPlan,
  data: Batches,
  q: number,
  options: ThresholdOptions,
): Promise<Map<string, Float64Array>> {
  const { histograms } = await measureActivations(plan, data, options.per, options)
  return new Map(
    [...histograms].map(([name, own]) => [name, Float64Array.from(own, (histogram) => histogram.quantile(q))]),
  )
}

function given(plan: ConversionPlan, { mode }: ThresholdOptions): Map<string, Float64Array> {
  const { thresholds } = mode as Extract<ThresholdMode, object>
  const names = neuronNames(plan)
  const wrong = [
    ...names.filter((name) => !(name in thresholds)),
    ...Object.keys(thresholds).filter((name) => !names.includes(name)),
  ]
  if (wrong.length > 0) {
    throw new SnnError(
      'ARGUMENT',
      `[convert] thresholds given for ${Object.keys(thresholds).join(', ') || 'no layer'}, expected one for each of ${names.join(', ')}.`,
      { name: 'mode.thresholds', value: wrong },
    )
  }
  return new Map(
    names.map((name) => {
      const value = thresholds[name]!
      const own = Float64Array.from(typeof value === 'number' ? [value] : value)
      const channels = plan.shapes.get(name)![0]!
      if (!(own.length === 1 || own.length === channels) || !own.every((x) => Number.isFinite(x) && x > 0)) {
        throw new SnnError(
          'ARGUMENT',
          `[convert] thresholds of '${name}' are ${JSON.stringify(value)}, expected a positive number or ${channels} of them.`,
          { name: `mode.thresholds.${name}`, value },
        )
      }
      return [name, own]
    }),
  )
}

/** A threshold for every element of a sample of `shape`, from one or one per channel (axis 0). */
export function byElement(own: Float64Array, shape: readonly number[]): Float64Array {
  const size = sizeOf(shape)
  const inner = size / own.length
  return Float64Array.from({ length: size }, (_, i) => own[Math.floor(i / inner)]!)
}

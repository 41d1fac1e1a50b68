import type { Resources } from '@snn/nir'
import type { Network } from '@snn/nn'
import { SnnError } from '@snn/tensor'
import { checkByRules, optionRule, optionsBy, type OptionRule, type OptionRules } from '@snn/tensor/library'
import type { NetFile } from '../net/net-file.js'
import { writeNet } from '../net/write-net.js'
import { resourcesOf } from '../resources/resources.js'
import { loadNetwork } from '../netx/load-network.js'
import { approximations, type Approximation } from './neuron-form.js'
import {
  branchOf,
  checkChain,
  netFileOf,
  planStages,
  readsOf,
  type PlanOptions,
  type StagePlan,
} from './plan-stages.js'
import { pythonScript } from './python-script.js'
import { readStages } from './read-stages.js'
import type { QuantizedStage } from './quantize.js'

export interface ExportNetOptions {
  /** From 2 to 8. Default 8. */
  readonly weightBits?: number
  /**
   * Weights beyond this percentile of their magnitudes are clipped, which leaves more bits to the others. Default 100.
   */
  readonly percentile?: number
  /** Decays in 1/4096 for all layers, in place of what their neurons say. */
  readonly decay?: { readonly iDecay?: number; readonly vDecay?: number }
  /**
   * What the chip does otherwise and the user takes: each is named in the report. Default: nothing, and an error
   * instead.
   */
  readonly approximate?: readonly Approximation[]
  /**
   * Steps in which the spikes of a sample are sent to the chip. Each layer is then cleared in the step in which the
   * first of them arrive, so that its biases work as long as spikes come, and the chip does what the network does: in
   * Lava `Network(.., reset_interval=steps, reset_offset=1)`, in `loadNetwork` `{ resetInterval: steps, resetOffset: 1
   * }`. Samples can follow each other without a pause. Default: nothing is cleared, and biases work from the first step
   * on.
   */
  readonly steps?: number
  /**
   * Largest magnitude that the membranes of a last layer without neurons reach, in units of the network: a membrane of
   * the chip ends at 2^17 weights. Default: not looked at.
   */
  readonly readoutRange?: number
  /**
   * Name of the ONNX file of the host's part (`splitEncoder`), for the Python program. Default: none, spikes are given.
   */
  readonly encoder?: string
  /** Name of the files. Default 'network'. */
  readonly out?: string
}

const { number, text } = optionRule

/** In 1/4096. */
const decays: OptionRules<NonNullable<ExportNetOptions['decay']>> = { iDecay: number, vDecay: number }

export const exportNetRules: OptionRules<ExportNetOptions> = {
  approximate: {
    takes: (value) => Array.isArray(value) && value.every((name) => approximations.some((known) => known === name)),
    expected: `an array with some of ${approximations.map((name) => `'${name}'`).join(', ')}`,
  },
  weightBits: number,
  percentile: number,
  decay: optionsBy(decays, 'an object with iDecay and vDecay, or one of them'),
  steps: number,
  readoutRange: number,
  encoder: text,
  out: text,
}

/** One layer of the chip: its integers, and what rounding did. */
export interface ExportedLayer {
  readonly name: string
  readonly neuron: string
  readonly kind: 'dense' | 'conv'
  /** The neurons that it takes from. */
  readonly from: readonly string[]
  readonly shape: readonly number[]
  /** A weight (with the threshold at 1) times this is the weight in the file. */
  readonly scale: number
  readonly limitedBy: QuantizedStage['limitedBy']
  readonly vThMant: number
  readonly iDecay: number
  readonly vDecay: number
  /** Largest rounding error, as a share of the largest weight. */
  readonly weightError: number
  /** Weights beyond the percentile, which were cut to it. */
  readonly clipped: number
  /** Largest difference of a decay that 12 bits make. */
  readonly decayError: number
  readonly approximations: readonly Approximation[]
  readonly warnings: readonly string[]
}

/** What an export has made of each layer. */
export interface ExportReport {
  readonly weightBits: number
  readonly layers: readonly ExportedLayer[]
}

/** What `exportNet` gives. */
export interface ExportedNet {
  readonly net: NetFile
  /** `network.net`, and `network.py`, which runs it in Lava. */
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly report: ExportReport
  readonly resources: Resources
}

/**
 * A spiking network as a `.net` file for Loihi. Batch normalisation is folded into weights, average pooling becomes a
 * convolution (or part of the next), maximum pooling of spikes becomes neurons that fire when any spike comes,
 * thresholds and amplitudes of spikes become scales of weights, weights are quantised with one scale a layer. What
 * comes in must be spikes: `splitEncoder` cuts off what makes them. A last layer without neurons becomes neurons that
 * never fire, whose membrane is read.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do, for what the chip or the format cannot do; `ARGUMENT`
 * for options
 */
export async function exportNet(network: Network, options: ExportNetOptions = {}): Promise<ExportedNet> {
  const plan = checkExport('exportNet', options)
  return exportPlans(await planStages(network, plan), plan.weightBits, options)
}

/**
 * Asks before long work, such as a calibration, whether a network has only what `exportNet` can write, whatever its
 * weights. Of its options `approximate` matters.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do
 */
export async function checkExportable(network: Network, options: ExportNetOptions = {}): Promise<void> {
  checkChain(await readStages(network, checkExport('checkExportable', options).approximate))
}

/**
 * Whether a network has branches, which a `.net` file cannot hold: then `exportProcesses` takes what `exportNet`
 * refuses.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do, for what neither takes
 */
export async function hasBranches(network: Network, options: ExportNetOptions = {}): Promise<boolean> {
  return branchOf(await readStages(network, checkExport('hasBranches', options).approximate)) !== undefined
}

/** File, program, report and resources of planned stages. */
export function exportPlans(
  plans: readonly StagePlan[],
  weightBits: number,
  { out = 'network', encoder, steps }: ExportNetOptions,
): ExportedNet {
  const net = netFileOf(plans)
  const script = pythonScript(out, net, { encoder, steps, reads: readsOf(plans) })
  const files = { [`${out}.net`]: writeNet(net), [`${out}.py`]: new TextEncoder().encode(script) }
  const report = reportsOf(plans, weightBits, steps !== undefined)
  const loaded = loadNetwork(net)
  // by the names of the network, where the file counts its layers
  const blocks = loaded.blocks.map((block, i) => ({ ...block, layer: report.layers[i]!.name }))
  return { net, files, report, resources: resourcesOf({ ...loaded, blocks }) }
}

/** What became of each layer. */
export function reportsOf(plans: readonly StagePlan[], weightBits: number, cleared: boolean): ExportReport {
  return { weightBits, layers: plans.map((plan) => reportOf(plan, cleared)) }
}

/** The options of an export, checked. @throws `ARGUMENT` */
export function checkExport(
  operation: string,
  options: ExportNetOptions,
  rules: Readonly<Record<string, OptionRule>> = exportNetRules,
): PlanOptions {
  checkByRules(operation, options, rules)
  const { weightBits = 8, percentile = 100, approximate = [], decay = {}, steps, readoutRange } = options
  const check = (name: string, value: number, valid: boolean, expected: string): void => {
    if (!valid)
      throw new SnnError('ARGUMENT', `[${operation}] ${name} is ${value}, expected ${expected}.`, { name, value })
  }
  check(
    'weightBits',
    weightBits,
    Number.isInteger(weightBits) && weightBits >= 2 && weightBits <= 8,
    'a whole number from 2 to 8',
  )
  check('percentile', percentile, percentile > 0 && percentile <= 100, 'a number above 0 up to 100')
  for (const [name, value] of Object.entries(decay))
    if (value !== undefined)
      check(
        `decay.${name}`,
        value,
        Number.isInteger(value) && value >= 0 && value <= 4096,
        'a whole number from 0 to 4096',
      )
  if (steps !== undefined) check('steps', steps, Number.isSafeInteger(steps) && steps >= 1, 'a whole number from 1')
  if (readoutRange !== undefined)
    check('readoutRange', readoutRange, readoutRange >= 0 && readoutRange < Infinity, 'a number from 0')
  return { operation, weightBits, percentile, approximate, decay, readoutRange, relays: true }
}

function reportOf(plan: StagePlan, cleared: boolean): ExportedLayer {
  const {
    stage: { name, neuron, form, shape, inputs },
    maps,
    iDecay,
    vDecay,
    quantized: { scale, limitedBy, vThMant, weightError, clipped },
  } = plan
  const decayError = Math.max(
    Math.abs(1 - form.keepCurrent - iDecay / 4096),
    Math.abs(1 - form.keepVoltage - vDecay / 4096),
  )
  return {
    name,
    neuron,
    kind: maps[0]!.kind,
    from: inputs.map(({ from }) => from),
    shape,
    scale,
    limitedBy,
    vThMant,
    iDecay,
    vDecay,
    weightError,
    clipped,
    decayError,
    approximations: form.approximations,
    warnings: warningsOf(plan, cleared),
  }
}

/** What may happen on the chip, and not in the network. */
function warningsOf(
  { quantized: { inputs, bias, vThMant }, iDecay, vDecay, stage: { depth, form } }: StagePlan,
  cleared: boolean,
): string[] {
  const most = largestSum(
    inputs.map(({ weight }) => weight),
    bias.length,
  )
  const warnings: string[] = []
  if (most * 64 * (4096 / Math.max(1, iDecay)) >= 2 ** 23)
    warnings.push(`u can wrap: the weights of one neuron add up to ${most}, and 2^17 is where 24 bits end`)
  if (!cleared && bias.some((b) => b !== 0))
    warnings.push(
      `the bias is added from the first step on, and what is sent to the chip arrives here ${depth + 1} steps later: with { steps } it is cleared until then`,
    )
  if (vDecay === 0 && form.keepVoltage < 1)
    warnings.push(
      `the membrane loses ${Number((1 - form.keepVoltage).toPrecision(3))} in a step, less than half of the 1 / 4096 that a decay of the chip is made of: there it keeps all`,
    )
  if (vThMant < 16) warnings.push(`the threshold is only ${vThMant}: weights are large beside it`)
  return warnings
}

/**
 * The largest magnitude of what spikes bring to one neuron in a step: of all its inputs, the sum of the positive
 * weights or that of the negative ones.
 */
export function largestSum(weights: readonly Float64Array[], rows: number): number {
  const [up, down] = [new Float64Array(rows), new Float64Array(rows)]
  for (const weight of weights)
    weight.forEach((w, i) => ((w > 0 ? up : down)[Math.floor((i * rows) / weight.length)]! += Math.abs(w)))
  return Math.max(...[up, down].map((sums) => sums.reduce((most, sum) => Math.max(most, sum), 0)))
}

import { optionRule, type OptionRules } from '@snn/tensor/library'
import { addLayer, delayLayer, flattenLayer, Network, type NetworkNode } from '@snn/nn'
import { isSurrogate, type Surrogate } from '@snn/surrogate'
import { compile, reference, variable, type Variable } from '@snn/tensor'
import {
  checkExport,
  exportPlans,
  largestSum,
  type ExportedNet,
  type ExportNetOptions,
  exportNetRules,
} from '../export/export-net.js'
import { exportGraph, type ExportedProcesses } from '../export/export-processes.js'
import { isPool } from '../export/linear-map.js'
import { planStages, type StagePlan } from '../export/plan-stages.js'
import { isPooling } from '../export/read-stages.js'
import { cannotExport } from '../export/refuse.js'
import { lavaConv, lavaDense, lavaLif } from './chip-layers.js'
import { toIntegers, type Rounding } from './quantized-weights.js'

export interface ChipNetworkOptions extends ExportNetOptions {
  /**
   * Whether every synapse takes a step, as on the chip, and the answer to the last input comes `depth` steps after it.
   * Without, a layer answers in the same step: with
   * `steps`, for which the chip clears each layer as the first spikes arrive, its spikes are the chip's, so many steps
   * earlier as they have passed synapses; else its biases work only as long as spikes come. Default: where no `steps`
   * are given.
   */
  readonly latency?: boolean
  /** Of spikes, in the backward pass. Default `sigmoid()`. */
  readonly surrogate?: Surrogate
}

export const chipNetworkRules: OptionRules<ChipNetworkOptions> = {
  ...exportNetRules,
  latency: optionRule.flag,
  surrogate: { takes: isSurrogate, expected: 'a surrogate such as sigmoid()' },
}

/** A network whose forward pass is the chip's integers. */
export interface ChipNetwork {
  /**
   * Takes spikes [T, N, ..]. Its Variables are weights and biases over the threshold, in floats; `net.parameters()`
   * trains them.
   */
  readonly network: Network
  /** Steps from an input to the last answer to it: with latency, those of the chip, else 0. */
  readonly depth: number
  /**
   * The `.net` file of the weights as they are now: its integers are those of the forward pass. Throws
   * `CONVERT_UNSUPPORTED` for a network with branches.
   */
  export(): Promise<ExportedNet>
  /** The same as processes, which may have branches. */
  exportProcesses(): Promise<ExportedProcesses>
}

/**
 * Quantisation-aware training: the network that `exportNet` writes, as one that trains. Forward, weights and biases are
 * rounded to the integers of the file and neurons compute in 24 bits as Lava's do, so that spikes in training are those
 * of the simulator, bit by bit; backward, gradients go straight through the rounding. Scales and thresholds are those
 * chosen at the start and stay. Convolutions and poolings of `exportNet` are merged as there; a pooling's weights do
 * not train.
 *
 * @throws what `exportNet` throws; `CONVERT_UNSUPPORTED` for weights whose sums leave 24 bits
 */
export async function chipNetwork(network: Network, options: ChipNetworkOptions = {}): Promise<ChipNetwork> {
  const checked = checkExport('chipNetwork', options, chipNetworkRules)
  const { latency = options.steps === undefined, surrogate } = options
  const step = 2 ** (9 - checked.weightBits)
  const plans = await planStages(network, checked)
  const layers = plans.map((plan) => chipLayer(plan, step))
  const nodes: NetworkNode[] = []
  const input = network.inputs[0]!.name
  for (const [
    i,
    {
      stage: { neuron, inputs, form, shape },
      maps,
      iDecay,
      vDecay,
      quantized,
    },
  ] of plans.entries()) {
    const { roundings, weights, bias } = layers[i]!
    const sums = inputs.map(({ name, from, inputShape }, k): string => {
      let before = from
      const put = (own: string, layer: NetworkNode['layer']): string => {
        nodes.push({ name: own, layer, inputs: [before] })
        return (before = own)
      }
      // a neuron's layer may have been made of several, or have no name of its own
      const [synapse, map, rounding, weight] = [
        name === neuron ? `${name}_weights` : name,
        maps[k]!,
        roundings[k]!,
        weights[k]!,
      ]
      if (latency) put(`${synapse}_latency`, delayLayer({ steps: 1 }))
      if (map.kind === 'dense' && inputShape.length > 1) put(`${synapse}_flatten`, flattenLayer({}))
      if (map.kind === 'dense') return put(synapse, lavaDense(rounding, { weight }))
      const layer = lavaConv(
        { ...rounding, stride: map.stride, padding: map.padding, dilation: map.dilation, groups: map.groups },
        { weight },
      )
      return put(synapse, isPool(map) ? { ...layer, trainable: [] } : layer)
    })
    if (sums.length > 1) nodes.push({ name: `${neuron}_sum`, layer: addLayer({}), inputs: sums })
    const neurons = lavaLif(
      {
        iDecay,
        vDecay,
        vThMant: form.threshold === undefined ? undefined : quantized.vThMant,
        scale: roundings[0]!.scale,
        axes: shape.length,
      },
      bias ? { bias } : {},
      surrogate,
    )
    nodes.push({ name: neuron, layer: neurons, inputs: [sums.length > 1 ? `${neuron}_sum` : sums[0]!] })
  }
  const last = plans.at(-1)!
  const takers = plans.flatMap(({ stage }) => stage.inputs).filter(({ from }) => from === input)
  const chip = new Network({
    inputs: [{ name: input, shape: takers[0]!.inputShape }],
    nodes,
    outputs: [last.stage.neuron],
    metadata: {
      ...network.metadata,
      encoding: 'sequence',
      ...(last.stage.form.threshold === undefined ? { readout: { by: 'last' } } : {}),
    },
  })
  const now = async (): Promise<readonly StagePlan[]> =>
    await Promise.all(plans.map((plan, i) => trained(plan, layers[i]!)))
  return {
    network: chip,
    depth: latency ? last.stage.depth + 1 : 0,
    export: async () => exportPlans(await now(), checked.weightBits, options),
    exportProcesses: async () => exportGraph(await now(), checked.weightBits, options),
  }
}

/** A plan with the integers of the weights as they are now. */
async function trained(plan: StagePlan, { roundings, weights, bias }: ChipLayer): Promise<StagePlan> {
  const { quantized } = plan
  const integers = await Promise.all(weights.map((weight, k) => integersOf(weight, roundings[k]!)))
  const maps = await Promise.all(
    plan.maps.map(async (map, k) => ({ ...map, weight: Float64Array.from(await weights[k]!.data()) })),
  )
  const { scale } = roundings[0]!
  return {
    ...plan,
    maps,
    ...(bias && { bias: Float64Array.from(await bias.data()) }),
    quantized: {
      ...quantized,
      inputs: quantized.inputs.map((input, k) => ({ ...input, weight: integers[k]! })),
      ...(bias && { bias: await integersOf(bias, { scale, step: 1, most: 4095 }) }),
      weightError: errorOf(maps, integers, scale),
      clipped: 0,
    },
  }
}

/** Variables of a stage, by input, and how they become integers. */
interface ChipLayer {
  readonly roundings: readonly Rounding[]
  readonly weights: readonly Variable[]
  readonly bias: Variable | undefined
}

function chipLayer({ stage, maps, bias, iDecay, quantized: { scale, inputs } }: StagePlan, step: number): ChipLayer {
  const most =
    largestSum(
      inputs.map(({ weight }) => weight),
      bias.length,
    ) *
    (4096 / Math.max(1, iDecay))
  if (most * 64 > 2 ** 23)
    throw cannotExport(
      stage.name,
      maps[0]!.kind,
      `the weights of one neuron add up to ${most}, and its current may leave 24 bits, beyond which no training goes`,
      'Use fewer weightBits or fewer inputs.',
    )
  const rounded = Math.fround(scale / step) * step
  return {
    roundings: inputs.map(({ copies }) => ({ scale: rounded, step, most: copies * (256 - step) })),
    weights: maps.map((map, k) =>
      variable(
        {
          data: Float32Array.from(map.weight),
          shape: map.kind === 'dense' ? [map.outputs, map.inputs] : map.weightShape,
        },
        { name: `${stage.inputs[k]!.name}.weight` },
      ),
    ),
    bias: isPooling(stage)
      ? undefined
      : variable({ data: Float32Array.from(bias), shape: [bias.length] }, { name: `${stage.name}.bias` }),
  }
}

/** What the forward pass makes of a Variable. */
async function integersOf(value: Variable, rounding: Rounding): Promise<Float64Array> {
  await using round = compile(() => toIntegers(value.read(), rounding), { backend: reference() })
  return Float64Array.from((await round()).data)
}

/** Largest difference of a weight of all inputs, as a part of the largest weight. */
function errorOf(
  maps: readonly { readonly weight: Float64Array }[],
  integers: readonly Float64Array[],
  scale: number,
): number {
  const largest = Math.max(...maps.map(({ weight }) => weight.reduce((most, w) => Math.max(most, Math.abs(w)), 0)))
  return (
    Math.max(
      ...maps.map(({ weight }, k) =>
        integers[k]!.reduce((most, w, i) => Math.max(most, Math.abs(w / scale - weight[i]!)), 0),
      ),
    ) / (largest || 1)
  )
}

import { delayLayer, flattenLayer, Network, type NetworkNode } from '@snn/nn'
import type { Surrogate } from '@snn/surrogate'
import { compile, reference, variable, type Variable } from '@snn/tensor'
import { checkExport, exportPlans, largestRow, type ExportedNet, type ExportNetOptions } from '../export/export-net.js'
import type { LinearMap } from '../export/linear-map.js'
import { planStages, type StagePlan } from '../export/plan-stages.js'
import { cannotExport } from '../export/refuse.js'
import { lavaConv, lavaDense, lavaLif } from './chip-layers.js'
import { toIntegers, type Rounding } from './quantized-weights.js'

export interface ChipNetworkOptions extends ExportNetOptions {
  /**
   * Whether every synapse takes a step, as on the chip: then each spike of each step is the chip's, and the answer to the last input comes `depth` steps after it.
   * Default true; without, the network answers in the same step, and its biases come in no earlier than its spikes.
   */
  readonly latency?: boolean
  /** Of spikes, in the backward pass. Default `sigmoid()`. */
  readonly surrogate?: Surrogate
}

/** A network whose forward pass is the chip's integers. */
export interface ChipNetwork {
  /** Takes spikes [T, N, ..]. Its Variables are weights and biases over the threshold, in floats; `net.parameters()` trains them. */
  readonly network: Network
  /** Layers of the file: with latency, the steps from an input to the last answer. */
  readonly depth: number
  /** The `.net` file of the weights as they are now: its integers are those of the forward pass. */
  export(): Promise<ExportedNet>
}

/**
 * Quantisation-aware training: the network that `exportNet` writes, as one that trains. Forward, weights and biases are rounded to the integers of the file and neurons
 * compute in 24 bits as Lava's do, so that spikes in training are those of the simulator, bit by bit; backward, gradients go straight through the rounding.
 * Scales and thresholds are those chosen at the start and stay. Convolutions and poolings of `exportNet` are merged as there; a pooling's weights do not train.
 *
 * @throws what `exportNet` throws; `CONVERT_UNSUPPORTED` for weights whose sums leave 24 bits
 */
export async function chipNetwork(network: Network, options: ChipNetworkOptions = {}): Promise<ChipNetwork> {
  const checked = checkExport('chipNetwork', options)
  const { latency = true, surrogate } = options
  const step = 2 ** (9 - checked.weightBits)
  // without latency biases come in as long as spikes
  const plans = await planStages(network, { ...checked, steps: latency ? checked.steps : undefined })
  const layers = plans.map((plan) => chipLayer(plan, step))
  const nodes: NetworkNode[] = []
  const input = network.inputs[0]!.name
  let before = input
  const put = (name: string, layer: NetworkNode['layer']): void => {
    nodes.push({ name, layer, inputs: [before] })
    before = name
  }
  for (const [i, { stage: { name, neuron, inputShape, form, shape }, map, iDecay, vDecay, quantized }] of plans.entries()) {
    const { rounding, weight, bias } = layers[i]!
    // a neuron's layer may have been made of several, or have no name of its own
    const synapse = name === neuron ? `${name}_weights` : name
    if (latency) put(`${synapse}_latency`, delayLayer({ steps: 1 }))
    if (map.kind === 'dense' && inputShape.length > 1) put(`${synapse}_flatten`, flattenLayer({}))
    const layer = map.kind === 'dense' ? lavaDense(rounding, { weight }) : lavaConv({ ...rounding, stride: map.stride, padding: map.padding, dilation: map.dilation, groups: map.groups }, { weight })
    put(synapse, isPool(map) ? { ...layer, trainable: [] } : layer)
    put(neuron, lavaLif({ iDecay, vDecay, vThMant: form.threshold === undefined ? undefined : quantized.vThMant, scale: rounding.scale, axes: shape.length }, bias ? { bias } : {}, surrogate))
  }
  const silent = plans.at(-1)!.stage.form.threshold === undefined
  const chip = new Network({
    inputs: [{ name: input, shape: plans[0]!.stage.inputShape }],
    nodes,
    outputs: [before],
    metadata: { ...network.metadata, encoding: 'sequence', ...(silent ? { readout: { by: 'last' } } : {}) },
  })
  return {
    network: chip,
    depth: plans.length,
    async export() {
      const now = await Promise.all(plans.map(async (plan, i): Promise<StagePlan> => {
        const { rounding, weight, bias } = layers[i]!
        const integers = await integersOf(weight, rounding)
        const quantized = { ...plan.quantized, weight: integers, ...(bias && { bias: await integersOf(bias, { scale: rounding.scale, step: 1, most: 4095 }) }) }
        const map = { ...plan.map, weight: Float64Array.from(await weight.data()), ...(bias && { bias: Float64Array.from(await bias.data()) }) }
        return { ...plan, map, quantized: { ...quantized, weightError: errorOf(map, integers, rounding.scale), clipped: 0 } }
      }))
      return exportPlans(now, checked.weightBits, options)
    },
  }
}

/** A pooling stays one. */
const isPool = (map: LinearMap): boolean => map.kind === 'conv' && map.pool

interface ChipLayer {
  readonly rounding: Rounding
  readonly weight: Variable
  readonly bias: Variable | undefined
}

function chipLayer({ stage: { name }, map, iDecay, quantized: { scale, weight } }: StagePlan, step: number): ChipLayer {
  const rows = map.bias.length
  // With one more step of each weight: training may raise them all.
  const most = largestRow(weight, rows) * (4096 / Math.max(1, iDecay))
  if (most * 64 > 2 ** 23) throw cannotExport(name, map.kind, `the weights of one neuron add up to ${most}, and its current may leave 24 bits, beyond which no training goes`, 'Use fewer weightBits or fewer inputs.')
  const shape = map.kind === 'dense' ? [map.outputs, map.inputs] : map.weightShape
  return {
    rounding: { scale: Math.fround(scale / step) * step, step, most: 256 - step },
    weight: variable({ data: Float32Array.from(map.weight), shape }, { name: `${name}.weight` }),
    bias: isPool(map) ? undefined : variable({ data: Float32Array.from(map.bias), shape: [rows] }, { name: `${name}.bias` }),
  }
}

/** What the forward pass makes of a Variable. */
async function integersOf(value: Variable, rounding: Rounding): Promise<Float64Array> {
  await using round = compile(() => toIntegers(value.read(), rounding), { backend: reference() })
  return Float64Array.from((await round()).data)
}

function errorOf({ weight }: LinearMap, integers: Float64Array, scale: number): number {
  const largest = weight.reduce((most, w) => Math.max(most, Math.abs(w)), 0)
  return integers.reduce((most, w, i) => Math.max(most, Math.abs(w / scale - weight[i]!)), 0) / (largest || 1)
}

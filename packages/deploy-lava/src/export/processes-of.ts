import { sizeOf } from '@snn/tensor'
import { optimizeWeights } from '../netx/optimize-weights.js'
import type { Block, LoadedNetwork } from '../netx/load-network.js'
import type { NamedProcess, Synapse } from '../sim/process-graph.js'
import type { LinearMap } from './linear-map.js'
import type { StagePlan } from './plan-stages.js'
import { shareOf } from './quantize.js'

/**
 * The Lava processes of planned stages, connected as the network is: of stage i `layer<i>.neuron`, and
 * `layer<i>.synapse` (or `layer<i>.synapse<k>`, where there are several) for each of its inputs, whose sums arrive at
 * the neurons together. With `steps`, neurons are cleared every so many, in the step in which the first spikes arrive.
 * Of a chain they are the processes that the loader makes of its file.
 */
export function processesOf(plans: readonly StagePlan[], weightBits: number, steps?: number): LoadedNetwork {
  const index = new Map(plans.map(({ stage }, i) => [stage.neuron, i]))
  const processes: NamedProcess[] = []
  const connections: [string, string][] = []
  const blocks = plans.map(({ stage: { name, inputs, shape, depth }, maps, iDecay, vDecay, quantized }, i): Block => {
    const neuron = `layer${i}.neuron`
    const parts = quantized.inputs.flatMap((input, k) =>
      Array.from({ length: input.copies }, (_, part) => ({ k, weight: shareOf(input, part, 2 ** (9 - weightBits)) })),
    )
    const synapses = parts.map(({ k, weight }, at) => {
      const [synapse, { from, inputShape }] = [`layer${i}.synapse${parts.length === 1 ? '' : at}`, inputs[k]!]
      const source = index.get(from)
      processes.push({ name: synapse, process: synapseOf(maps[k]!, weight, inputShape) })
      connections.push(
        [source === undefined ? 'input' : `layer${source}.neuron`, `${synapse}.s_in`],
        [synapse, `${neuron}.a_in`],
      )
      return synapse
    })
    const bias_mant = quantized.bias.every((b) => b === 0) ? 0 : byNeuron(quantized.bias, shape)
    const dynamics = { shape, du: iDecay - 1, dv: vDecay, vth: quantized.vThMant, bias_mant, bias_exp: 6 }
    processes.push({
      name: neuron,
      process:
        steps === undefined
          ? { type: 'LIF', ...dynamics }
          : { type: 'LIFReset', ...dynamics, reset_interval: steps, reset_offset: depth + 2 },
    })
    return { layer: name, synapses, neuron, shape }
  })
  return {
    inputShape: inputShapeOf(plans, (from) => index.has(from)),
    processes,
    connections,
    blocks,
    inputPort: 'synapse',
  }
}

/** What the source sends: C, H, W, or [N] where dense synapses alone take it. */
function inputShapeOf(plans: readonly StagePlan[], sends: (from: string) => boolean): readonly number[] {
  const takers = plans.flatMap(({ stage, maps }) =>
    stage.inputs.flatMap(({ from, inputShape }, k) => (sends(from) ? [] : [{ kind: maps[k]!.kind, inputShape }])),
  )
  const { inputShape } = takers[0]!
  return takers.some(({ kind }) => kind === 'conv') ? inputShape : [sizeOf(inputShape)]
}

function synapseOf(map: LinearMap, weight: Float64Array, inputShape: readonly number[]): Synapse {
  if (map.kind === 'dense')
    return { type: 'Dense', ...optimizeWeights(weight)!, shape: [map.outputs, map.inputs], num_message_bits: 0 }
  const { weightShape, stride, padding, dilation, groups } = map
  return {
    type: 'Conv',
    input_shape: inputShape as [number, number, number],
    weight,
    weight_shape: weightShape,
    stride,
    padding,
    dilation,
    groups,
    num_message_bits: 0,
  }
}

/** Of each neuron, from one a channel. */
function byNeuron(bias: Float64Array, shape: readonly number[]): Float64Array {
  const area = sizeOf(shape.slice(1))
  return Float64Array.from({ length: bias.length * area }, (_, i) => bias[Math.floor(i / area)]!)
}

import {
  addLayer as sumLayer,
  sampleShapes,
  spikingGlobalMaxPoolLayer,
  spikingMaxPoolLayer,
  type Layer,
  type Network,
  type NetworkNode,
} from '@snn/nn'
import { sizeOf } from '@snn/tensor'
import { addLayer } from './add-layer.js'
import { inputsOf, sent, type Flow } from './flow.js'
import { isPool, type ConvMap } from './linear-map.js'
import { isNeuron, neuronForm, type Approximation, type Deviation, type NeuronForm } from './neuron-form.js'
import { isMaxPool, maxPoolOf } from './pooling.js'
import { cannotExport, cannotExportAll, type Refused } from './refuse.js'
import { biasOf, type ChipStage } from './stage.js'

/**
 * The network as layers of neurons, each behind those that it takes from. A network that ends without neurons ends in a
 * membrane that is read; what nothing is read of is left out.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do
 */
export async function readStages(net: Network, allowed: readonly Approximation[]): Promise<readonly ChipStage[]> {
  const shapes = sampleShapes(net)
  const [input, output] = [net.inputs[0]!.name, net.outputs[0]!]
  if (net.inputs.length > 1 || net.outputs.length > 1)
    throw cannotExport(
      output,
      'network',
      `${net.inputs.length} inputs and ${net.outputs.length} outputs`,
      'Use a network with one of each.',
    )
  const stages = new Map<string, ChipStage>()
  const refused: Refused[] = []
  const flows = new Map<string, Flow>([[input, sent(input, shapes.get(input)!)]])
  const close = async (
    flow: Flow,
    neuron: string,
    layer: Layer | undefined,
    shape: readonly number[],
    form?: NeuronForm,
  ): Promise<void> => {
    const kind = layer?.kind ?? 'network'
    const refuse = (reason: string, fix: string): Error => cannotExport(neuron, kind, reason, fix)
    if (flow.length === 1 && !flow[0]!.map)
      throw refuse(
        'neurons without weights before them, which the chip cannot have',
        'Put a linear layer or a convolution before.',
      )
    const inputs = inputsOf(flow, neuron, shape, refuse)
    const depth = Math.max(...inputs.map(({ from }) => (stages.get(from)?.depth ?? -1) + 1))
    const stage: ChipStage = { name: flow[0]!.name ?? inputs[0]!.name, neuron, inputs, shape, depth, form: readout }
    const deviations: Deviation[] = []
    stages.set(neuron, { ...stage, form: form ?? (layer ? await formOf(stage, layer, deviations) : readout) })
    for (const { what, reason, fix } of deviations)
      if (!allowed.includes(what)) refused.push({ name: neuron, kind, reason, fix, approximate: what })
    flows.set(neuron, sent(neuron, shape))
  }
  for (const node of ancestorsOf(net, output)) {
    const { name, layer, inputs } = node
    const [shape, from] = [shapes.get(name)!, shapes.get(inputs[0]!)!]
    const flow = inputs.flatMap((before) => flows.get(before) ?? [])
    if (inputs.some((before) => !flows.has(before)))
      throw cannotExport(
        name,
        layer.kind,
        'what it takes comes a step late, from behind it',
        'Use layers that go one way.',
      )
    if (inputs.length > 1 && !sumLayer.is(layer))
      throw cannotExport(
        name,
        layer.kind,
        `it takes ${inputs.join(' and ')}, and neurons of a chip take sums only`,
        'Use add where branches meet.',
      )
    if (spikingMaxPoolLayer.is(layer) || spikingGlobalMaxPoolLayer.is(layer))
      throw cannotExport(
        name,
        layer.kind,
        'the maximum of all that came so far, which no neuron of the chip keeps',
        "Convert for the chip, convert(.., { target: 'loihi' }), or use average pooling.",
      )
    if (isMaxPool(layer)) {
      const [term] = flow
      if (flow.length > 1 || term!.map || term!.before)
        throw cannotExport(
          name,
          layer.kind,
          'the maximum of what is no spikes',
          'Put it behind the neurons, or leave it to the host with splitEncoder.',
        )
      const map = maxPoolOf(name, layer, from)
      await close([{ ...term!, name, map }], name, layer, shape, anyOf(map, stages.get(term!.from)?.form.amplitude))
    } else if (isNeuron(layer)) await close(flow, name, layer, shape)
    else flows.set(name, await addLayer(flow, node, from, shape))
  }
  const last = flows.get(output)!
  if (last.length > 1 || last[0]!.map) await close(last, output, undefined, shapes.get(output)!)
  if (stages.size === 0) throw cannotExport(output, 'network', 'no neurons', 'Add layers.')
  if (refused.length > 0) {
    const whats = [...new Set(refused.map(({ approximate }) => `'${approximate!}'`))]
    throw cannotExportAll(
      refused,
      `Or take ${whats.length === 1 ? 'it as it is' : 'them as they are'}: { approximate: [${whats.join(', ')}] }.`,
    )
  }
  return [...stages.values()]
}

/** The layers that the output needs, in their order. */
function ancestorsOf({ nodes }: Network, output: string): readonly NetworkNode[] {
  const needed = new Set([output])
  for (const { name, inputs } of [...nodes].reverse())
    if (needed.has(name)) for (const input of inputs) needed.add(input)
  return nodes.filter(({ name }) => needed.has(name))
}

async function formOf(stage: ChipStage, layer: Layer, deviations: Deviation[]): Promise<NeuronForm> {
  const bias = biasOf(stage)
  return await neuronForm(
    stage.neuron,
    layer,
    bias.length,
    bias.some((b) => b !== 0),
    deviations,
  )
}

/** Sums what comes up, and never fires. */
const readout: NeuronForm = {
  keepCurrent: 0,
  keepVoltage: 1,
  gain: 1,
  biasGain: 1,
  current: undefined,
  threshold: undefined,
  amplitude: undefined,
  approximations: [],
}

/**
 * Neurons that fire in the step in which any of the spikes of their window is there: all that comes is gone at the
 * reset.
 */
function anyOf({ weight: [share], bias }: ConvMap, amplitude: Float64Array | undefined): NeuronForm {
  return {
    ...readout,
    threshold: Float64Array.from(bias, (_, channel) => 0.5 * share! * (amplitude?.[channel] ?? 1)),
    amplitude,
  }
}

/** Channel of an input of a stage, counted in what the stage before sends. */
export function channelOf(shape: readonly number[]): (input: number) => number {
  const area = sizeOf(shape.slice(1))
  return (input) => Math.floor(input / area)
}

/** A pooling alone stays one. */
export const isPooling = ({ inputs }: ChipStage): boolean => inputs.length === 1 && isPool(inputs[0]!.map)

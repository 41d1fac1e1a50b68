import { identityMap } from './linear-map.js'
import type { NeuronForm } from './neuron-form.js'
import type { ChipStage, StageInput } from './stage.js'

/**
 * The stages with relays on the way of shortcuts: neurons that send in the next step what came, one for each of those
 * that send, so that all that meets in a stage has passed as many synapses, each of which takes a step. Shortcuts from
 * the same neurons share relays.
 */
export function aligned(stages: readonly ChipStage[]): readonly ChipStage[] {
  const depths = new Map(stages.map(({ neuron, depth }) => [neuron, depth]))
  const forms = new Map(stages.map(({ neuron, form }) => [neuron, form]))
  const relays = new Map<string, ChipStage>()
  const shapes = new Map(
    stages.flatMap(({ inputs }) => inputs.map(({ from, inputShape }) => [from, inputShape] as const)),
  )
  /** The neurons that send what `from` sends so late that it arrives at `depth`. */
  const relayed = (from: string, depth: number): string => {
    const own = depths.get(from) ?? -1
    if (own >= depth - 1) return from
    const before = relayed(from, depth - 1)
    const name = `${from}_relay${depth - 1 - own}`
    if (!relays.has(name))
      relays.set(name, relay(name, before, shapes.get(from)!, depth - 1, forms.get(from)?.amplitude))
    return name
  }
  const moved = stages.map((stage): ChipStage => ({
    ...stage,
    inputs: stage.inputs.map((input): StageInput => ({ ...input, from: relayed(input.from, stage.depth) })),
  }))
  // neurons come behind those that they take from
  return [...moved, ...relays.values()]
    .map((stage, i) => ({ stage, i }))
    .sort((a, b) => a.stage.depth - b.stage.depth || a.i - b.i)
    .map(({ stage }) => stage)
}

function relay(
  name: string,
  from: string,
  shape: readonly number[],
  depth: number,
  amplitude: Float64Array | undefined,
): ChipStage {
  const map = identityMap(shape)
  const threshold = Float64Array.from(map.bias, (_, channel) => 0.5 * (amplitude?.[channel] ?? 1))
  const form: NeuronForm = {
    keepCurrent: 0,
    keepVoltage: 1,
    gain: 1,
    biasGain: 1,
    current: undefined,
    threshold,
    amplitude,
    approximations: [],
  }
  return {
    name,
    neuron: name,
    inputs: [{ name, from, map, inputShape: shape }],
    form,
    shape: map.kind === 'dense' ? [map.outputs] : shape,
    depth,
  }
}

import type { LinearMap } from './linear-map.js'
import type { NeuronForm } from './neuron-form.js'

/** Neurons with the maps that drive them, whose sum they take: what becomes one layer of the chip. */
export interface ChipStage {
  /** Of the weighted layer, and of the neurons. */
  readonly name: string
  readonly neuron: string
  /** At least one: several where branches of the network meet. */
  readonly inputs: readonly StageInput[]
  readonly form: NeuronForm
  /** C, H, W or [N] of what is sent. */
  readonly shape: readonly number[]
  /** Most stages that a spike passes on its way here. */
  readonly depth: number
}

/** What one layer of neurons sends to another. */
export interface StageInput {
  /** Of the weighted layer, no other input of the stage has it. */
  readonly name: string
  /** The neurons that send, or the network's input. */
  readonly from: string
  readonly map: LinearMap
  /** C, H, W or [N] of what comes. */
  readonly inputShape: readonly number[]
}

/** All of what is added to the neurons of a stage, by channel (or neuron). */
export function biasOf({ inputs }: ChipStage): Float64Array {
  const bias = new Float64Array(inputs[0]!.map.bias.length)
  for (const { map } of inputs) map.bias.forEach((b, row) => (bias[row]! += b))
  return bias
}

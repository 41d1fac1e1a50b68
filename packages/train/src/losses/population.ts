import { SnnError, type Tensor } from '@snn/tensor'

export interface PopulationOptions {
  /**
   * Number of classes, where each has a group of output neurons one after another (a population code). Default: each
   * neuron is a class.
   */
  readonly classes?: number
}

/**
 * Outputs [.., K p] as groups [.., K, p], or [.., K, 1] without a population code. Throws `ARGUMENT` where the classes
 * do not divide the neurons.
 */
export function inGroups(outputs: Tensor, operation: string, { classes }: PopulationOptions): Tensor {
  const neurons = outputs.shape.at(-1) ?? 0
  const count = classes ?? neurons
  if (!Number.isSafeInteger(count) || count < 1 || neurons % count !== 0) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] ${neurons} output neurons for classes: ${count}, expected a multiple of it.`,
      { name: 'classes', value: count },
    )
  }
  return outputs.reshape([...outputs.shape.slice(0, -1), count, neurons / count])
}

/** Number of spikes of each class over all steps: [T, N, K p] -> [N, K]. */
export function spikeCount(spikes: Tensor, operation: string, options: PopulationOptions): Tensor {
  return inGroups(spikes, operation, options).sum([0, -1])
}

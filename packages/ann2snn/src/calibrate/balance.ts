import { optionRule, type OptionRules } from '@snn/tensor/library'
import { Network } from '@snn/nn'
import { compile, zerosVariable, type Tensor } from '@snn/tensor'
import { neuronNames, noData, type WorkOptions } from './activations.js'
import { eachBatch, type Batches } from '../data.js'
import type { ConversionPlan } from '../plan/plan.js'

export interface BalanceOptions {
  /** Batches to go through, over and over the data. Default 1000. */
  readonly rounds?: number
  /** Default 1. */
  readonly learningRate?: number
  /** Samples taken from each batch of the data. Default 32. */
  readonly samples?: number
}

export const balanceRules: OptionRules<BalanceOptions> = {
  rounds: optionRule.count,
  learningRate: optionRule.positive,
  samples: optionRule.count,
}

/**
 * Local threshold balancing (Bu et al., CVPR 2025): per channel, over calibration batches,
 *
 *   threshold <- threshold + 2 learningRate mean(relu(a - threshold)),
 *
 * with `a` the activation of the ANN in which every layer before is already clipped at its threshold. It stops where
 * what is cut off no longer matters on the average, below the maximum. All layers move together; no labels, no
 * gradients.
 */
export async function balanceThresholds(
  plan: ConversionPlan,
  data: Batches,
  balance: BalanceOptions,
  options: WorkOptions,
): Promise<Map<string, Float64Array>> {
  const { rounds = 1000, learningRate = 1, samples = 32 } = balance
  const names = neuronNames(plan)
  const thresholds = new Map(
    names.map((name) => [name, zerosVariable(channelShape(plan.shapes.get(name)!), { name: `${name}.threshold` })]),
  )
  const clipped = clippedNetwork(plan.network, (name, a) => {
    const threshold = thresholds.get(name)
    if (!threshold) return a
    const now = threshold.read()
    const axes = a.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
    const excess = a.sub(now).relu().mean(axes, { keepDims: true }).reshape(now.shape)
    threshold.assign(now.add(excess.mul(2 * learningRate)))
    return a.minimum(now)
  })
  await using round = compile((x: Tensor) => clipped.single(clipped.run('step', clipped.bind(x))).sum(), {
    backend: options.backend,
  })
  for (let done = 0; done < rounds;) {
    const before = done
    for await (const { x, size } of eachBatch(data, 'convert', options.signal)) {
      const perSample = x.data.length / size
      for (let start = 0; start < size && done < rounds; start += samples) {
        const count = Math.min(samples, size - start)
        // a shorter rest would be compiled for itself
        if (count < samples && start > 0) break
        await round({
          ...x,
          data: x.data.subarray(start * perSample, (start + count) * perSample),
          shape: [count, ...x.shape.slice(1)],
        })
        done++
        options.onProgress?.({ stage: 'balance', done, total: rounds })
      }
      if (done >= rounds) break
    }
    if (done === before) throw noData()
  }
  const entries = [...thresholds].map(
    async ([name, threshold]) => [name, Float64Array.from(await threshold.data())] as const,
  )
  return new Map(await Promise.all(entries))
}

function channelShape(sample: readonly number[]): number[] {
  return [sample[0]!, ...sample.slice(1).map(() => 1)]
}

/** The network with `change(name, output)` in place of the output of every node without memory. */
function clippedNetwork(network: Network, change: (name: string, output: Tensor) => Tensor): Network {
  return new Network({
    inputs: network.inputs,
    outputs: network.outputs,
    nodes: network.nodes.map((node) => {
      const { layer } = node
      if (!('apply' in layer)) return node
      return {
        ...node,
        layer: { ...layer, apply: (inputs, context) => change(node.name, layer.apply(inputs, context)) },
      }
    }),
  })
}

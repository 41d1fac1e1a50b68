import { compile, type Tensor } from '@snn/tensor'
import { checkActivations, neuronNames, noData, type WorkOptions } from './activations.js'
import { eachBatch, type Batches } from '../data.js'
import type { ConversionPlan } from '../plan/plan.js'

/** Steps of the quantiser where the number of time steps is open. */
const defaultSteps = 16
const iterations = 60

/**
 * Thresholds by iteration (after the threshold iteration of Huang et al., ICML 2025): if the pre-activations of a
 * channel were normal, with their mean and deviation, the threshold with the least expected error between relu(z) and
 * its rate of T steps, q(z) threshold with q in {0, 1/T .. 1}, satisfies
 *
 *   threshold = E[relu(z) q(z)] / E[q(z)^2]
 *
 * where q itself depends on the threshold; it is iterated from the mean plus three deviations.
 */
export async function gaussianThresholds(
  plan: ConversionPlan,
  data: Batches,
  { T, backend, signal, onProgress }: WorkOptions & { readonly T?: number | undefined },
): Promise<Map<string, Float64Array>> {
  const names = neuronNames(plan)
  const sources = names.map((name) => plan.network.node(name).inputs[0]!)
  await using moments = compile(
    (x: Tensor) => {
      const inputs = plan.network.bind(x)
      const record = [...new Set(sources)].filter((name) => !(name in inputs)).map((name) => `${name}.output`)
      const { recorded } = plan.network.run('step', inputs, { record })
      return sources.map((name) => {
        const z = recorded[`${name}.output`] ?? inputs[name]!
        const axes = z.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
        return { mean: z.mean(axes), square: z.square().mean(axes) }
      })
    },
    { backend },
  )
  const sums = names.map((name) => ({
    mean: new Float64Array(plan.shapes.get(name)![0]!),
    square: new Float64Array(plan.shapes.get(name)![0]!),
  }))
  let samples = 0
  for await (const { x, size } of eachBatch(data, 'convert', signal)) {
    ;(await moments(x)).forEach(({ mean, square }, i) => {
      checkActivations(sources[i]!, square.data, 1, samples)
      mean.data.forEach((value, c) => (sums[i]!.mean[c]! += value * size))
      square.data.forEach((value, c) => (sums[i]!.square[c]! += value * size))
    })
    samples += size
    onProgress?.({ stage: 'calibrate', done: samples })
  }
  if (samples === 0) throw noData()
  return new Map(
    names.map((name, i) => {
      const { mean, square } = sums[i]!
      return [
        name,
        Float64Array.from(mean, (sum, c) =>
          gaussianThreshold(
            sum / samples,
            Math.sqrt(Math.max(0, square[c]! / samples - (sum / samples) ** 2)),
            T || defaultSteps,
          ),
        ),
      ]
    }),
  )
}

/** The threshold for a normal pre-activation and T steps; 0 where it is hardly ever positive. */
export function gaussianThreshold(mean: number, deviation: number, T: number): number {
  if (!(deviation > 0)) return Math.max(0, mean)
  let threshold = Math.max(mean, 0) + 3 * deviation
  for (let round = 0; round < iterations; round++) {
    // over the interval in which q = k / T: probability and mean of z
    let [product, square] = [0, 0]
    for (let k = 1; k <= T; k++) {
      const low = ((k - 0.5) / T) * threshold
      const high = k === T ? Infinity : ((k + 0.5) / T) * threshold
      const [a, b] = [(low - mean) / deviation, (high - mean) / deviation]
      const probability = above(a) - above(b)
      product += (k / T) * (mean * probability + deviation * (density(a) - density(b)))
      square += (k / T) ** 2 * probability
    }
    if (!(square > 1e-12)) return threshold
    threshold = product / square
  }
  return threshold
}

function density(x: number): number {
  return Number.isFinite(x) ? Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) : 0
}

/** Probability that a standard normal variable exceeds x (Abramowitz and Stegun 26.2.17, error below 1e-7). */
function above(x: number): number {
  if (x === Infinity) return 0
  if (x < 0) return 1 - above(-x)
  const t = 1 / (1 + 0.2316419 * x)
  return density(x) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
}

import { reluLayer } from '@snn/nn'
import { compile, reference, scan, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { random } from '../../test/networks.js'
import { codes } from '../codes/table.js'
import { targets } from '../plan/target.js'
import { errorOf, type ChosenNeuron, type Trace } from './neuron-grid.js'

const backend = reference()
const [T, count, depth] = [6, 30, 1]

const neurons: readonly ChosenNeuron[] = [
  { threshold: 0.5, level: 0.5, initial: 0.25, current: 0 },
  { threshold: 0.3, level: 0.3, initial: -0.1, current: 0.05 },
  { threshold: 0.8, level: 0.8, initial: 0, current: -0.04 },
]

describe('the error of a neuron of the grid is that of the neuron itself', () => {
  it.each([
    ['binary', { wait: 0 }],
    ['binary', { wait: 2 }],
    ['signed', { wait: 0 }],
    ['signed', { wait: 1 }],
    ['binary', { wait: 0, target: targets.loihi }],
  ] as const)('%s, %j', async (name, { wait, ...chip }) => {
    const { neuron, signed } = codes[name]
    const hard = 'target' in chip
    const start = (depth + 1) * wait
    const steps = start + T
    const numbers = random(count * steps, 5)
    const currentAt = (trace: number, t: number): number => numbers[trace * steps + t]! * 0.8 + 0.2
    for (const own of neurons) {
      const chosen = hard ? { ...own, level: 0.7 * own.threshold, initial: 0 } : own
      const [threshold, level, initial, current] = [chosen.threshold, chosen.level, chosen.initial, chosen.current].map(
        (value) => Float64Array.of(value),
      ) as [Float64Array, Float64Array, Float64Array, Float64Array]
      const cell = neuron(
        { name: 'relu1', layer: reluLayer({}), shape: [1], depth, threshold, level, initial, current },
        { levels: 0, digits: 1, T, wait, ...chip },
      )
      const run = compile(
        (x: Tensor) =>
          scan(
            (state: ReturnType<typeof cell.initialState>, now: Tensor) => {
              const { output, state: after } = cell.step(now, state, { training: false, lead: 1 })
              return [after, output] as const
            },
            cell.initialState([count, 1], 'float64'),
            x,
          )[1],
        { backend },
      )
      const { data } = await run({
        data: Float64Array.from({ length: steps * count }, (_, i) => currentAt(i % count, Math.floor(i / count))),
        shape: [steps, count, 1],
      })
      // on a chip a spike is 1, whatever it stands for
      const size = hard ? chosen.threshold : 1
      for (let i = 0; i < count; i++) {
        // what comes in after the window is not for this neuron
        const trace: Trace = {
          currents: Float64Array.from({ length: start - wait + T }, (_, t) => currentAt(i, t)),
          activation: Math.abs(numbers[i]!),
        }
        let sum = 0
        let uneven = 0
        for (let t = start; t < start + T; t++) {
          sum += size * data[t * count + i]!
          uneven += ((sum - trace.activation * (t - start + 1)) / T) ** 2
        }
        expect(errorOf(trace, chosen, { T, wait, signed, cap: Infinity, hard })).toBeCloseTo(
          (sum / T - trace.activation) ** 2 + uneven / T,
          9,
        )
      }
    }
  })
})

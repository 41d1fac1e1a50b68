import { compile, reference, scan, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { deltaNeuron, differentialNeuron, multiThresholdNeuron, type Cell } from '../index.js'
import { nearestLevel } from './levels.js'

const backend = reference()

/**
 * The level nearest to u, tried one by one, counted in the smallest over 2^(digits - 1); of two as near, the one whose
 * last digit is 0.
 */
function level(u: number, levels: number, digits = 1): number {
  const size = Math.abs(u) * 2 ** (levels - 1)
  if (size < 0.75) return 0
  const steps = 2 ** (digits - 1)
  const all = Array.from(
    { length: levels * steps },
    (_, i) => (1 + (i % steps) / steps) * 2 ** Math.floor(i / steps),
  ).slice(0, (levels - 1) * steps + 1)
  const best = all.reduce((near, next, i) => {
    const [now, then] = [Math.abs(size - near), Math.abs(size - next)]
    return then < now || (then === now && i % 2 === 0) || (then === now && digits === 1) ? next : near
  })
  return Math.sign(u) * best * steps
}

/** Outputs and spikes over time of inputs x [T][n]. */
async function run(cell: Cell, x: readonly (readonly number[])[]): Promise<{ output: number[]; spike: number[] }> {
  const traced = compile(
    (input: Tensor) => {
      const [, ys] = scan(
        (state: ReturnType<Cell['initialState']>, now: Tensor) => {
          const { output, spike, state: after } = cell.step(now, state)
          return [after, { output, spike }] as const
        },
        cell.initialState(input.shape.slice(1), input.dtype),
        input,
      )
      return ys
    },
    { backend },
  )
  const { output, spike } = await traced({ data: Float64Array.from(x.flat()), shape: [x.length, x[0]!.length] })
  return { output: [...output.data], spike: [...spike.data] }
}

describe('nearest level', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    for (const [levels, digits] of [
      [1, 1],
      [2, 1],
      [3, 1],
      [5, 1],
      [8, 1],
      [13, 1],
      [16, 1],
      [1, 2],
      [4, 2],
      [9, 2],
      [16, 2],
      [6, 3],
      [7, 5],
    ] as const) {
      it(`is the nearest of all: ${levels} levels, ${digits} digits, ${dtype}`, async () => {
        const u = Array.from({ length: 2049 }, (_, i) => (i - 1024) / 512).flatMap((x) => [
          x,
          x * 2 ** -levels,
          x * 2 ** -Math.floor(levels / 2),
        ])
        const data = dtype === 'float32' ? Float32Array.from(u) : Float64Array.from(u)
        const got = await compile((x: Tensor) => nearestLevel(x.mul(2 ** (levels + digits - 2)), levels, digits), {
          backend,
        })({ data, shape: [u.length] })
        expect([...got.data].map((x) => x + 0)).toEqual(u.map((x) => level(x, levels, digits) + 0))
      })
    }
  }
})

const input = [
  [3, -1, 0.4],
  [0, 2.5, -0.1],
  [-4, 0, 0],
  [0, 0, 0.01],
  [0, -1, 0],
  [1.5, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
]
const threshold = variable({ data: Float64Array.of(2, 1, 0.5), shape: [3] })

describe('graded neurons follow the naive loop', () => {
  const activations: Readonly<Record<string, (r: number) => number>> = {
    relu: (r) => Math.max(r, 0),
    clip: (r) => Math.min(Math.max(r, -0.5), 1.2),
    leakyRelu: (r) => (r > 0 ? r : 0.1 * r),
    identity: (r) => r,
  }
  for (const [activation, g] of Object.entries(activations)) {
    for (const [name, model] of Object.entries({ deltaNeuron, differentialNeuron, multiThresholdNeuron })) {
      it.each([1, 2])(`${name} with ${activation}, %d digits`, async (digits) => {
        const levels = 6
        const cell = model({
          threshold,
          levels,
          digits,
          activation: activation as 'relu',
          slope: 0.1,
          low: -0.5,
          high: 1.2,
        }) as unknown as Cell
        const { output, spike } = await run(cell, input)
        const theta = [2, 1, 0.5]
        const [received, sent] = [
          [0, 0, 0],
          [0, 0, 0],
        ]
        input.forEach((row, t) =>
          row.forEach((x, i) => {
            received[i]! += x
            const n = t + 1
            const error =
              name === 'deltaNeuron'
                ? g(received[i]!) - sent[i]!
                : name === 'differentialNeuron'
                  ? (g(received[i]!) - sent[i]!) * n
                  : g(received[i]! / n) * n - sent[i]!
            const s = level(error / theta[i]!, levels, digits)
            const out = (s * theta[i]! * 2 ** (2 - levels - digits)) / (name === 'differentialNeuron' ? n : 1)
            sent[i]! += out
            expect(spike[t * 3 + i]! + 0).toBe(s + 0)
            expect(output[t * 3 + i]).toBeCloseTo(out, 12)
          }),
        )
      })
    }
  }

  it('the delta neuron falls silent, within 0.75 of its smallest level', async () => {
    const steady = [[0.7312, 5, -3], ...Array.from({ length: 20 }, () => [0, 0, 0])]
    const { output, spike } = await run(deltaNeuron({ threshold: 1 }), steady)
    for (const [i, expected] of [0.7312, 5, 0].entries()) {
      const sum = output.filter((_, k) => k % 3 === i).reduce((a, b) => a + b)
      expect(Math.abs(sum - expected)).toBeLessThan(0.75 / 128)
    }
    expect(spike.slice(-30).every((s) => s === 0)).toBe(true)
  })
})

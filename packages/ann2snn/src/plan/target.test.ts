import { integrateAndFire } from '@snn/neuron'
import { avgPool2d, conv2d, flatten, input, linear, maxPool2d, relu, sequential, type Network } from '@snn/nn'
import { compile, reference, repeat, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { chooseNeuron } from '../calibrate/neuron-grid.js'
import { convert, type ConvertOptions } from '../convert.js'
import { simulate } from '../run/simulate.js'

const backend = reference()
const data = { data: Float32Array.from({ length: 24 * 64 }, (_, i) => Math.abs(Math.sin(i * 0.37 + Math.floor(i / 64)))), shape: [24, 1, 8, 8] }
const net = (): Network => sequential(input([1, 8, 8]), conv2d(1, 4, 3, { padding: 1 }), relu(), maxPool2d(2), conv2d(4, 6, 3, { padding: 1 }), relu(), maxPool2d(2), flatten(), linear(24, 16), relu(), linear(16, 4))

/** The neurons behind the first layer, as JSON. */
const neuronsOf = (snn: Network) => snn.nodes.filter(({ layer }) => 'step' in layer && layer.kind !== 'runningMean').map(({ layer: { kind, config, variables } }) => ({ kind, config, arrays: Object.keys(variables) }))

describe('a target', () => {
  it.each(['max', 'sequential'] as const)('has neurons that start at 0, are reset to 0 and fire at 1, behind the first that stay with the host: %s', async (mode) => {
    const { snn } = await convert(net(), [data], { target: 'loihi', T: 8, mode, backend })
    const [host, ...chip] = neuronsOf(snn)
    expect(host!.config).toMatchObject({ reset: 'soft' })
    expect(chip.length).toBe(3)
    for (const { kind, config, arrays } of chip) {
      expect({ kind, arrays }).toEqual({ kind: 'integrateAndFire', arrays: [] })
      expect(config).toMatchObject({ reset: { to: 0 }, initial: { v: 0 }, amplitude: 'one' })
    }
    expect(chip.map(({ config }) => config['threshold'])).toEqual([1, 0.125, 1])
    // pooling of what does not change is done before the first neurons
    expect(snn.nodes.map(({ layer }) => layer.kind).slice(0, 3)).toEqual(['conv', 'maxPool', 'drivenIntegrateAndFire'].map((kind, i) => (i === 2 ? host!.kind : kind)))
  })

  it('takes the maximum of the spikes of each step', async () => {
    const options: ConvertOptions = { target: 'loihi', T: 8, backend }
    const { snn } = await convert(net(), [data], options)
    const { recorded } = await simulate(snn, data, { T: 8, record: ['relu2.spike', 'maxPool2_any.spike'], backend })
    const pooled = await compile((s: Tensor) => maxPool2d(2).apply([s.reshape([8 * 24, 6, 4, 4])], { training: false, lead: 1 }), { backend })(recorded['relu2.spike']!)
    expect(pooled.data.some((s) => s === 1)).toBe(true)
    expect(recorded['maxPool2_any.spike']!.data).toEqual(pooled.data)
  })

  it('without a host the first layer keeps to it, too; by subtraction where the target does', async () => {
    const plain = (): Network => sequential(input([1, 8, 8]), conv2d(1, 4, 3), relu(), avgPool2d(2), flatten(), linear(36, 8), relu(), linear(8, 4))
    const nir = neuronsOf((await convert(plain(), [data], { target: 'nir', T: 8, backend })).snn)
    expect(nir.map(({ config }) => config)).toEqual([1, 2].map(() => expect.objectContaining({ reset: { to: 0 }, initial: { v: 0 }, threshold: 1 }) as unknown))
    const [, speck] = neuronsOf((await convert(plain(), [data], { target: 'speck', T: 8, backend })).snn)
    expect(speck!.config).toMatchObject({ reset: 'soft', initial: { v: 0 } })
  })

  it('is worth calibrating for: nearer to the ANN than thresholds of activations', async () => {
    const agreement = async (mode: 'max' | 'sequential'): Promise<number> => {
      const { report } = await convert(net(), [data], { target: 'loihi', T: 16, mode, weights: mode === 'sequential' ? 'calibrate' : 'keep', steps: [16], backend })
      return report.layers.slice(1).reduce((sum, { error }) => sum + error, 0)
    }
    expect(await agreement('sequential')).toBeLessThan(await agreement('max'))
  })

  it('is one that is known, with a code that it carries', async () => {
    await expect(convert(net(), [data], { target: 'tpu' as never, backend })).rejects.toThrow("[convert] target \"tpu\", expected one of loihi, nir, speck, xylo.")
    await expect(convert(net(), [data], { target: 'loihi', code: 'delta', backend })).rejects.toMatchObject({ code: 'ARGUMENT', message: expect.stringContaining("expected the code 'binary'") as string })
  })
})

describe('a neuron that is reset to 0', () => {
  it('has the rate that it is chosen for, as its own arithmetic gives it', async () => {
    const T = 64
    const traces = [0.1, 0.3, 0.55, 0.8, 1].map((x) => ({ currents: Float64Array.from({ length: T }, (_, t) => x * (1 + 0.5 * Math.sin(t * 2.3))), activation: x }))
    const { threshold, level, initial, current } = chooseNeuron(traces, 1, { T, wait: 0, signed: false, cap: Infinity, fromZero: true, hard: true })
    expect(initial).toBe(0)
    expect(level).toBeLessThanOrEqual(threshold)
    const cell = integrateAndFire({ threshold: level, reset: { to: 0 } })
    for (const { currents, activation } of traces) {
      let v = 0
      let count = 0
      for (const x of currents) {
        v += x + current
        if (v >= level) {
          v = 0
          count++
        }
      }
      expect(Math.abs((count * threshold) / T - activation)).toBeLessThan(0.06)
    }
    const run = compile((x: Tensor) => sequential(input([1]), cell).forward(repeat(x, T)).sum(), { backend })
    expect((await run({ data: Float32Array.of(0.3), shape: [1, 1] })).item()).toBeGreaterThan(0)
  })
})

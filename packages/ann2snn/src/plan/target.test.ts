import { integrateAndFire } from '@snn/neuron'
import {
  avgPool2d,
  conv2d,
  flatten,
  input,
  linear,
  linearLayer,
  maxPool2d,
  relu,
  sequential,
  type Layer,
  type Network,
} from '@snn/nn'
import { compile, reference, repeat, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { random } from '../../test/networks.js'
import { chooseNeuron } from '../calibrate/neuron-grid.js'
import { convert } from '../convert.js'
import type { ConvertOptions } from './convert-options.js'
import { simulate } from '../run/simulate.js'

const backend = reference()
const data = {
  data: Float32Array.from({ length: 24 * 64 }, (_, i) => Math.abs(Math.sin(i * 0.37 + Math.floor(i / 64)))),
  shape: [24, 1, 8, 8],
}
const net = (): Network =>
  sequential(
    input([1, 8, 8]),
    conv2d(1, 4, 3, { padding: 1 }),
    relu(),
    maxPool2d(2),
    conv2d(4, 6, 3, { padding: 1 }),
    relu(),
    maxPool2d(2),
    flatten(),
    linear(24, 16),
    relu(),
    linear(16, 4),
  )

/** The neurons behind the first layer, as JSON. */
const neuronsOf = (snn: Network) =>
  snn.nodes
    .filter(({ layer }) => 'step' in layer && layer.kind !== 'runningMean')
    .map(({ layer: { kind, config, variables } }) => ({ kind, config, arrays: Object.keys(variables) }))

describe('a target', () => {
  it.each(['max', 'sequential'] as const)(
    'has neurons that start at 0, are reset to 0 and fire at 1, behind the first that stay with the host: %s',
    async (mode) => {
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
      expect(snn.nodes.map(({ layer }) => layer.kind).slice(0, 3)).toEqual(
        ['conv', 'maxPool', 'drivenIntegrateAndFire'].map((kind, i) => (i === 2 ? host!.kind : kind)),
      )
    },
  )

  it('takes the maximum of the spikes of each step', async () => {
    const options: ConvertOptions = { target: 'loihi', T: 8, backend }
    const { snn } = await convert(net(), [data], options)
    const { recorded } = await simulate(snn, data, { T: 8, record: ['relu2.spike', 'maxPool2_any.spike'], backend })
    const pooled = await compile(
      (s: Tensor) => maxPool2d(2).apply([s.reshape([8 * 24, 6, 4, 4])], { training: false, lead: 1 }),
      { backend },
    )(recorded['relu2.spike']!)
    expect(pooled.data.some((s) => s === 1)).toBe(true)
    expect(recorded['maxPool2_any.spike']!.data).toEqual(pooled.data)
  })

  it('without a host the first layer keeps to it, too; by subtraction where the target does', async () => {
    const plain = (): Network =>
      sequential(
        input([1, 8, 8]),
        conv2d(1, 4, 3),
        relu(),
        avgPool2d(2),
        flatten(),
        linear(36, 8),
        relu(),
        linear(8, 4),
      )
    const nir = neuronsOf((await convert(plain(), [data], { target: 'nir', T: 8, backend })).snn)
    expect(nir.map(({ config }) => config)).toEqual(
      [1, 2].map(() => expect.objectContaining({ reset: { to: 0 }, initial: { v: 0 }, threshold: 1 }) as unknown),
    )
    const [, speck] = neuronsOf((await convert(plain(), [data], { target: 'speck', T: 8, backend })).snn)
    expect(speck!.config).toMatchObject({ reset: 'soft', initial: { v: 0 } })
  })

  // Weights of a layer share the bits of its largest: half a step of 8 bits is then at most 1/127 of the level that the
  // layer's neurons fire at.
  it.each(
    (['loihi', 'nir', 'speck', 'xylo'] as const).flatMap((target) => [1, 2].map((seed) => [target, seed] as const)),
  )(
    'keeps weights within two thresholds, so that 8 bits hold them, though channels are hardly ever active: %s, %i',
    async (target, seed) => {
      const x = random(40 * 8, seed)
      const drawn = (to: number, from: number, bias: (row: number) => number): Layer =>
        linearLayer(
          {},
          {
            weight: variable({ data: Float32Array.from(random(to * from, ++seed)), shape: [to, from] }),
            bias: variable({ data: Float32Array.from({ length: to }, (_, row) => bias(row)), shape: [to] }),
          },
        )
      // biases that leave some channels silent but for a few samples
      const quiet = (row: number): number => (row % 3 === 0 ? -1.2 : 0.1)
      const ann = sequential(
        input([8]),
        drawn(12, 8, quiet),
        relu(),
        drawn(9, 12, quiet),
        relu(),
        drawn(7, 9, quiet),
        relu(),
        drawn(4, 7, () => 0),
      )
      const { snn } = await convert(ann, [{ data: Float32Array.from(x, Math.abs), shape: [40, 8] }], {
        target,
        mode: 'sequential',
        weights: 'calibrate',
        T: 8,
        backend,
      })
      for (const [i, { layer }] of snn.nodes.entries()) {
        const next = snn.nodes[i + 1]!
        if (!linearLayer.is(layer) || (target !== 'nir' && i === 0) || next.layer.config['threshold'] === undefined)
          continue
        const weights = await layer.variables['weight']!.data()
        const [threshold] = (await next.layer.variables['threshold']?.data()) ?? [
          Number(next.layer.config['threshold']),
        ]
        expect(Math.max(...weights.map(Math.abs)) / threshold!).toBeLessThanOrEqual(2 + 1e-6)
      }
    },
  )

  it('is worth calibrating for: nearer to the ANN than thresholds of activations', async () => {
    const agreement = async (mode: 'max' | 'sequential'): Promise<number> => {
      const { report } = await convert(net(), [data], {
        target: 'loihi',
        T: 16,
        mode,
        weights: mode === 'sequential' ? 'calibrate' : 'keep',
        steps: [16],
        backend,
      })
      return report.layers.slice(1).reduce((sum, { error }) => sum + error, 0)
    }
    expect(await agreement('sequential')).toBeLessThan(await agreement('max'))
  })

  it('is one that is known, with a code that it carries', async () => {
    await expect(convert(net(), [data], { target: 'tpu' as never, backend })).rejects.toThrow(
      '[convert] target "tpu", expected one of loihi, nir, speck, xylo.',
    )
    await expect(convert(net(), [data], { target: 'loihi', code: 'delta', backend })).rejects.toMatchObject({
      code: 'ARGUMENT',
      message: expect.stringContaining("expected the code 'binary'") as string,
    })
  })
})

describe('a neuron that is reset to 0', () => {
  it('has the rate that it is chosen for, as its own arithmetic gives it', async () => {
    const T = 64
    const traces = [0.1, 0.3, 0.55, 0.8, 1].map((x) => ({
      currents: Float64Array.from({ length: T }, (_, t) => x * (1 + 0.5 * Math.sin(t * 2.3))),
      activation: x,
    }))
    const { threshold, level, initial, current } = chooseNeuron(traces, 1, {
      T,
      wait: 0,
      signed: false,
      cap: Infinity,
      fromZero: true,
      hard: true,
    })
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
    const run = compile(
      (x: Tensor) =>
        sequential(input([1]), cell)
          .forward(repeat(x, T))
          .sum(),
      { backend },
    )
    expect((await run({ data: Float32Array.of(0.3), shape: [1, 1] })).item()).toBeGreaterThan(0)
  })
})

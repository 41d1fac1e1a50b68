import { clipLayer, Network, type Layer } from '@snn/nn'
import { compile, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { mlp, randomTensor, residual } from '../../test/networks.js'
import type { Per } from '../calibrate/activations.js'
import { normalize } from './normalize.js'
import { planConversion, type ConversionPlan } from '../plan/plan.js'
import { chooseThresholds } from '../calibrate/thresholds.js'

const backend = reference()

/** The converted network with every neuron replaced by what its rate tends to, min(max(z, 0), threshold), at once. */
function rates(snn: Network): Network {
  const identity = clipLayer({ low: null, high: null })
  const saturating = (layer: Layer): Layer => {
    if (layer.kind === 'runningMean') return identity
    if (layer.kind === 'spikingMaxPool')
      return { ...layer, kind: 'pool', apply: ([x]: readonly Tensor[]) => pooled(layer, x!) }
    if (layer.kind !== 'integrateAndFire') return layer
    const { threshold } = layer.variables
    const own = layer.config['threshold'] as number
    return {
      ...clipLayer({ low: null, high: null }),
      apply: ([z]: readonly Tensor[]) => z!.relu().minimum(threshold ? threshold.read() : own),
    }
  }
  return new Network({
    inputs: snn.inputs,
    outputs: snn.outputs,
    nodes: snn.nodes.map((node) => ({ ...node, layer: withoutState(saturating(node.layer)) })),
  })
}

const withoutState = (layer: Layer): Layer => {
  const { contract, kind, config, variables, apply } = layer as Extract<Layer, { apply: unknown }>
  return { contract, kind, config, variables, apply }
}

function pooled(layer: Layer, x: Tensor): Tensor {
  const stateful = layer as Extract<Layer, { step: unknown }>
  return stateful.step(x, stateful.initialState(x.shape, x.dtype), { training: false, lead: 1 }).output
}

async function converted(net: Network, per: Per) {
  const plan: ConversionPlan = planConversion(net, 'error')
  const x = randomTensor([6, ...net.inputs[0]!.shape!], 7)
  const thresholds = await chooseThresholds(plan, [x], { mode: 'max', per, backend })
  return { plan, x, thresholds, ...(await normalize(plan, thresholds, { initialPotential: 0.5, delay: 0 })) }
}

const output = (net: Network) => compile((x: Tensor) => net.single(net.run('step', net.bind(x))), { backend })

describe('weight normalisation', () => {
  for (const [name, make] of Object.entries({ mlp, residual })) {
    for (const per of ['layer', 'channel'] as const) {
      it(`keeps what the network computes, every activation within the threshold: ${name} per ${per}`, async () => {
        const net = make()
        const { snn, x } = await converted(net, per)
        const expected = await output(net)(x)
        const got = await output(rates(snn))(x)
        const largest = Math.max(...Array.from(expected.data, Math.abs))
        got.data.forEach((value, i) => expect(Math.abs(value - expected.data[i]!)).toBeLessThan(1e-5 * largest))
      })
    }
  }

  it('adds no layers but the readout, and gives neurons the threshold 1 unless an Add ties them to a larger one', async () => {
    const net = residual()
    const { snn } = await converted(net, 'channel')
    expect(snn.nodes.map(({ name }) => name)).toEqual([...net.nodes.map(({ name }) => name), 'fc2_mean'])
    for (const name of ['relu3', 'relu4', 'relu5']) expect(snn.node(name).layer.config['threshold']).toBe(1)
    // relu1 and relu2 share their scale through the identity branch of add1: in each channel the larger one has
    // threshold 1
    const thresholds = await Promise.all(
      ['relu1', 'relu2'].map(
        async (name) => (await snn.node(name).layer.variables['threshold']!.data()) as Float32Array,
      ),
    )
    for (let c = 0; c < 4; c++) expect(Math.max(thresholds[0]![c]!, thresholds[1]![c]!)).toBe(1)
    expect(Math.min(...thresholds[0]!, ...thresholds[1]!)).toBeLessThan(1)
  })

  it('starts at the given share of each threshold', async () => {
    const { snn } = await converted(residual(), 'channel')
    const { threshold, 'initial.v': initial } = snn.node('relu1').layer.variables
    const [h, v] = [await threshold!.data(), await initial!.data()]
    h.forEach((value, c) => expect(v[c]).toBeCloseTo(value / 2, 6))
  })
})

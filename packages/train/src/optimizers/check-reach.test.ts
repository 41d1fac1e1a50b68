import { defineNeuron, extendNeuron, integrateAndFire, learnable, lif, nonSpikingLif } from '@snn/neuron'
import { batchNorm1d, dropout, input, linear, sequential, stepwise, type Network, type Part } from '@snn/nn'
import { compile, isSnnError, reference, repeat, stopGradient, zeros, type SnnError, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { adam, countCrossEntropy, sgd, type Optimizer } from '../index.js'

const backend = reference()
const x = { data: Float32Array.from({ length: 12 }, (_, i) => i / 6), shape: [4, 3] }
const y = { data: Int32Array.of(0, 1, 0, 1), shape: [4] }

/** Fires by a comparison: no surrogate. */
const hard = defineNeuron('hard', {
  parameters: { tau: 2 },
  state: { v: 0 },
  charge: (now, { v }, { tau }) => ({ v: v.add(now.sub(v).div(tau)) }),
  fire: ({ v }, { threshold }) => v.ge(threshold).cast('float32'),
})
const hardAgain = extendNeuron('hardAgain', hard, { parameters: { gain: 1 } })

const net = (...parts: Part[]): Network => sequential(input([3]), linear(3, 5), ...parts)

async function train(
  network: Network,
  optimizer: Optimizer,
  forward = (now: Tensor): Tensor => network.forward(repeat(now, 4), { training: true }),
): Promise<unknown> {
  return compile(
    (samples: Tensor, labels: Tensor) => {
      const loss = countCrossEntropy(forward(samples), labels)
      optimizer.step(loss)
      return loss
    },
    { backend },
  )(x, y).catch((error: unknown) => error)
}

async function refused(result: Promise<unknown>): Promise<SnnError<'NOT_TRAINABLE'>> {
  const error = await result
  expect(isSnnError(error, 'NOT_TRAINABLE'), String(error)).toBe(true)
  return error as SnnError<'NOT_TRAINABLE'>
}

describe('training that cannot learn is refused when it is traced', () => {
  it.each<[string, () => Network, string[], string]>([
    [
      'a hidden neuron without a surrogate',
      () => net(hard(), linear(5, 2), lif()),
      ['linear1.weight', 'linear1.bias'],
      'hard1',
    ],
    [
      'one that is derived, with a parameter',
      () => net(hardAgain({ tau: learnable(2) }), linear(5, 2), lif()),
      ['linear1.weight', 'linear1.bias', 'hardAgain1.tau'],
      'hardAgain1',
    ],
    [
      'the last neuron without one',
      () => net(lif(), linear(5, 2), hard()),
      ['linear1.weight', 'linear1.bias', 'linear2.weight', 'linear2.bias'],
      'hard1',
    ],
    [
      'both',
      () => net(hard(), linear(5, 2), hard()),
      ['linear1.weight', 'linear1.bias', 'linear2.weight', 'linear2.bias'],
      'hard1',
    ],
  ])('%s: the parameters and the layer are named', async (_, make, parameters, layer) => {
    for (const run of [
      undefined,
      (network: Network) => (now: Tensor) => stepwise(network, repeat(now, 4)).outputs[network.outputs[0]!]!,
    ]) {
      const network = make()
      const before = await network.variables()['linear1.weight']!.data()
      const error = await refused(train(network, adam(network.parameters()), run?.(network)))
      expect(error.details.parameters).toEqual(parameters)
      expect(error.details.layers.join()).toContain(`'${layer}' (lessEqual, `)
      expect(error.message).toContain(layer)
      expect(await network.variables()['linear1.weight']!.data()).toEqual(before)
    }
  })

  it('an optimiser of another network', async () => {
    const [one, other] = [net(lif(), linear(5, 2), lif()), net(lif(), linear(5, 2), lif())]
    const error = await refused(train(one, sgd(other.parameters(), { lr: 0.1 })))
    expect(error.message).toMatch(
      /\[sgd\] the loss depends on none of the parameters linear1\.weight.*net\.parameters\(\)/,
    )
  })

  it('a loss of the predicted classes', async () => {
    const network = net(lif(), linear(5, 2))
    const optimizer = adam(network.parameters())
    const error = await compile(
      (samples: Tensor) => {
        optimizer.step(network.forward(repeat(samples, 4)).sum(0).argmax().cast('float32').mean())
        return zeros([])
      },
      { backend },
    )(x).catch((thrown: unknown) => thrown)
    expect((error as SnnError<'NOT_TRAINABLE'>).details.layers.join()).toContain('argmax')
  })

  it('layers whose sizes do not fit are named', async () => {
    const network = sequential(input([3]), linear(3, 5), lif(), linear(5, 4), lif(), linear(5, 2), lif())
    await expect(compile((samples: Tensor) => network.forward(repeat(samples, 4)), { backend })(x)).rejects.toThrow(
      /\[linear\] input of shape \[4,4,4\].* In the layer 'linear3'/,
    )
  })
})

describe('is not refused', () => {
  it.each<[string, () => Network]>([
    ['detached resets', () => net(lif({ detachReset: true }), linear(5, 2), lif({ detachReset: true }))],
    [
      'a membrane at the end whose threshold plays no part',
      () => net(lif(), linear(5, 2), nonSpikingLif({ threshold: learnable(1) })),
    ],
    [
      'dropout and batch normalisation',
      () => net(batchNorm1d(5), dropout(0.5), integrateAndFire(), linear(5, 2), lif()),
    ],
  ])('%s', async (_, make) => {
    const network = make()
    expect(isSnnError(await train(network, adam(network.parameters())))).toBe(false)
  })

  it('what is frozen on purpose: left out, or cut off by stopGradient', async () => {
    const [lower, upper] = [net(lif()), sequential(input([5]), linear(5, 2), lif())]
    const both = {
      ...Object.fromEntries(Object.entries(lower.parameters()).map(([path, v]) => [`lower.${path}`, v])),
      ...upper.parameters(),
    }
    const forward = (now: Tensor): Tensor => upper.forward(stopGradient(lower.forward(repeat(now, 4))))
    expect(isSnnError(await train(upper, adam(both), forward))).toBe(false)
    expect(isSnnError(await train(upper, adam(upper.parameters()), forward))).toBe(false)
    // nothing else is left to learn
    expect(isSnnError(await train(upper, adam(lower.parameters()), forward), 'NOT_TRAINABLE')).toBe(true)
  })

  it('two losses of one optimiser, each of its own part', async () => {
    const trunk = net(lif())
    const heads = [
      sequential(input([5]), linear(5, 2), lif()),
      sequential(input([5]), linear(5, 1), nonSpikingLif()),
    ] as const
    const named = (prefix: string, network: Network) =>
      Object.entries(network.parameters()).map(([path, v]) => [`${prefix}.${path}`, v] as const)
    const optimizer = sgd(
      Object.fromEntries([...named('trunk', trunk), ...named('a', heads[0]), ...named('b', heads[1])]),
      { lr: 0.1 },
    )
    const step =
      (loss: (outputs: Tensor, labels: Tensor) => Tensor, head: Network) => (samples: Tensor, labels: Tensor) => {
        const value = loss(head.forward(trunk.forward(repeat(samples, 4))), labels)
        optimizer.step(value)
        return value
      }
    await expect(compile(step(countCrossEntropy, heads[0]), { backend })(x, y)).resolves.toBeDefined()
    await expect(
      compile(
        step((outputs) => outputs.mul(outputs).mean(), heads[1]),
        { backend },
      )(x, y),
    ).resolves.toBeDefined()
  })
})

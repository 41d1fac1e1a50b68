import { fromArrays, loader } from '@snn/datasets'
import { integrateAndFire, lif } from '@snn/neuron'
import {
  batchNorm2d,
  conv2d,
  convTranspose2d,
  defineLayer,
  flatten,
  input,
  linear,
  sequential,
  type Network,
  type Part,
} from '@snn/nn'
import { atan } from '@snn/surrogate'
import { customGradient, isSnnError, reference, repeat, sizeOf, tensor, type SnnError } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countCrossEntropy, fit, memoryCheckpoint, sgd, type NetworkFitOptions, type TrainingData } from '../index.js'

const backend = reference()
const sample = [2, 4, 4] as const

function data(spoil?: { readonly at: number; readonly value: number }): TrainingData {
  const x = Float32Array.from({ length: 12 * 32 }, (_, i) => Math.abs(Math.sin(i)))
  if (spoil) x[spoil.at] = spoil.value
  return loader(
    fromArrays(
      { data: x, shape: [12, ...sample] },
      { data: Int32Array.from({ length: 12 }, (_, i) => i % 3), shape: [12] },
    ),
    { batch: 4 },
  )
}

const fire = (): Part => integrateAndFire({ surrogate: atan() })
function options(net: Network, more: Partial<NetworkFitOptions> = {}): NetworkFitOptions {
  return {
    optimizer: sgd(net.parameters(), { lr: 0.01 }),
    loss: (s, y) => countCrossEntropy(s, y, { reduction: 'none' }),
    encode: (x) => repeat(x, 3),
    epochs: 1,
    backend,
    ...more,
  }
}

/** Hands its input on, and back a gradient in which one number is none. */
const spoiling = (at: number, value: number): Part =>
  defineLayer<object>('spoiling', ([x]) => {
    const factors = new Float32Array(sizeOf(x.shape)).fill(1)
    factors[at % factors.length] = value
    return customGradient(x, [x], (dy) => [dy.mul(tensor({ data: factors, shape: x.shape }))])
  })({}, {})

async function failure(run: Promise<unknown>): Promise<SnnError<'NOT_FINITE'>> {
  const error: unknown = await run.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  )
  expect(isSnnError(error, 'NOT_FINITE'), String(error)).toBe(true)
  return error as SnnError<'NOT_FINITE'>
}

const weights = (net: Network): Promise<number[][]> =>
  Promise.all(Object.values(net.variables()).map(async (v) => [...(await v.data())]))
const small = (): Network =>
  sequential(input(sample), conv2d(2, 3, 3, { padding: 1 }), batchNorm2d(3), fire(), flatten(), linear(48, 3), fire())

describe('fit', () => {
  it.each([NaN, Infinity, -Infinity])(
    'names the sample with a %s, and leaves the weights as they were before its batch',
    async (value) => {
      const net = small()
      const error = await failure(fit(net, data({ at: 32 * 6 + 5, value }), options(net)))
      expect(error.message).toMatch(
        new RegExp(`\\[fit\\] sample 2 of a batch at epoch 1, batch 2 has an input of ${value} \\(number 5 of 32\\)`),
      )
      for (const values of await weights(net)) expect(values.every(Number.isFinite)).toBe(true)
    },
  )

  it('looks at targets, and at the data that it validates on', async () => {
    const net = small()
    const targets: TrainingData = {
      batch: 1,
      samples: 1,
      pass: async function* () {
        yield [
          { data: new Float32Array(32), shape: [1, ...sample] },
          { data: Float32Array.of(NaN), shape: [1] },
        ] as const
      },
    }
    expect((await failure(fit(net, targets, options(net)))).message).toContain('has a target of NaN')
    expect(
      (await failure(fit(net, data(), options(net, { validation: data({ at: 40, value: NaN }) })))).message,
    ).toContain('[evaluate] sample 1 of a batch has an input of NaN')
  })

  it('a loss that is none names the sample', async () => {
    const net = small()
    const loss: NetworkFitOptions['loss'] = (s, y) =>
      countCrossEntropy(s, y, { reduction: 'none' }).add(y.eq(2).cast('float32').mul(-1).log().mul(0))
    expect((await failure(fit(net, data(), options(net, { loss })))).message).toMatch(
      /the loss is NaN at epoch 1, batch 1 \(sample \d of the batch\)/,
    )
  })

  /**
   * Networks with layers of each kind that has weights, some of them large, and a place for a gradient that is none.
   */
  const networks: Readonly<Record<string, (spoil: Part) => Network>> = {
    'a large linear layer': (spoil) =>
      sequential(input(sample), flatten(), linear(32, 1200), spoil, fire(), linear(1200, 3), fire()),
    'a large convolution without padding': (spoil) =>
      sequential(
        input(sample),
        conv2d(2, 70, 3, { padding: 1 }),
        fire(),
        conv2d(70, 64, 3, { bias: false }),
        spoil,
        fire(),
        flatten(),
        linear(256, 3),
        fire(),
      ),
    'with padding, in groups': (spoil) =>
      sequential(
        input(sample),
        conv2d(2, 64, 3, { padding: 1 }),
        fire(),
        conv2d(64, 128, 3, { padding: 1, groups: 2, bias: false }),
        spoil,
        fire(),
        flatten(),
        linear(2048, 3),
        fire(),
      ),
    transposed: (spoil) =>
      sequential(
        input(sample),
        conv2d(2, 64, 3),
        fire(),
        convTranspose2d(64, 64, 3, { bias: false }),
        spoil,
        fire(),
        flatten(),
        linear(1024, 3),
        fire(),
      ),
    'batch normalisation': (spoil) =>
      sequential(
        input(sample),
        conv2d(2, 3, 3),
        batchNorm2d(3),
        spoil,
        lif({ surrogate: atan() }),
        flatten(),
        linear(12, 3),
        fire(),
      ),
  }

  it(
    'finds any gradient that is none in the very batch, however the spikes hide it: nothing is saved',
    { timeout: 240_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...Object.keys(networks)),
          fc.nat(),
          fc.constantFrom(NaN, Infinity),
          async (name, at, value) => {
            const net = networks[name]!(spoiling(at, value))
            const store = memoryCheckpoint()
            const error = await failure(fit(net, data(), options(net, { checkpoint: { store } })))
            expect(error.details.place).toBe('epoch 1, batch 1')
            expect(error.message).toMatch(/after epoch 1, batch 1 '(conv|linear)[^']*'.* hold/)
            expect(await store.load()).toBeUndefined()
          },
        ),
        {
          numRuns: 12,
          examples: [
            ...Object.keys(networks).map((name, i) => [name, 7919 * i, NaN] as [string, number, number]),
            ['a large linear layer', 1212154800, Infinity],
          ],
        },
      )
    },
  )

  it('warns of parameters that the loss does not depend on', async () => {
    const net = small()
    const other = sequential(linear(2, 1))
    const told: string[] = []
    await fit(
      net,
      data(),
      options(net, {
        optimizer: sgd({ ...net.parameters(), 'other.weight': other.parameters()['linear1.weight']! }, { lr: 0.01 }),
        onWarning: (text) => told.push(text),
      }),
    )
    expect(told).toEqual([expect.stringMatching(/does not depend on other\.weight/)])
  })
})

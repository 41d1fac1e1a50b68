import {
  averagePool,
  concat,
  conv,
  customGradient,
  grad,
  hostTensor,
  maxPool,
  scan,
  zeros,
  type Backend,
  type HostTensor,
  type Tensor,
} from '@snn/tensor'
import { traceFunction } from '@snn/tensor/backend'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inForm } from '../test/kernel-form.js'
import { cpu } from './index.js'

let backend: Backend
beforeAll(async () => {
  backend = await cpu({ ...inForm, threads: 2 })
})
afterAll(() => backend.dispose())

const fire = (v: Tensor): Tensor =>
  customGradient(v.ge(0.5).cast('float32'), [v], (dy, [x]) => [dy.div(x!.sub(0.5).square().add(1))])

/** What a layer of integrate-and-fire neurons does with currents [T, N, ..]; `after` is applied to its spikes. */
function neurons(currents: Tensor, after: (spikes: Tensor) => Tensor): Tensor {
  const step = (v: Tensor, x: Tensor): readonly [Tensor, Tensor] => {
    const charged = v.add(x)
    const spikes = fire(charged)
    return [charged.sub(spikes), after(spikes)]
  }
  return scan(step, zeros(currents.shape.slice(1)), currents)[1]
}

const T = 6
type Network = (x: Tensor, first: Tensor, second: Tensor, after: (spikes: Tensor) => Tensor) => Tensor

/** Between two convolutions with padding; x [T, 2, 1, 12, 12], first [8, 1, 3, 3], second [8, 8, 3, 3]. */
const between =
  (pool: (spikes: Tensor) => Tensor): Network =>
  (x, first, second, after) =>
    neurons(conv(pool(neurons(conv(x, first, { padding: 1 }), after)), second, { padding: 1 }), after)

const networks: Record<string, Network> = {
  'with nothing between': between((s) => s),
  'with max pooling between': between((s) => maxPool(s, [2, 2])),
  'with steps folded into images': between((s) =>
    maxPool(s.reshape([T * 2, 8, 12, 12]), [2, 2]).reshape([T, 2, 8, 6, 6]),
  ),
  'with halves of the channels exchanged': between((s) => concat([s.slice(2, 4, 8), s.slice(2, 0, 4)], 2)),
  'with a short cut': (x, first, second, after) => {
    const s = neurons(conv(x, first, { padding: 1 }), after)
    return conv(s, second, { padding: 1 }).add(s)
  },
  'with feedback': (x, first, second, after) => {
    const step = ([v, s]: readonly [Tensor, Tensor], current: Tensor): readonly [readonly [Tensor, Tensor], Tensor] => {
      const charged = v.add(current).add(conv(s, second, { padding: 1 }))
      const spikes = fire(charged)
      return [[charged.sub(spikes), after(spikes)], spikes]
    }
    const silence = zeros([2, 8, 12, 12])
    return scan(step, [silence, silence] as const, conv(x, first, { padding: 1 }))[1]
  },
}

/** Two products with matrices; x [T, 64, 20], first [20, 1024], second [1024, 30]. */
const product: Network = (x, first, second, after) => neurons(neurons(x.matmul(first), after).matmul(second), after)

const data = (shape: readonly number[], key: number): HostTensor =>
  hostTensor({
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898 + key) * 0.7),
    shape,
  })

/**
 * Loss and gradients of a network, and the bytes of memory they take. Times a factor that only runs know, 1, spikes are
 * not known to be zeros and ones.
 */
async function train(network: Network, isHidden: boolean): Promise<{ results: number[][]; bytes: number }> {
  const [x, first, second] =
    network === product
      ? ([
          [T, 64, 20],
          [20, 1024],
          [1024, 30],
        ] as const)
      : ([
          [T, 2, 1, 12, 12],
          [8, 1, 3, 3],
          [8, 8, 3, 3],
        ] as const)
  const inputs = [data(x, 1), data(first, 2), data(second, 3), hostTensor({ data: Float32Array.of(1), shape: [] })]
  const { program } = traceFunction((x, first, second, factor) => {
    const loss = network(x, first, second, (s) => (isHidden ? s.mul(factor) : s))
      .mean([0])
      .square()
      .sum()
    return [loss, ...grad(loss, [first, second])]
  }, inputs)
  const executable = await backend.compile(program)
  const results = (await executable.run(inputs)) as readonly HostTensor[]
  await executable.dispose()
  return { results: results.map((value) => [...value.data]), bytes: executable.bytes }
}

describe('spikes that wait for a weight gradient', () => {
  it.each(Object.entries({ ...networks, 'in products with matrices': product }))(
    'take less memory, with the same results: %s',
    async (_, network) => {
      const [known, hidden] = [await train(network, false), await train(network, true)]
      expect(known.results).toEqual(hidden.results)
      expect(known.results[2]!.filter((x) => x !== 0).length).toBeGreaterThan(100)
      expect(known.bytes).toBeLessThan(hidden.bytes)
    },
  )

  it('take as much memory as others when they are averaged, with the same results', async () => {
    const network = between((s) => averagePool(s, [2, 2]))
    expect(await train(network, false)).toEqual(await train(network, true))
  })
})

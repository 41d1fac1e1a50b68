import { cpu } from '@snn/backend-cpu'
import { cubaLif, lif } from '@snn/neuron'
import { input, linear, sequential, type Network, type NetworkState } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { compile, grad, isSnnError, reference, type Backend, type HostTensor, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { expectClose, f32 } from '../../test/host.js'
import { forwardInChunks, mse, sgd, truncatedBackpropagation } from '../index.js'

const make = (): Network =>
  sequential(
    input([3]),
    linear(3, 8),
    lif({ surrogate: atan(), threshold: 0.3 }),
    linear(8, 2),
    cubaLif({ surrogate: atan(), threshold: 0.2 }),
  )
const [T, N] = [12, 4]
const x = f32(
  Array.from({ length: T * N * 3 }, (_, i) => Math.sin(1.7 * i) + 0.6),
  [T, N, 3],
)
const target = f32(
  Array.from({ length: T * N * 2 }, (_, i) => Number(i % 3 === 0)),
  [T, N, 2],
)

const weightsOf = async (net: Network): Promise<number[][]> =>
  Promise.all(Object.values(net.parameters()).map(async (p) => [...(await p.data())]))
const numbers = (t: HostTensor): number[] => [...t.data]

describe.each<[string, () => Promise<Backend>]>([
  ['reference', async () => reference()],
  ['cpu', () => cpu()],
])('on the %s backend', (_, start) => {
  it('a loop over chunks gives the outputs and gradients of the whole', async () => {
    const backend = await start()
    const net = make()
    await using run = compile(
      (a: Tensor, b: Tensor) => {
        const whole = net.forward(a)
        const [parts, state] = forwardInChunks(net, a, { chunk: 4 })
        const [resumed] = forwardInChunks(net, a.slice(0, 6), {
          chunk: 3,
          state: forwardInChunks(net, a.slice(0, 0, 6), { chunk: 2 })[1],
        })
        const of = (y: Tensor): unknown => grad(mse(y, b), net.parameters())
        return {
          whole,
          parts,
          resumed,
          last: state['cubaLif1']!['v']!,
          g: of(whole) as Record<string, Tensor>,
          h: of(parts) as Record<string, Tensor>,
        }
      },
      { backend },
    )
    const { whole, parts, resumed, g, h } = await run(x, target)
    expect(whole.data.some((s) => s === 1)).toBe(true)
    expect(numbers(parts)).toEqual(numbers(whole))
    expect(numbers(resumed)).toEqual(numbers(whole).slice(6 * N * 2))
    for (const [path, gradient] of Object.entries(g)) {
      expect(gradient.data.some((v) => v !== 0)).toBe(true)
      expectClose(h[path]!, numbers(gradient), 1e-5)
    }
    await backend.dispose()
  })

  it.each(['chunk', 'end'] as const)(
    'truncated, update at %s: as chunk by chunk by hand with the state handed on',
    async (update) => {
      const backend = await start()
      const [one, two] = [make(), make()]
      const [first, second] = [one, two].map((net) => sgd(net.parameters(), { lr: 0.5, momentum: 0.9 })) as [
        ReturnType<typeof sgd>,
        ReturnType<typeof sgd>,
      ]
      await using run = compile(
        (a: Tensor, b: Tensor) => {
          const targets = b.reshape([3, 4, N, 2])
          const { loss, outputs, state } = truncatedBackpropagation(one, a, {
            chunk: 4,
            optimizer: first,
            update,
            loss: (y, k) => mse(y, targets.gather(k.reshape([1, 1, 1, 1]).broadcastTo([1, 4, N, 2]), 0).squeeze(0)),
          })
          return { loss, outputs, state }
        },
        { backend },
      )
      await using piece = compile(
        (a: Tensor, b: Tensor, state: NetworkState) => {
          const [y, after] = two.forwardWithState(a, { training: true, state })
          const loss = mse(y, b)
          const gradients = grad(loss, second.parameters)
          if (update === 'chunk') second.apply(gradients)
          return { loss, y, after, gradients }
        },
        { backend },
      )
      await using apply = compile((gradients: Record<string, Tensor>) => second.apply(gradients), { backend })
      const { loss, outputs, state } = await run(x, target)

      const cut = (t: typeof x, k: number, width: number) =>
        f32([...t.data].slice(k * 4 * N * width, (k + 1) * 4 * N * width), [4, N, width])
      let carried: Parameters<typeof piece>[2] = {}
      const sums: Record<string, number[]> = {}
      const losses: number[] = []
      const ys: number[] = []
      for (let k = 0; k < 3; k++) {
        const result = await piece(cut(x, k, 3), cut(target, k, 2), carried)
        carried = result.after
        losses.push(result.loss.item())
        ys.push(...result.y.data)
        for (const [path, g] of Object.entries(result.gradients))
          sums[path] = [...g.data].map((v, i) => (sums[path]?.[i] ?? 0) + v / 3)
      }
      if (update === 'end')
        await apply(
          Object.fromEntries(
            Object.entries(sums).map(([path, sum]) => [path, f32(sum, second.parameters[path]!.shape)]),
          ),
        )
      expect(loss.item()).toBeCloseTo(losses.reduce((a, b) => a + b) / 3, 6)
      expect(numbers(outputs)).toEqual(ys)
      expectClose(state['lif1']!['v']!, [...(carried['lif1']!['v'] as HostTensor).data], 1e-5)
      const [a, b] = [await weightsOf(one), await weightsOf(two)]
      a.forEach((weights, i) => expectClose(weights, b[i]!, 1e-5))
      expect(a).not.toEqual(await weightsOf(make()))
      await backend.dispose()
    },
  )
})

it.each([5, 0, 1.5, 24])('chunks of %d steps of 12 are an error', async (chunk) => {
  const net = make()
  const optimizer = sgd(net.parameters())
  for (const fn of [
    (a: Tensor) => forwardInChunks(net, a, { chunk })[0],
    (a: Tensor) => truncatedBackpropagation(net, a, { chunk, optimizer, loss: (y) => y.mean() }).loss,
  ]) {
    const error: unknown = await compile(fn, { backend: reference() })(x).catch((thrown: unknown) => thrown)
    expect(isSnnError(error, 'ARGUMENT'), String(error)).toBe(true)
  }
})

import { parseArgs } from 'node:util'
import { cpu, type KernelForm } from '@snn/backend-cpu'
import { defineNeuron, lif, type Cell } from '@snn/neuron'
import { sequential } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { compile, grad, sizeOf, type HostTensor, type Tensor } from '@snn/tensor'
import type { DeviceTensor } from '@snn/tensor/backend'
import { createCopier } from './copy.js'
import { numbers, symmetric } from './numbers.js'
import { assertSame, startPeer } from './peer.js'
import { ratio, report, type Measure } from './report.js'
import { inTurns, timed } from './timing.js'

/**
 * One layer of neurons over [T, N, C, H, W], forward and backward: spikes of an input x, and the gradient of x for a
 * given gradient of the spikes. `lif` against SpikingJelly's LIFNode, and an adaptive LIF defined here against the same
 * model as a class of SpikingJelly.
 *
 * Memory sets the floor: forward reads x and writes spikes, backward reads x and the gradient of the spikes and writes
 * that of x. That is five arrays, so `copy` is the time in which the same threads copy two and a half of them.
 */
const shape = [4, 32, 64, 32, 32] as const
const rounds = 9
const warmUp = 3

/**
 * Adaptive leaky integrate-and-fire (Bellec et al. 2018), with a threshold that each spike raises for a while:
 *
 *   charge  v <- v + (x - v) / tau          a <- 0.9 a
 *   fire    s  = H(v - (threshold + beta a))
 *   reset   v <- v - s threshold            a <- a + s
 */
const adaptive = defineNeuron('adaptive', {
  parameters: { tau: 2, beta: 0.1 },
  state: { v: 0, a: 0 },
  charge: (x, { v, a }, { tau }) => ({ v: v.add(x.sub(v).div(tau)), a: a.mul(0.9) }),
  fire: ({ v, a }, { threshold, beta }, spike) => spike(v.sub(threshold.add(a.mul(beta)))),
  reset: ({ v, a }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)), a: a.add(s) }),
})

const neurons: Readonly<Record<string, () => Cell>> = {
  lif: () => lif({ tau: 2, surrogate: atan() }),
  adaptive: () => adaptive({ surrogate: atan() }),
}

async function measure(name: string, threads: number, kernels: KernelForm): Promise<Measure[]> {
  const length = sizeOf(shape)
  const backend = await cpu({ threads, kernels })
  const layer = sequential(neurons[name]!())
  const step = compile(
    (x: Tensor, dy: Tensor) => {
      const spikes = layer.forward(x)
      return { spikes, dx: grad(spikes.mul(dy).sum(), x) }
    },
    { backend },
  )
  const upload = compile((x: Tensor, dy: Tensor) => [x, dy] as const, { backend })
  const [x, dy] = await upload.run(
    [
      { data: numbers(length, 0).map((x) => 2 * x), shape },
      { data: symmetric(length, 1, 0.5), shape },
    ],
    { output: 'device' },
  )
  const run = (): Promise<{ spikes: DeviceTensor; dx: DeviceTensor }> => step.run([x, dy], { output: 'device' })

  await using peer = await startPeer('lif_spikingjelly.py', name, threads)
  if (peer) assertSame(name, sums(await step(x, dy)), await peer.check(), 1e-4)
  await using copier = createCopier(5 * 4 * length, threads)
  const ours = timed(async () => {
    const { spikes, dx } = await run()
    spikes[Symbol.dispose]()
    dx[Symbol.dispose]()
  })
  const medians = await inTurns(
    { ours, copy: () => copier.run(), peer: peer && (() => peer.run()) },
    { rounds, warmUp },
  )
  await step.dispose()
  await upload.dispose()
  await backend.dispose()
  const called = `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return [
    { what: `${called}: ours`, value: medians.ours, unit: 'ms' },
    { what: `${called}: SpikingJelly`, value: medians.peer, unit: 'ms' },
    { what: `${called}: copy of the same bytes`, value: medians.copy, unit: 'ms' },
    { what: `${called}: SpikingJelly / ours`, value: ratio(medians.peer, medians.ours), unit: 'x', atLeast: 8 },
    { what: `${called}: ours / copy`, value: ratio(medians.ours, medians.copy), unit: 'x', atMost: 2 },
  ]
}

/** Number of spikes, and the sum of the sizes of the gradient. */
function sums({ spikes, dx }: { readonly spikes: HostTensor; readonly dx: HostTensor }): number[] {
  let [count, size] = [0, 0]
  for (const s of spikes.data as Float32Array) count += s
  for (const d of dx.data as Float32Array) size += Math.abs(d)
  return [count, size]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', multiple: true, default: ['2', '1'] },
    kernels: { type: 'string', default: 'auto' },
  },
})
const measures: Measure[] = []
for (const threads of values.threads) {
  for (const name of positionals.length > 0 ? positionals : Object.keys(neurons))
    measures.push(...(await measure(name, Number(threads), values.kernels as KernelForm)))
}
report('lif', { shape, kernels: values.kernels, rounds }, measures)

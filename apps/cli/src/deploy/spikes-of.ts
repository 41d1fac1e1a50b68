import { sampleShapes, type Network } from '@snn/nn'
import { compile, sizeOf, type Tensor } from '@snn/tensor'
import type { Deployed } from './deploy-model.js'
import { encoded, type MeasureOptions } from './measure.js'

/** Samples that spikes are counted on. */
const most = 256

/**
 * Spikes of one sample by layer, in the order of the layers, mean over some samples, of networks fed with each other;
 * `sent`: whether what the hosts give are spikes, too.
 */
export async function spikesOf(
  hosts: readonly Network[],
  network: Network,
  { source, data, backend, work }: MeasureOptions,
  sent: boolean,
): Promise<Deployed['spikes']> {
  const encode = encoded(source.snn, source.T)
  await using run = compile(
    (x: Tensor) => {
      const flow = hosts.reduce((value, host) => host.forward(value), encode(x))
      const { recorded } = network.run('sequence', flow, { record: ['*'] })
      const spikes = Object.entries(recorded).filter(([name]) => name.endsWith('.spike'))
      return Object.fromEntries(
        [
          ...(sent && hosts.length > 0 ? [[hosts.at(-1)!.outputs[0]!, flow] as const] : []),
          ...spikes.map(([name, value]) => [name.replace(/\.spike$/, ''), value] as const),
        ].map(([name, value]) => [name, value.ne(0).cast('float32').sum()]),
      )
    },
    { backend },
  )
  const totals = new Map<string, number>()
  let samples = 0
  for await (const [x] of source.batches(data)) {
    for (const [name, value] of Object.entries(await run.run([x], { signal: work.signal })))
      totals.set(name, (totals.get(name) ?? 0) + value.item())
    samples += x.shape[0]!
    if (samples >= most) break
  }
  const shapes = new Map([...hosts, network].flatMap((own) => [...sampleShapes(own)]))
  const order = [...hosts, network].flatMap(({ nodes }) => nodes.map(({ name }) => name))
  return [...totals]
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([layer, total]) => ({ layer, neurons: sizeOf(shapes.get(layer)!), perSample: total / samples }))
}

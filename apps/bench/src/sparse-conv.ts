import { parseArgs } from 'node:util'
import { cpu, type KernelForm } from '@snn/backend-cpu'
import { compile, conv, scan, sizeOf, variable, zeros, type Tensor } from '@snn/tensor'
import type { DeviceTensor } from '@snn/tensor/backend'
import { numbers, symmetric } from './numbers.js'
import { inTurns, timed } from './timing.js'

/**
 * The convolutions of ResNet-20 for CIFAR-10 on inputs of which a part is zero: by ONNX Runtime, and event by event.
 * Both take turns, and medians are compared. From this table the backend has the density at which it changes from one
 * to the other.
 */
const layers = [
  { channels: 16, filters: 16, size: 32, stride: 1 },
  { channels: 16, filters: 32, size: 32, stride: 2 },
  { channels: 32, filters: 32, size: 16, stride: 1 },
  { channels: 32, filters: 64, size: 16, stride: 2 },
  { channels: 64, filters: 64, size: 8, stride: 1 },
] as const

const { values } = parseArgs({
  options: {
    threads: { type: 'string', multiple: true, default: ['1', '2'] },
    density: { type: 'string', multiple: true, default: ['0.01', '0.05', '0.17', '0.3', '0.5'] },
    batch: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '21' },
    kernels: { type: 'string', default: 'auto' },
  },
})
const batch = Number(values.batch)
const kernels = values.kernels as KernelForm
const rows: Record<string, number | string>[] = []

/**
 * One convolution; the loop beside it makes this a spiking network for the backend, which looks at densities in these
 * alone.
 */
function program(weight: Tensor, stride: number): (x: Tensor, xs: Tensor) => readonly Tensor[] {
  return (x, xs) => [
    conv(x, weight, { stride, padding: 1 }),
    scan((v: Tensor, now: Tensor) => [v.add(now), null] as const, zeros([1]), xs)[0],
  ]
}

console.log(
  '| threads | convolution | not zero | ONNX Runtime, ms | events, ms | faster by |\n|---:|---|---:|---:|---:|---:|',
)
for (const threads of values.threads.map(Number)) {
  const backends = {
    dense: await cpu({ threads, kernels, eventDensity: 0 }),
    events: await cpu({ threads, kernels, eventDensity: 1 }),
  }
  for (const { channels, filters, size, stride } of layers) {
    const weight = variable(
      { data: symmetric(filters * channels * 9, 1, 0.1), shape: [filters, channels, 3, 3] },
      { name: 'weight' },
    )
    const compiled = Object.entries(backends).map(
      ([name, backend]) =>
        [
          name,
          compile((x: Tensor, xs: Tensor) => program(weight.read(), stride)(x, xs), { backend }),
          compile((x: Tensor, xs: Tensor) => [x, xs] as const, { backend }),
        ] as const,
    )
    const shape = [batch, channels, size, size]
    for (const density of values.density.map(Number)) {
      const chance = numbers(sizeOf(shape), 2)
      const data = numbers(sizeOf(shape), 3).map((value, i) => (chance[i]! < density ? value : 0))
      const runs: Record<string, () => Promise<number>> = {}
      const held: DeviceTensor[] = []
      for (const [name, run, upload] of compiled) {
        const [x, xs] = await upload.run(
          [
            { data, shape },
            { data: new Float32Array(2), shape: [2, 1] },
          ],
          { output: 'device' },
        )
        held.push(x, xs)
        runs[name] = timed(async () => {
          for (const result of await run.run([x, xs], { output: 'device' })) result[Symbol.dispose]()
        })
      }
      const medians = await inTurns(runs, { rounds: Number(values.rounds), warmUp: 4 })
      const [dense, events] = [medians['dense']!, medians['events']!]
      const name = `${channels} -> ${filters}, ${size} x ${size}${stride > 1 ? `, stride ${stride}` : ''}`
      console.log(
        `| ${threads} | ${name} | ${(100 * density).toFixed(0)} % | ${dense.toFixed(2)} | ${events.toFixed(2)} | ${(dense / events).toFixed(2)} x |`,
      )
      rows.push({ threads, name, density, dense, events })
      for (const tensor of held) tensor[Symbol.dispose]()
    }
    for (const [, run, upload] of compiled) {
      await run.dispose()
      await upload.dispose()
    }
  }
  for (const backend of Object.values(backends)) await backend.dispose()
}
console.log(`\n${JSON.stringify({ benchmark: 'sparse-conv', batch, rows })}`)

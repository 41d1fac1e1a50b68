import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cpu } from '@snn/backend-cpu'
import { readNet } from '@snn/deploy-lava'
import { compileSimulator, loadNetwork, simulator, type LoadedNetwork } from '@snn/deploy-lava/sim'
import { sizeOf } from '@snn/tensor'

/**
 * A time step of the fixed-point simulation of networks that lava-dl ships, plain and compiled, against Lava's own
 * (lava-nc b6822fb, measured on one core of a machine with AVX-512; 1.2 ms is its best of `trained_mnist_network.net`).
 * Time is that of the processor, the best of some runs, so that it holds on a busy machine; the compiled form has one
 * thread.
 */
const lava = { 'trained_mnist_network.net': 1.2, 'pilotnet_snn.net': 180 } as const
const [plainGoal, compiledGoal] = [10, 100]
const folder = join(
  process.env['SNN_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url)),
  'data/lava',
)

/** Spikes at a fifth of the inputs; small values where they go to neurons. */
function inputsOf({ inputShape, inputPort }: LoadedNetwork, T: number): Int32Array {
  let state = 1
  const random = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31
  return Int32Array.from({ length: T * sizeOf(inputShape) }, () =>
    inputPort === 'neuron' ? Math.floor(random() * 40) : random() < 0.2 ? 1 : 0,
  )
}

/** Milliseconds of processor time a step, of the fastest run. */
async function timeOf(T: number, runs: number, work: () => Promise<void> | void): Promise<number> {
  let best = Infinity
  for (let run = 0; run < runs; run++) {
    const started = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(started)
    best = Math.min(best, (user + system) / 1000 / T)
  }
  return best
}

async function bench(file: keyof typeof lava, T: number, runs: number): Promise<string[]> {
  const network = loadNetwork(await readNet(readFileSync(join(folder, file)), { file }))
  const size = sizeOf(network.inputShape)
  const inputs = inputsOf(network, T)
  const run = simulator(network)
  const plain = await timeOf(T, runs, () => {
    for (let t = 0; t < T; t++) run.step(inputs.subarray(t * size, (t + 1) * size))
  })
  await using backend = { value: await cpu({ threads: 1 }), [Symbol.asyncDispose]: () => backend.value.dispose() }
  await using program = compileSimulator(network, { backend: backend.value, record: [network.processes.at(-1)!.name] })
  const compiled = await timeOf(
    T,
    runs,
    async () => void (await program.run({ data: inputs, shape: [T, 1, ...network.inputShape] })),
  )
  const row = (form: string, time: number, goal: number): string =>
    `${file.padEnd(28)} ${form.padEnd(9)} ${time.toFixed(4).padStart(9)} ms a step   ${(lava[file] / time).toFixed(0).padStart(5)} x Lava (goal ${goal})`
  return [row('plain', plain, plainGoal), row('compiled', compiled, compiledGoal)]
}

if (!existsSync(folder))
  console.warn(`SKIPPED: no networks at ${folder}; set SNN_SHARED to the folder that holds data/`)
else {
  for (const [file, T, runs] of [
    ['trained_mnist_network.net', 256, 200],
    ['pilotnet_snn.net', 64, 12],
  ] as const)
    for (const row of await bench(file, T, runs)) console.log(row)
}

import { readNet, writeNet } from '@snn/deploy-lava'
import { compileSimulator, loadNetwork, simulator } from '@snn/deploy-lava/sim'
import { reference, sizeOf } from '@snn/tensor'

/** What is compared of a .net file that Node and a browser have read, written and simulated, in both forms. */
export async function summarizeNet(bytes: Uint8Array): Promise<object> {
  const net = await readNet(writeNet(await readNet(bytes)))
  const chip = loadNetwork(net)
  const [T, size] = [12, sizeOf(chip.inputShape)]
  const data = Int32Array.from({ length: T * size }, (_, i) => Number(i % 3 === 0))
  const run = simulator(chip)
  const last = chip.blocks.at(-1)!.neuron
  const plain: number[] = []
  for (let t = 0; t < T; t++) {
    run.step(data.subarray(t * size, (t + 1) * size))
    plain.push(...run.processes.get(last)!.out)
  }
  await using program = compileSimulator(chip, { backend: reference(), record: [last] })
  const compiled = await program.run({ data, shape: [T, 1, ...chip.inputShape] })
  return { layers: net.layers.map(({ kind }) => kind), plain, compiled: [...compiled[last]!] }
}

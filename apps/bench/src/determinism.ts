import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { cpu } from '@snn/backend-cpu'
import { batchOf, csnn, trainingStep } from './csnn.js'

/**
 * Trains a convolutional spiking network (csnn.ts) twice with the same seed, each time on a new backend, and compares
 * losses, weights and running statistics bit by bit; ends with 1 when any differs.
 */
const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const [steps, batch, threads] = [Number(values.steps), Number(values.batch), Number(values.threads)]

/** Everything that training leaves behind, by name, as bits. */
async function train(): Promise<Map<string, Uint32Array>> {
  const backend = await cpu({ threads })
  const net = csnn().initialize({ seed: 1 })
  const step = trainingStep(net, { backend })
  const losses = new Float32Array(steps)
  for (let i = 0; i < steps; i++) losses[i] = (await step(...batchOf(batch, 2 * i))).item()
  const results = new Map([['losses', bits(losses)]])
  for (const [path, variable] of Object.entries(net.variables()))
    results.set(path, bits((await variable.data()) as Float32Array))
  await step.dispose()
  await backend.dispose()
  return results
}

function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

const [first, second] = [await train(), await train()]
console.log(`${steps} steps of batch ${batch}, ${threads} threads, twice with the same seed\n`)
console.log('| value | numbers | differ |\n|---|---:|---:|')
const compared = [...first].map(([path, value]) => ({
  path,
  numbers: value.length,
  differ: value.reduce((count, word, i) => count + (word === second.get(path)![i] ? 0 : 1), 0),
}))
for (const { path, numbers, differ } of compared) console.log(`| ${path} | ${numbers} | ${differ} |`)
console.log(`\n${JSON.stringify({ benchmark: 'determinism', steps, batch, threads, compared })}`)
if (compared.some(({ differ }) => differ > 0)) process.exitCode = 1

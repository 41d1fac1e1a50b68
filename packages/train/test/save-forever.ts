import { checkpointFile, jsonLines } from '../src/node.js'

// Saves checkpoints whose numbers are all equal, one after another, until it is killed.
const [path] = process.argv.slice(2) as [string]
const store = checkpointFile(path)
const log = jsonLines(`${path}.jsonl`)
const setting = { batchSize: 1, samples: 1, lastBatch: 'drop', identity: '' } as const
for (let steps = 1; ; steps++) {
  const data = new Float32Array(200_000).fill(steps)
  await log.write({ type: 'batch', epoch: 1, step: steps, loss: steps, samplesPerSecond: 1 })
  await store.save({
    tensors: { a: { data, shape: [data.length] } },
    position: {
      version: 1,
      epoch: 0,
      batch: steps,
      steps,
      sums: { loss: 0, correct: null, samples: 0 },
      history: [],
      setting,
    },
  })
  if (steps === 1) process.stdout.write('saving\n')
}

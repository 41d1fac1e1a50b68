import { expect, it } from 'vitest'
import { argumentsOf, inEachMemory, kernelOf } from '../../test/memories.js'
import { random } from '../../test/run-kernel.js'
import { sampleNonZeroFunction, sampledValues, sampleWords } from '../index.js'

it('counts what is not zero in a sample of each group, and looks at nothing behind it', async () => {
  await inEachMemory(8, async (where) => {
    const { memory, start } = where
    const run = await kernelOf(sampleNonZeroFunction, where)
    const next = random(1)
    for (const size of [16, 17, 31, 176, 177, 1000, 16384]) {
      for (const density of [0, 0.1, 0.5, 1]) {
        const words = { x: start + 4096, counts: start + 1024, bytes: 4 * size }
        argumentsOf(where, sampleWords.length).set(sampleWords.map((name) => words[name]))
        const x = new Float32Array(memory.buffer, words.x, 3 * size + 16).fill(1)
        for (let i = 0; i < 3 * size; i++) x[i] = next() < density ? next() - 2 : i % 2 ? -0 : 0
        run(start, 0, 3, 0)
        const sampled = sampledValues(words.bytes)
        const counts = [...new Uint32Array(memory.buffer, words.counts, 3)]
        if (density === 0) expect(counts).toEqual([0, 0, 0])
        else if (density === 1) expect(counts).toEqual([sampled, sampled, sampled])
        else
          for (const count of counts)
            expect(Math.abs(count / sampled - density)).toBeLessThan(4 * Math.sqrt(density / sampled))
      }
    }
  })
})

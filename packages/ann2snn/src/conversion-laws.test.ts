import { compile, reference, type Tensor } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkConversion } from '../test/conversion-law.js'
import { relativeDifference, runOrt } from '../test/ort.js'
import { randomModels } from '../test/random-model.js'
import type { CodeName } from './codes/code.js'
import { codes } from './codes/table.js'
import { importModel } from './import/import-onnx.js'
import { prepare } from './prepare/prepare.js'

// Thousands of models were tried when this was written; here are a few. More: raise the numbers, and leave out the
// seed.

const backend = reference()

describe('random small networks', { timeout: 120_000 }, () => {
  it('compute what ONNX Runtime does, imported and prepared', async () => {
    const law = fc.asyncProperty(randomModels, async ({ bytes, x }) => {
      const expected = await runOrt(bytes, { x })
      const { network } = importModel(bytes)
      for (const net of [network, (await prepare(network, { softmax: 'keep' })).network]) {
        const run = compile((input: Tensor) => net.single(net.run('step', net.bind(input))), { backend })
        expect(relativeDifference((await run(x)).data, expected.data)).toBeLessThan(1e-5)
      }
    })
    await fc.assert(law, { numRuns: 80, seed: 1 })
  })

  it.each(Object.keys(codes) as CodeName[])(
    'tend to the ANN or are refused before any work, and nothing is NaN: %s',
    async (code) => {
      await fc.assert(
        fc.asyncProperty(randomModels, async (model) => void (await checkConversion(model, code, backend))),
        { numRuns: 12, seed: 2 },
      )
    },
  )

  it.each(['binary', 'signed'] as const)(
    'are calibrated for a number of steps, weights too, without a NaN: %s',
    async (code) => {
      const options = { mode: 'sequential', T: 4, weights: 'calibrate' } as const
      await fc.assert(
        fc.asyncProperty(randomModels, async (model) => void (await checkConversion(model, code, backend, options))),
        { numRuns: 12, seed: 3 },
      )
    },
  )
})

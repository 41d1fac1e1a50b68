import { cpu } from '@snn/backend-cpu'
import { readOnnx } from '@snn/onnx'
import { compile, type Backend, type Tensor } from '@snn/tensor'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { relativeDifference, runOrt } from '../../test/ort.js'
import { realPictures, sharedModels } from '../../test/shared-data.js'
import { importModel } from './import-onnx.js'

describe.skipIf(sharedModels.length === 0)('third-party models', () => {
  let backend: Backend
  beforeAll(async () => void (backend = await cpu()))
  afterAll(() => backend.dispose())

  it.each(sharedModels)('%s: the network computes what ONNX Runtime does', { timeout: 120_000 }, async (_, path) => {
    const bytes = readFileSync(path)
    const { network, origins } = importModel(bytes)
    const [input] = network.inputs
    const declared = readOnnx(bytes, { batch: 'keep' }).inputs[0]!
    const own = typeof declared.shape![0] === 'number' ? declared.shape![0] : 2
    const runs = own === 1 ? 2 : 1
    const x = realPictures(own * runs, input!.shape!)
    const size = x.data.length / runs

    await using forward = compile(
      (x: Tensor) => network.run('step', { [input!.name]: x }).outputs[network.outputs[0]!]!,
      { backend },
    )
    const ours = await forward(x)
    const row = ours.data.length / runs
    for (let run = 0; run < runs; run++) {
      const part = { data: x.data.slice(run * size, (run + 1) * size), shape: [own, ...input!.shape!] }
      const theirs = await runOrt(bytes, { [declared.name]: part })
      const difference = relativeDifference(ours.data.subarray(run * row, (run + 1) * row), theirs.data)
      expect(difference).toBeLessThan(1e-4)
    }
    expect(Object.keys(origins)).toEqual(network.nodes.map(({ name }) => name))
    expect(network.nodes.every(({ name }) => /^[a-zA-Z]+\d+$/.test(name))).toBe(true)
  })
})

import { cpu } from '@snn/backend-cpu'
import { compile, type Backend, type Tensor } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faults, haveFaults, readFault, readSamples } from '../test/faults.js'
import { randomTensor } from '../test/networks.js'
import { relativeDifference, runOrt } from '../test/ort.js'
import { convert } from './convert.js'
import { classAt } from './run/classes.js'
import { importModel } from './import/import-onnx.js'
import { prepare } from './prepare/prepare.js'
import { simulate } from './run/simulate.js'

describe.skipIf(!haveFaults)('inputs that once failed', { timeout: 120_000 }, () => {
  let backend: Backend
  beforeAll(async () => void (backend = await cpu()))
  afterAll(() => backend.dispose())

  it.each(faults)('$file', async ({ file, options, T, within }) => {
    const bytes = readFault(file)
    const { network } = importModel(bytes)
    const shape = network.inputs[0]!.shape!
    const samples = await readSamples(file)
    const x = samples
      ? { data: samples.data, shape: [samples.labels.length, ...shape] }
      : randomTensor([5, ...shape], 3)
    const expected = await runOrt(bytes, { [network.inputs[0]!.name]: x })

    const ann = (await prepare(network, { softmax: 'keep' })).network
    await using run = compile((input: Tensor) => ann.single(ann.run('step', ann.bind(input))), { backend })
    // the rounding of quantised activations is left out
    expect(relativeDifference((await run(x)).data, expected.data)).toBeLessThan(file.startsWith('qdq') ? 0.01 : 1e-5)

    const { snn } = await convert(bytes, [x], { backend, ...options })
    const { logits } = await simulate(snn, x, { T, backend })
    expect(relativeDifference(logits.data, expected.data)).toBeLessThan(within)
    const classes = logits.data.length / x.shape[0]!
    samples?.labels.forEach((label, n) => expect(classAt(logits.data, n * classes, classes, 0)).toBe(label))
  })
})

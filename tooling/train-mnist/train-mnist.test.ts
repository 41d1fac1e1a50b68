import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpu } from '@snn/backend-cpu'
import { loader, take } from '@snn/datasets'
import { readOnnx } from '@snn/onnx'
import { describe, expect, it } from 'vitest'
import { root } from '../workspace.ts'
import { classifier, splits, transform } from './classifier.ts'
import { correctOf, onnxClassifier } from './onnx-classifier.ts'
import { accuracy, train } from './train.ts'

describe('the classifier of the main job', () => {
  const model = readFileSync(join(root, 'apps/cli/models/mnist-cnn.onnx'))

  it('is as good as it says, by ONNX Runtime, and small', async () => {
    const [, test] = await splits()
    const correct = await correctOf(model, loader(test, { batch: 500, transform }))
    const { metadata, inputs } = readOnnx(model)
    expect(correct).toBeGreaterThanOrEqual(9880)
    expect(Math.abs(correct / 10_000 - Number.parseFloat(metadata['accuracy']!))).toBeLessThan(5e-4)
    expect(inputs[0]!.shape).toEqual(['N', 1, 28, 28])
    expect(model.length).toBeLessThan(300_000)
  })

  it('is trained by a script that works, and the same for the same seed', { timeout: 60_000 }, async () => {
    const [images] = await splits()
    const backend = await cpu()
    const run = async (): Promise<{ losses: number[]; bytes: Uint8Array }> => {
      const net = classifier()
      const losses: number[] = []
      const batches = loader(take(images, 600), { batch: 60, shuffle: true, transform })
      await train(net, batches, { backend, steps: 60, learningRate: 2e-3, onStep: (_, loss) => losses.push(loss) })
      const bytes = await onnxClassifier(net, 10, {})
      expect(await correctOf(bytes, batches)).toBe(Math.round(600 * (await accuracy(net, batches, backend))))
      return { losses, bytes }
    }
    const first = await run()
    expect(first.losses[0]).toBeCloseTo(Math.log(10), 0)
    expect(first.losses.at(-1)).toBeLessThan(0.6)
    expect((await run()).bytes).toEqual(first.bytes)
    await backend.dispose()
  })
})

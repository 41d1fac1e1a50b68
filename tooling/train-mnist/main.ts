/**
 * Trains the classifier that `npm start` converts, with the packages of this repository alone, and writes it as ONNX:
 *
 *   node --conditions=@snn/source --import tsx tooling/train-mnist/main.ts
 *
 * The same seed gives the same file on the same machine. Options: --out FILE, --epochs N.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@snn/backend-cpu'
import { loader } from '@snn/datasets'
import { classifier, preprocessing, splits, transform } from './classifier.ts'
import { correctOf, onnxClassifier } from './onnx-classifier.ts'
import { accuracy, train } from './train.ts'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(import.meta.dirname, '../../apps/cli/models/mnist-cnn.onnx') },
    epochs: { type: 'string', default: '6' },
  },
})
const [seed, batch, learningRate, epochs] = [0, 100, 2e-3, Number(values.epochs)]

const net = classifier().initialize({ seed })
const backend = await cpu()
const [trainSet, testSet] = await splits()
const started = performance.now()
const steps = epochs * Math.floor(trainSet.length / batch)
await train(net, loader(trainSet, { batch, shuffle: true, seed, transform, dropLast: true }), {
  backend,
  steps,
  learningRate,
  onStep(step, loss) {
    if (step % 100 === 0)
      console.log(
        `step ${step} of ${steps}, loss ${loss.toFixed(4)}, ${((performance.now() - started) / 1000).toFixed(0)} s`,
      )
  },
})

const test = loader(testSet, { batch: 500, transform })
const reached = await accuracy(net, test, backend)
const bytes = await onnxClassifier(net, 10, {
  accuracy: `${reached} on the 10,000 test images of MNIST`,
  training: JSON.stringify({
    data: trainSet.description,
    seed,
    epochs,
    batch,
    learningRate,
    optimizer: 'Adam, cosine schedule',
  }),
  preprocess: JSON.stringify(preprocessing),
  classes: '0,1,2,3,4,5,6,7,8,9',
})

// the file says the same as the network, read by nobody's code of ours
const correct = await correctOf(bytes, test)
if (correct / testSet.length !== reached)
  throw new Error(
    `the written model is right on ${correct} of ${testSet.length} test images, the network on ${reached * testSet.length}`,
  )

mkdirSync(dirname(values.out), { recursive: true })
writeFileSync(`${values.out}.part`, bytes)
renameSync(`${values.out}.part`, values.out)
console.log(
  `${values.out}: ${bytes.length} bytes, accuracy ${(100 * reached).toFixed(2)} %, ${((performance.now() - started) / 1000).toFixed(0)} s`,
)
await backend.dispose()

